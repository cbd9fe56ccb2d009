// What is said of the platform under verified SGX or TDX evidence, beside what MAA says.
#pragma once

#include "claims/claim.h"
#include "verify/intel_verifier.h"

namespace vidimus {

// For policies and tokens.
ClaimSet TcbClaims(const TcbVerdict& tcb, const std::string& trust_anchor);
// For policies, never for tokens.
ClaimSet PlatformIds(const PckExtension& platform);

}  // namespace vidimus
