// PEM: blocks that were read are written and read back the same.
#include "codec/pem.h"

#include "base/limits.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto blocks = ParsePem(AsText(Bytes(data, size)), limits::kPemCertificates);
  if (!blocks) return 0;
  fuzz::Require(!blocks->empty() && blocks->size() <= limits::kPemCertificates, "one to the limit");
  std::string text;
  for (const PemBlock& block : *blocks) text += WritePem(block.label, block.der);
  const auto again = ParsePem(text, blocks->size());
  fuzz::Require(again && again->size() == blocks->size(), "written PEM reads back");
  for (size_t i = 0; i < blocks->size(); ++i)
    fuzz::Require((*again)[i].label == (*blocks)[i].label && (*again)[i].der == (*blocks)[i].der, "written PEM reads back the same");
  return 0;
}
