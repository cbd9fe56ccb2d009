#include "claims/claim.h"

namespace vidimus {

std::string_view ClaimIssuerName(ClaimIssuer issuer) {
  switch (issuer) {
    case ClaimIssuer::kAttestationService: return "AttestationService";
    case ClaimIssuer::kAttestationPolicy: return "AttestationPolicy";
    case ClaimIssuer::kCustomClaim: return "CustomClaim";
  }
  return "";
}

std::string_view ClaimValueTypeName(const ClaimValue& value) {
  static constexpr std::string_view kNames[] = {"String", "Integer", "Boolean"};
  return kNames[value.index()];
}

Json ClaimValueToJson(const ClaimValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

}  // namespace vidimus
