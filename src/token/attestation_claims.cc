#include "token/attestation_claims.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "crypto/digest.h"

namespace vidimus {
namespace {

// Names that only the service gives a meaning to, present in a token or not.
constexpr std::string_view kServiceNames[] = {"exp",
                                              "iat",
                                              "iss",
                                              "jti",
                                              "nbf",
                                              "aud",
                                              "sub",
                                              "cnf",
                                              "nonce",
                                              "x-ms-ver",
                                              "x-ms-policy",
                                              "x-ms-policy-hash",
                                              "x-ms-policy-signer",
                                              "x-ms-runtime",
                                              "x-ms-inittime",
                                              "x-ms-sgx-ehd",
                                              "maa-ehd",
                                              "aas-ehd",
                                              "x-ms-sgx-collateral",
                                              "x-ms-sgx-config-id",
                                              "x-ms-sgx-config-svn",
                                              "x-ms-sgx-isv-extended-product-id",
                                              "x-ms-sgx-isv-family-id"};

bool IsServiceName(std::string_view name) {
  return name.starts_with("x-vidimus-") || std::find(std::begin(kServiceNames), std::end(kServiceNames), name) != std::end(kServiceNames);
}

void AddIssued(const Claim& claim, JsonObject& out) {
  const auto at = std::find_if(out.begin(), out.end(), [&](const JsonMember& member) { return member.first == claim.type; });
  if (at == out.end()) {
    out.emplace_back(claim.type, ClaimValueToJson(claim.value));
    return;
  }
  JsonArray several = at->second.AsArray() == nullptr ? JsonArray{at->second} : *at->second.AsArray();
  several.push_back(ClaimValueToJson(claim.value));
  at->second = Json(std::move(several));
}

}  // namespace

std::string PolicyHash(std::string_view policy_text) { return Base64UrlEncode(Sha256(AsBytes(Base64UrlEncode(AsBytes(policy_text))))); }

AttestationClaims::AttestationClaims(VerifiedClaims verified, const ClaimSet& issued, const std::optional<std::string>& nonce,
                                     const std::string& policy_hash)
    : members_(std::move(verified).outgoing()) {
  JsonObject& out = members_;
  out.emplace_back("x-ms-ver", "1.0");
  out.emplace_back("x-ms-policy-hash", policy_hash);
  if (nonce) out.emplace_back("nonce", *nonce);
  JsonObject from_policy;
  for (const Claim& claim : issued) AddIssued(claim, from_policy);
  if (from_policy.empty()) return;
  const size_t service_claims = out.size();
  for (const JsonMember& member : from_policy) {
    const auto end = out.begin() + static_cast<std::ptrdiff_t>(service_claims);
    const bool taken =
        IsServiceName(member.first) || std::any_of(out.begin(), end, [&](const JsonMember& m) { return m.first == member.first; });
    if (!taken) out.push_back(member);
  }
  out.emplace_back("x-ms-policy", Json(std::move(from_policy)));
}

}  // namespace vidimus
