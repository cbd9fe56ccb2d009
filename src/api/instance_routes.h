// Our own management calls, under /vidimus/v1: settings, histories, rollback, keys.
#pragma once

#include "api/gate.h"
#include "service/instances.h"
#include "service/key_management.h"
#include "service/policies.h"
#include "service/policy_signers.h"

namespace vidimus {

struct ManagementUseCases {
  const Instances& instances;
  const Policies& policies;
  const PolicySigners& signers;
  const KeyManagement& keys;
};

// All must outlive the router.
//   GET, PATCH settings: owner or operator; PATCH by RFC 7396     GET settings/history: the same
//   GET policies/{type}/history, policies/{type}/history/{version}, signers/history, keys: reader
//   POST policies/{type}:rollback {"version"}: contributor
//   POST keys:rotate {"emergency"}: owner                         POST keys:rewrap: operator, with a token for the control plane
void AddInstanceRoutes(const ManagementUseCases& use_cases, const Gate& gate, Router& router);

}  // namespace vidimus
