// GET /vidimus/v1/forecast: what will become of the platforms that an instance has seen, and when which endorsement runs out.
#pragma once

#include "api/gate.h"
#include "api/router.h"
#include "service/platforms.h"

namespace vidimus {

// All must outlive the router. `clock`: that evidence is judged by.
void AddForecastRoute(const Platforms& platforms, const EndorsementCache& endorsements, const Gate& gate,
                      const std::function<UnixTime()>& clock, Router& router);

}  // namespace vidimus
