#include "token/attestation_claims.h"

#include <algorithm>

#include "base/base64url.h"
#include "claims/catalogue.h"
#include "claims/claim_file.h"
#include "crypto/digest.h"

namespace vidimus {

std::string PolicyHash(std::string_view policy_text) { return Base64UrlEncode(Sha256(AsBytes(Base64UrlEncode(AsBytes(policy_text))))); }

AttestationClaims::AttestationClaims(VerifiedClaims verified, const ClaimSet& issued, const std::optional<std::string>& nonce,
                                     const std::string& policy_hash, const std::optional<JsonObject>& policy_signer)
    : members_(std::move(verified).outgoing()) {
  JsonObject& out = members_;
  out.emplace_back("x-ms-ver", "1.0");
  out.emplace_back("x-ms-policy-hash", policy_hash);
  if (policy_signer) out.emplace_back("x-ms-policy-signer", *policy_signer);
  if (nonce) out.emplace_back("nonce", *nonce);
  if (issued.empty()) return;
  JsonObject from_policy = ClaimsToJson(issued);
  const size_t service_claims = out.size();
  for (const JsonMember& member : from_policy) {
    const auto end = out.begin() + static_cast<std::ptrdiff_t>(service_claims);
    const bool taken =
        IsReservedInTokens(member.first) || std::any_of(out.begin(), end, [&](const JsonMember& m) { return m.first == member.first; });
    if (!taken) out.push_back(member);
  }
  out.emplace_back("x-ms-policy", Json(std::move(from_policy)));
}

}  // namespace vidimus
