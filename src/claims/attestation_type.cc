#include "claims/attestation_type.h"

#include <algorithm>
#include <utility>

namespace vidimus {
namespace {

constexpr std::pair<std::string_view, AttestationType> kNames[] = {
    {"SgxEnclave", AttestationType::kSgxEnclave},   {"OpenEnclave", AttestationType::kOpenEnclave},
    {"SevSnpVm", AttestationType::kSevSnpVm},       {"TdxVm", AttestationType::kTdxVm},
    {"AzureGuest", AttestationType::kAzureGuest},   {"Tpm", AttestationType::kTpm},
    {"SGX-IntelSDK", AttestationType::kSgxEnclave}, {"SGX-OpenEnclaveSDK", AttestationType::kOpenEnclave}};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view AttestationTypeName(AttestationType type) {
  const auto* named = std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& one) { return one.second == type; });
  return named == std::end(kNames) ? std::string_view() : named->first;
}

std::optional<AttestationType> FindAttestationType(std::string_view name) {
  const auto same = [&](const auto& one) {
    return std::equal(name.begin(), name.end(), one.first.begin(), one.first.end(), [](char a, char b) { return Lower(a) == Lower(b); });
  };
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), same);
  if (found == std::end(kNames)) return std::nullopt;
  return found->second;
}

}  // namespace vidimus
