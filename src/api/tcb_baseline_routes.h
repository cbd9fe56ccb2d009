// GET /tcbbaselines/{type}: the TCB baselines that an instance can judge by (maa-rest-api section 1.7).
#pragma once

#include "api/gate.h"
#include "api/router.h"
#include "service/endorsement_cache.h"

namespace vidimus {

// All must outlive the router. `clock`: that evidence is judged by.
void AddTcbBaselineRoutes(const EndorsementCache& endorsements, const Gate& gate, const std::function<UnixTime()>& clock, Router& router);

}  // namespace vidimus
