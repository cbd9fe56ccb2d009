// The payload of answers to management calls, without what the signer adds (maa-rest-api section 2.10). A kind of its own, so that
// nothing but these can be signed as an answer, and no answer as an attestation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"
#include "crypto/signer_certificate.h"

namespace vidimus {

class ManagementClaims {
 public:
  static ManagementClaims StoredPolicy(const std::string& jws);
  // `jws`: as it was sent, after unquoting. `signer`: of a signed one.
  static ManagementClaims PolicyUpdated(const std::string& jws, const std::optional<SignerCertificate>& signer);
  static ManagementClaims PolicyRemoved();
  static ManagementClaims Signers(const std::vector<SignerCertificate>& signers);
  static ManagementClaims SignerPresent(const SignerCertificate& certificate);
  static ManagementClaims SignerAbsent(const SignerCertificate& certificate);

  const JsonObject& members() const { return members_; }

 private:
  explicit ManagementClaims(JsonObject members) : members_(std::move(members)) {}
  JsonObject members_;
};

// {alg, kty, use, x5c:[one]}: how MAA shows a signer.
JsonObject SignerJwk(const SignerCertificate& certificate);

}  // namespace vidimus
