// Collateral: Intel's endorsements as a service keeps them: held in a cache, asked of sources when a platform lacks some, looked at again
// before they run out. No request waits for a source while what is held can judge it.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gather/gatherer.h"
#include "gather/intel_plan.h"
#include "service/endorsement_cache.h"

namespace vidimus {

class Collateral {
 public:
  using Done = std::function<void(const Status&)>;

  struct Settings {
    std::function<UnixTime()> clock;                                                             // of documents' dates
    std::function<double()> random;                                                              // from 0 to 1
    std::chrono::milliseconds patience = std::chrono::seconds(limits::kGatherWaitSeconds);       // of a request
    std::chrono::milliseconds look = std::chrono::milliseconds(limits::kStorePollMilliseconds);  // between two looks at what is due
  };

  // `cache` must outlive it. Without sources it only keeps up with what other nodes keep.
  Collateral(EndorsementCache& cache, std::vector<std::unique_ptr<IntelSource>> sources, Settings settings);
  ~Collateral() { Stop(); }

  // Waits for fetches under way. Whoever still waits is told gather.stopped, and so is whoever asks from now on. What they are told by must
  // live until then.
  void Stop();

  bool gathers() const { return gathers_; }
  EndorsementCache& cache() const { return cache_; }

  // Asks the sources for what `needs` lacks and tells `done` once, by any thread, when all have answered or `patience` is over; at once
  // when there is nothing to ask for. `number_is_ours`: see MissingFor. Errors: that of the first document that could not be had, as in
  // IntelGatherer; gather.slow (kBusy) with the documents that are still on their way
  void Gather(const IntelNeeds& needs, bool number_is_ours, Done done);

  size_t waiting() const;                                  // requests
  size_t running() const { return gatherer_->running(); }  // fetches
  std::vector<SourceCounts> counts() const { return gatherer_->counts(); }

 private:
  struct Wait;

  void Keep();
  void CatchUp();
  void AskForDue();
  void GiveUpOnSlow();
  static void Tell(const std::shared_ptr<Wait>& wait, const IntelDocumentKey& key, const Status& status);

  EndorsementCache& cache_;
  const Settings settings_;
  const bool gathers_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::list<std::shared_ptr<Wait>> waits_;
  std::unique_ptr<IntelGatherer> gatherer_;
  bool caught_up_ = true;  // of upkeep_'s one thread
  WorkerPool upkeep_{1, 1};
  std::thread keeper_;
};

}  // namespace vidimus
