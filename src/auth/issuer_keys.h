// IssuerKeys: the keys of one OpenID issuer, fetched on a thread of their own and held (OpenID Connect Discovery 1.0 section 4).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fetcher.h"
#include "base/result.h"
#include "token/jwk_set.h"

namespace vidimus {

// What an issuer publishes now: its metadata, then its keys; each step may take limits::kOpenIdFetchSeconds. `proceed` is asked between
// them. Errors: net.fetch.*, auth.keys.*, that of `proceed`
Result<std::vector<IssuerKey>> FetchIssuerKeys(const std::string& issuer, const std::string& discovery_url, Fetcher& fetcher,
                                               const std::function<Status()>& proceed);

class IssuerKeys {
 public:
  using Set = std::shared_ptr<const std::vector<IssuerKey>>;  // null: none
  using Waiter = std::function<void(Set)>;
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  // Fetches nothing yet. `discovery_url`: where the issuer's metadata is, https.
  IssuerKeys(std::string issuer, std::string discovery_url, std::unique_ptr<Fetcher> fetcher, SteadyClock clock);
  // Stops, then waits for a fetch that runs, at most limits::kOpenIdFetchSeconds.
  ~IssuerKeys();
  IssuerKeys(const IssuerKeys&) = delete;
  IssuerKeys& operator=(const IssuerKeys&) = delete;

  // What is held now. Sees to it that keys older than limits::kOpenIdKeysSeconds are fetched again, while they go on being used.
  Set Held();

  enum class Looking { kQueued, kTooSoon, kFull };
  // Calls `waiter` after the next look at the issuer, or the one that is on, with what is then held; from this object's thread, or from
  // Stop. kTooSoon: the last look is less than limits::kOpenIdRetrySeconds ago, or this is stopped; what it found is held. kFull:
  // limits::kOpenIdWaiting wait already. In both `waiter` is not called.
  Looking Look(Waiter waiter);

  // Looks at the issuer since the start.
  uint64_t fetched() const { return fetched_; }
  uint64_t failed() const { return failed_; }

  // Answers all who wait with null, and makes no further look.
  void Stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void Run();
  Result<Set> Fetch();
  bool MayLook(Time now) const;  // under mutex_

  const std::string issuer_, discovery_url_;
  const std::unique_ptr<Fetcher> fetcher_;
  const SteadyClock clock_;

  std::atomic<uint64_t> fetched_ = 0, failed_ = 0;
  std::shared_mutex held_mutex_;  // of held_ and fresh_until_
  Set held_;
  Time fresh_until_{};

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool stopped_ = false, looking_ = false, looked_ = false;
  Time next_look_{};  // when looked_
  std::vector<Waiter> waiting_;

  std::thread thread_;
};

}  // namespace vidimus
