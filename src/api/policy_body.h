// The bodies of POST /vidimus/v1/policies:check and policies:evaluate. They are our own, so they are strict: exact names, nothing unknown.
#pragma once

#include <string_view>

#include "service/policy_trial.h"

namespace vidimus {

// {"policy": text or JWS, "type": "SgxEnclave"}, at most limits::kTrialBodyBytes. Errors: request.body, request.member (unknown),
// request.policy, request.attestation_type
Result<PolicyTrialRequest> ReadCheckBody(std::string_view body);

// The same with "claims", as ReadClaims reads them, and "trace", a Boolean that may be absent. Errors besides: request.claims (absent),
// those of ReadClaims; request.trace
Result<PolicyTrialRequest> ReadEvaluateBody(std::string_view body);

}  // namespace vidimus
