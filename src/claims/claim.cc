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

std::string_view ClaimValueTypeName(ClaimValueType type) {
  switch (type) {
    case ClaimValueType::kString: return "String";
    case ClaimValueType::kInteger: return "Integer";
    case ClaimValueType::kBoolean: return "Boolean";
  }
  return "";
}

Json ClaimValueToJson(const ClaimValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

}  // namespace vidimus
