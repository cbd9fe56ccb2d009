// RequestCounts: how often a route answered what, and how long it took. Counting takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "base/metrics.h"

namespace vidimus {

class RequestCounts {
 public:
  // The statuses that are told apart: those that this service answers. Any other is told as 0.
  static constexpr std::array<int, 16> kStatuses = {200, 201, 204, 400, 401, 403, 404, 405, 408, 409, 413, 429, 431, 500, 503, 0};

  void Count(int status, int64_t microseconds) {
    CountStatus(status);
    latency_.Count(microseconds);
  }
  void CountStatus(int status) {
    size_t i = 0;
    while (i + 1 < kStatuses.size() && kStatuses[i] != status) ++i;
    counts_[i].fetch_add(1, std::memory_order_relaxed);
  }
  // In the order of kStatuses.
  uint64_t count(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  LatencyHistogram::Reading latency() const { return latency_.Read(); }

 private:
  std::array<std::atomic<uint64_t>, kStatuses.size()> counts_{};
  LatencyHistogram latency_;
};

}  // namespace vidimus
