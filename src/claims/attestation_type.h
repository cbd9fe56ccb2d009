// The attestation types of MAA, as policies and paths name them (policy-language section 4.7).
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace vidimus {

enum class AttestationType { kSgxEnclave, kOpenEnclave, kSevSnpVm, kTdxVm, kAzureGuest, kTpm };

inline constexpr std::array<AttestationType, 6> kAttestationTypes = {AttestationType::kSgxEnclave, AttestationType::kOpenEnclave,
                                                                     AttestationType::kSevSnpVm,   AttestationType::kTdxVm,
                                                                     AttestationType::kAzureGuest, AttestationType::kTpm};

// "SgxEnclave".
std::string_view AttestationTypeName(AttestationType type);

// Without regard to case, as in the paths of the service; also the names that az attestation uses: SGX-IntelSDK, SGX-OpenEnclaveSDK, TPM.
std::optional<AttestationType> FindAttestationType(std::string_view name);

}  // namespace vidimus
