// The claim model that verification produces and policies consume (policy-language section 2.2).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "codec/json.h"

namespace vidimus {

enum class ClaimIssuer { kAttestationService, kAttestationPolicy, kCustomClaim };

// The name policies compare `issuer` with, e.g. "AttestationService".
std::string_view ClaimIssuerName(ClaimIssuer issuer);

// String, Integer or Boolean.
using ClaimValue = std::variant<std::string, int64_t, bool>;

// The name policies compare `valueType` with.
std::string_view ClaimValueTypeName(const ClaimValue& value);
Json ClaimValueToJson(const ClaimValue& value);

struct Claim {
  std::string type;
  ClaimValue value;
  ClaimIssuer issuer = ClaimIssuer::kAttestationService;
  bool operator==(const Claim&) const = default;
};

// Plain data: whether anyone verified it is said by VerifiedClaims, never by a ClaimSet.
using ClaimSet = std::vector<Claim>;

}  // namespace vidimus
