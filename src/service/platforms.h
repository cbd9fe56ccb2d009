// Platforms: what the instances of this node have seen, kept in the store in the background; what all nodes have; and what will become of
// them under the TCB baselines that come (verify/tcb_forecast.h).
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "service/endorsement_cache.h"
#include "service/instance_registry.h"
#include "verify/tcb_forecast.h"

namespace vidimus {

struct PlatformForecast {
  SeenPlatform seen;
  Result<TcbForecast> early, standard;  // by the settings of the instance, but for its baseline
};

std::vector<PlatformForecast> ForecastPlatforms(const Instance& instance, std::vector<SeenPlatform> platforms,
                                                const IntelEndorsements& endorsements, UnixTime now);

// What a platform is counted by: baseline, status ("none" where there is none), whether its evidence would be accepted.
using ForecastKind = std::tuple<TcbBaseline::Kind, std::string_view, bool>;

class Platforms {
 public:
  struct Settings {
    std::function<UnixTime()> clock;          // of sightings
    std::function<UnixTime()> judging_clock;  // of verdicts
    std::chrono::milliseconds look = std::chrono::seconds(limits::kPlatformLookSeconds);
  };

  // All must outlive it.
  Platforms(Store& store, const InstanceRegistry& registry, const EndorsementCache& endorsements, Settings settings);
  // Keeps the last news.
  ~Platforms();

  // Through any node, that seen last first. Waits for the store. Errors: those of the store; store.missing for an instance that was deleted
  // meanwhile
  Result<std::vector<SeenPlatform>> Seen(const Instance& instance) const;

  // Of all instances here, as of the last look: how many platforms are of each kind.
  std::map<ForecastKind, uint64_t> counts() const;

 private:
  void Run();
  void Look();
  Status LookAt(const Instance& instance);
  Status KeepNews(const Instance& instance) const;
  Result<std::vector<SeenPlatform>> Read(const InstanceKey& key) const;
  void Count();

  Store& store_;
  const InstanceRegistry& registry_;
  const EndorsementCache& endorsements_;
  const Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::map<ForecastKind, uint64_t> counts_;
  bool kept_ = true;  // of the thread: the last look could keep all
  std::thread thread_;
};

}  // namespace vidimus
