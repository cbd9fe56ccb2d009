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

using ClaimValue = std::variant<std::string, int64_t, bool>;

enum class ClaimValueType { kString, kInteger, kBoolean };  // in the order of ClaimValue

inline ClaimValueType TypeOf(const ClaimValue& value) { return static_cast<ClaimValueType>(value.index()); }

// The name policies compare `valueType` with, e.g. "Integer".
std::string_view ClaimValueTypeName(ClaimValueType type);
Json ClaimValueToJson(const ClaimValue& value);

struct Claim {
  std::string type;
  ClaimValue value;
  ClaimIssuer issuer = ClaimIssuer::kAttestationService;
  bool read_only = false;  // may be tested and added, never issued (section 2.8)

  // By type, value and issuer (section 2.7); the mark is no part of what a claim says.
  bool operator==(const Claim& other) const { return type == other.type && value == other.value && issuer == other.issuer; }
};

// Plain data: whether anyone verified it is said by VerifiedClaims, never by a ClaimSet.
using ClaimSet = std::vector<Claim>;

}  // namespace vidimus
