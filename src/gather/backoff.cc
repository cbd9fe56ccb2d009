#include "gather/backoff.h"

#include <algorithm>

#include "base/limits.h"

namespace vidimus {

std::chrono::milliseconds BackoffDelay(unsigned failures, double random, std::optional<std::chrono::seconds> retry_after) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  constexpr milliseconds kFirst = seconds(limits::kBackoffSeconds), kGreatest = seconds(limits::kBackoffGreatestSeconds);
  const unsigned doublings = std::min(failures, 20U);
  const milliseconds longest = std::min(kFirst * (1L << doublings), kGreatest);
  // Not before half of it: a jitter from zero would ask again at once.
  const auto jittered =
      longest / 2 + milliseconds(static_cast<int64_t>(std::clamp(random, 0.0, 1.0) * static_cast<double>(longest.count()) / 2));
  if (!retry_after) return jittered;
  const milliseconds asked = std::clamp(*retry_after, seconds(0), seconds(limits::kRetryAfterSeconds));
  return std::max(jittered, asked);
}

}  // namespace vidimus
