// The SGX extension of PCK certificates: one octet more or less is refused.
#include "endorsement/pck_certificate.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const auto extension = ParsePckExtension(input);
  if (!extension) return 0;
  fuzz::Require(extension->sgx_type <= 2, "a known type");
  fuzz::Require(!ParsePckExtension(input.first(size - 1)), "no prefix is accepted");
  ByteVector longer(data, data + size);
  longer.push_back(0);
  fuzz::Require(!ParsePckExtension(longer), "nothing may follow");
  return 0;
}
