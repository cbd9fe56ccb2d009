// /healthz: the process answers. /readyz: it can judge, and how fresh what it judges by is.
#pragma once

#include "api/router.h"
#include "service/instance_registry.h"

namespace vidimus {

// `registry` must outlive the router. /readyz is 200 with {"status": "ready" or "degraded", "store": {...}, "instances", "unusable"}, both
// counts, and 503 ("unready") once the snapshot is too old to judge by. Anyone may ask: no names, no reasons; the log has them.
void AddHealthRoutes(const InstanceRegistry& registry, Router& router);

}  // namespace vidimus
