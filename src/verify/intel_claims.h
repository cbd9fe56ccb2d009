// What is said of the platform under verified SGX or TDX evidence, beside what MAA says.
#pragma once

#include "claims/claim.h"
#include "verify/intel_verifier.h"

namespace vidimus {

// For policies and tokens.
ClaimSet TcbClaims(const TcbVerdict& tcb, const std::string& trust_anchor);
// For tokens: the setting where it is not strict, and what it kept in force.
JsonObject ExpiryClaims(const Expiry& expiry, const std::string& past_next_update);
// For policies, never for tokens.
ClaimSet PlatformIds(const PckExtension& platform);

}  // namespace vidimus
