// Certificates: the fields stand in the input, one octet more or less is refused, and no signature check crashes.
#include "crypto/certificate.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const auto certificate = ParseCertificate(input);
  if (!certificate) return 0;
  fuzz::Require(Equal(certificate->der, input), "the copy is whole");
  fuzz::Require(!certificate->tbs().empty() && certificate->tbs_offset + certificate->tbs_size < size, "the signed part is inside");
  fuzz::Require(certificate->serial.empty() || certificate->serial[0] != 0, "no leading zeros");
  fuzz::Require(!ParseCertificate(input.first(size - 1)), "no prefix is accepted");
  ByteVector longer(data, data + size);
  longer.push_back(0);
  fuzz::Require(!ParseCertificate(longer), "nothing may follow");
  if (const auto key = P256PublicKey::FromRaw(certificate->public_key)) (void)IsSignedBy(*certificate, *key);
  return 0;
}
