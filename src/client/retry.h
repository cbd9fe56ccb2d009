// FetchWithRetries: one request to a service, sent again while the service is busy or cannot be reached.
#pragma once

#include <chrono>

#include "base/fetcher.h"

namespace vidimus {

// kAlways: sending it twice does no more than once, so a lost answer (net.fetch.timeout) or any 5xx is reason to try again.
// kUnlessBegun: it may change something. Only where the service cannot have begun: it is not reached (net.fetch.connect), or says that it
// is busy (429, 503).
enum class Retry { kAlways, kUnlessBegun };

// Up to kFetchTries times, as long apart as Retry-After says, at most kLongestPause. What the last try gave: any HTTP status, or an error
// of the fetcher.
Result<FetchResponse> FetchWithRetries(Fetcher& fetcher, const FetchRequest& request, Retry retry);

inline constexpr int kFetchTries = 3;
inline constexpr std::chrono::seconds kLongestPause{30};

}  // namespace vidimus
