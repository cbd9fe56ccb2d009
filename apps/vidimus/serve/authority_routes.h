// Routes of the software OpenID provider that only a dev server has.
#pragma once

#include <functional>
#include <string>

#include "api/router.h"
#include "base/time.h"
#include "sim/authority.h"

namespace vidimus {

// GET the metadata and the keys, POST the two token endpoints; paths in SimulatedAuthority. `base`: the server's https://host:port.
// `authority` must outlive the router.
void AddAuthorityRoutes(const SimulatedAuthority& authority, std::function<std::string()> base, std::function<UnixTime()> clock,
                        Router& router);

}  // namespace vidimus
