// FairShare: how much of the service the requests on one instance may take, and those of one client among them.
//
// A limit is of rate (a token bucket) and of requests at once. One set is for all requests on the instance, one for those of one client
// address; drafts of policies and management calls have a smaller set each besides. A request that any set refuses takes from none.
// No clock inside: the caller gives the time. Client addresses are forgotten, the one idle longest first, past a bound: a client that has
// been idle for burst / per_second seconds loses nothing by that.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace vidimus {

// Zero: unlimited.
struct FairShareLimits {
  double per_second = 0;  // requests, in the long run
  double burst = 0;       // requests that may come at once after a pause; counts as 1 when less; without meaning when per_second is 0
  int concurrent = 0;     // requests begun and not ended
};

// A node judges about 10,000 attestations a second. The defaults let one instance have all of that, and one address, which may be that of
// a proxy for many clients, half. Draft policies
// cost up to some milliseconds each; management calls wait for the store, of whose queue (limits::kQueuedManagement) one instance may fill
// a quarter.
struct FairShareSettings {
  FairShareLimits instance = {10'000, 20'000, 512};
  FairShareLimits address = {5'000, 10'000, 256};
  FairShareLimits drafts = {50, 500, 16};
  FairShareLimits management = {100, 1'000, 64};
  size_t addresses = limits::kAddressBuckets;  // remembered; only tests have reason to change it
};

enum class FairShareKind {
  kRequest,     // counts in `instance` and `address`
  kDraft,       // carries a draft policy: counts in `drafts` too
  kManagement,  // counts in `management` too
};

struct FairShareRefusal {
  Error error;              // kBusy, request.rate or request.concurrency; the detail names the limit
  int retry_after_seconds;  // at least 1
};

class FairShare {
  struct State;
  struct Bucket;

 public:
  // A request's place among those at once, given up when it goes. May outlive the FairShare; any thread may end it.
  class Ticket {
   public:
    Ticket(Ticket&&) noexcept = default;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket() { Leave(); }

   private:
    friend class FairShare;
    Ticket(std::shared_ptr<State> state, std::shared_ptr<Bucket> address, FairShareKind kind)
        : state_(std::move(state)), address_(std::move(address)), kind_(kind) {}
    void Leave() noexcept;

    std::shared_ptr<State> state_;  // null: moved from
    std::shared_ptr<Bucket> address_;
    FairShareKind kind_;
  };

  // Of one instance.
  explicit FairShare(const FairShareSettings& settings = {});

  // Any thread. `address`: an IPv4 or IPv6 literal, as in HttpRequest::peer. An IPv6 client is its first 64 bits, since a site has as many
  // addresses as it likes behind them; an IPv4-mapped address is the IPv4 address. All that is no such literal is one client.
  // `now` may go back: by up to a second it only gives nothing; by more, it starts the clock of a bucket anew, which is then empty.
  tl::expected<Ticket, FairShareRefusal> Enter(FairShareKind kind, std::string_view address, std::chrono::steady_clock::time_point now);

  // How many client addresses it remembers.
  size_t addresses() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace vidimus
