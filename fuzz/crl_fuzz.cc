// CRLs: every serial listed is revoked, and one octet more or less is refused.
#include "crypto/crl.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const auto crl = ParseCrl(input);
  if (!crl) return 0;
  fuzz::Require(Equal(crl->der, input), "the copy is whole");
  fuzz::Require(!crl->tbs().empty() && crl->tbs_offset + crl->tbs_size < size, "the signed part is inside");
  for (const ByteVector& serial : crl->revoked) fuzz::Require(crl->IsRevoked(serial), "what is listed is revoked");
  fuzz::Require(!ParseCrl(input.first(size - 1)), "no prefix is accepted");
  ByteVector longer(data, data + size);
  longer.push_back(0);
  fuzz::Require(!ParseCrl(longer), "nothing may follow");
  return 0;
}
