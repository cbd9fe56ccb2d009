// Enclave identities: levels come in order.
#include <algorithm>

#include "endorsement/tcb_info.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto document = ParseSignedJson(AsText(Bytes(data, size)));
  if (!document) return 0;
  const auto identity = ParseQeIdentity(*std::move(document));
  if (!identity) return 0;
  const auto above = [](const SvnTcbLevel& a, const SvnTcbLevel& b) { return a.isv_svn > b.isv_svn; };
  fuzz::Require(!identity->levels.empty() && std::is_sorted(identity->levels.begin(), identity->levels.end(), above), "levels descend");
  return 0;
}
