// Signed JSON and TCB info: the signed bytes are the document's own, and levels come in order.
#include "endorsement/tcb_info.h"

#include <algorithm>
#include <tuple>

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const auto document = ParseSignedJson(text);
  if (!document) return 0;
  fuzz::Require(text.find(document->body) != std::string_view::npos, "the signed bytes are a part of the text");
  const auto body = ParseJson(document->body);
  fuzz::Require(body && *body == document->value, "what is read is what is signed");
  fuzz::Require(document->signature.size() == 64, "a signature has 64 octets");
  const auto info = ParseTcbInfo(*document);
  if (!info) return 0;
  const auto above = [](const TcbLevel& a, const TcbLevel& b) {
    return std::tie(a.components, a.pce_svn) > std::tie(b.components, b.pce_svn);
  };
  fuzz::Require(!info->levels.empty() && std::is_sorted(info->levels.begin(), info->levels.end(), above), "levels descend");
  for (const TcbLevel& level : info->levels)
    fuzz::Require(TcbStatusFromName(TcbStatusName(level.verdict.status)) == level.verdict.status, "a status has a name");
  return 0;
}
