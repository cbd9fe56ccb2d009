// The routes by which authors check and try policies: POST /vidimus/v1/policies:check and policies:evaluate. They change nothing.
#pragma once

#include "api/router.h"
#include "service/policy_trial.h"

namespace vidimus {

// `trials` must outlive the router.
void AddPolicyRoutes(const PolicyTrials& trials, Router& router);

}  // namespace vidimus
