// How commands show that a service refused.
#pragma once

#include "codec/json.h"

namespace vidimus {

// `error`: the member "error" of the answer's body. On standard error, a line for each member, ours (`where`, `detail`, …) among them; a
// service of another make explains less. Returns kExitRefused.
int ShowRefusal(int status, const Json& error);

}  // namespace vidimus
