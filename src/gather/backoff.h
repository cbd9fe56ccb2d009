// Back-off: how long to leave alone what failed. Exponential with full jitter, so that many who failed together do not come back together.
#pragma once

#include <chrono>
#include <optional>

namespace vidimus {

// `failures`: how many came before in a row, 0 at the first. `random`: from 0 to 1, drawn anew for each. What the other side asked for
// (Retry-After) is the least; limits::kRetryAfterSeconds is the most.
std::chrono::milliseconds BackoffDelay(unsigned failures, double random, std::optional<std::chrono::seconds> retry_after);

}  // namespace vidimus
