// The payload of an attestation token in the MAA dialect, without what the signer adds (maa-rest-api sections 2.4 and 2.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "claims/verified_claims.h"

namespace vidimus {

// base64url(SHA-256(base64url(policy text))), maa-rest-api section 2.4.
std::string PolicyHash(std::string_view policy_text);

// Service claims, then the claims the policy issued: each at top level and again inside `x-ms-policy`. Service claims win: a
// name that a service may use is taken from a policy only inside `x-ms-policy`. Several values of one claim type are an array in
// order of issue (policy-language section 2.7).
class AttestationClaims {
 public:
  // `nonce` is the request's, copied. `policy_signer`: the JWK of who signed the policy; none of an unsecured one.
  AttestationClaims(VerifiedClaims verified, const ClaimSet& issued, const std::optional<std::string>& nonce,
                    const std::string& policy_hash, const std::optional<JsonObject>& policy_signer = std::nullopt);
  const JsonObject& members() const& { return members_; }
  JsonObject members() && { return std::move(members_); }

 private:
  JsonObject members_;
};

}  // namespace vidimus
