#include "token/management_claims.h"

#include "base/base64url.h"
#include "crypto/digest.h"

namespace vidimus {

JsonObject SignerJwk(const SignerCertificate& certificate) {
  const bool rsa = certificate.is_rsa();
  return {
      {"alg", rsa ? "RS256" : "ES256"}, {"kty", rsa ? "RSA" : "EC"}, {"use", "sig"}, {"x5c", JsonArray{Base64Encode(certificate.der())}}};
}

ManagementClaims ManagementClaims::StoredPolicy(const std::string& jws) { return ManagementClaims(JsonObject{{"x-ms-policy", jws}}); }

ManagementClaims ManagementClaims::PolicyUpdated(const std::string& jws, const std::optional<SignerCertificate>& signer) {
  JsonObject out{{"x-ms-policy-result", "Updated"}, {"x-ms-policy-token-hash", Base64UrlEncode(Sha256(AsBytes(jws)))}};
  if (signer) out.emplace_back("x-ms-policy-signer", SignerJwk(*signer));
  return ManagementClaims(std::move(out));
}

ManagementClaims ManagementClaims::PolicyRemoved() { return ManagementClaims(JsonObject{{"x-ms-policy-result", "Removed"}}); }

ManagementClaims ManagementClaims::Signers(const std::vector<SignerCertificate>& signers) {
  JsonArray keys;
  for (const SignerCertificate& signer : signers) keys.emplace_back(SignerJwk(signer));
  return ManagementClaims(JsonObject{{"x-ms-policy-certificates", JsonObject{{"keys", std::move(keys)}}}});
}

ManagementClaims ManagementClaims::SignerPresent(const SignerCertificate& certificate) {
  return ManagementClaims(
      JsonObject{{"x-ms-certificate-thumbprint", certificate.thumbprint()}, {"x-ms-policycertificates-result", "IsPresent"}});
}

ManagementClaims ManagementClaims::SignerAbsent(const SignerCertificate& certificate) {
  return ManagementClaims(
      JsonObject{{"x-ms-certificate-thumbprint", certificate.thumbprint()}, {"x-ms-policycertificates-result", "IsAbsent"}});
}

}  // namespace vidimus
