// What management calls carry: nothing that a fuzzer writes is signed by anyone, and what is read is within its limits.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "token/management_jws.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const auto body = JwsOfCertificateBody(text);
  const std::string jws = body ? *body : std::string(text);
  if (const auto signature = ReadJwsSignature(jws)) {
    fuzz::Require(signature->certificates().size() <= limits::kX5cCertificates, "no more certificates than the limit");
    fuzz::Require(!FindSigner(*signature, {}, 0), "without signers there is none");
    if (signature->unsecured()) fuzz::Require(!FindSelfNamedSigner(*signature), "what is unsecured names nobody");
  }
  if (const auto certificate = CertificateToChange(jws)) {
    fuzz::Require(certificate->der().size() <= limits::kCertificateBytes, "no larger certificate than the limit");
    fuzz::Require(certificate->thumbprint().size() == 40, "a thumbprint is SHA-1 in hexadecimal");
  }
  static_cast<void>(CheckResetJws(jws));
  return 0;
}
