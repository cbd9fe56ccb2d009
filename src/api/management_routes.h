// The management calls of MAA's data plane: policies and policy signers (maa-rest-api sections 1.2 and 3).
#pragma once

#include "api/gate.h"
#include "service/policies.h"
#include "service/policy_signers.h"

namespace vidimus {

// All must outlive the router. GET needs a reader, everything else a contributor.
void AddManagementRoutes(const Policies& policies, const PolicySigners& signers, const Management& management, const Gate& gate,
                         Router& router);

}  // namespace vidimus
