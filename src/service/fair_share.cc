#include "service/fair_share.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <list>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace vidimus {
namespace {

// One lock guards as many addresses; threads seldom meet at one.
constexpr size_t kAddressesPerLock = 512;
// How many addresses with requests at work are passed over in search of an idle one to forget.
constexpr int kBusyPassedOver = 16;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kLongest = int64_t{1} << 60;  // nanoseconds, 36 years: sums of a few do not overflow

int64_t Nanoseconds(double seconds) { return static_cast<int64_t>(std::clamp(seconds * 1e9, 1.0, static_cast<double>(kLongest))); }

// FairShareLimits in the terms of the generic cell rate algorithm (ITU-T I.371 Annex A): a token bucket in one number, the time at which
// it will be full again.
struct Limits {
  explicit Limits(const FairShareLimits& from) : given(from) {
    if (!(from.per_second > 0)) return;
    interval = Nanoseconds(1 / from.per_second);
    span = Nanoseconds(std::max(from.burst, 1.0) / from.per_second);
  }
  FairShareLimits given;
  int64_t interval = 0;  // nanoseconds that one request takes; 0: unlimited
  int64_t span = 0;      // nanoseconds from empty to full
};

// What counts as one client, for a table. IPv4 addresses are put where ::/8 is, of which nothing but :: and ::1 is ever a client.
constexpr uint64_t kNoAddress = 1;

uint64_t ClientOf(std::string_view address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  address = address.substr(0, address.find('%'));  // without the zone
  if (address.size() >= text.size()) return kNoAddress;
  std::copy(address.begin(), address.end(), text.begin());
  const auto ipv4 = [](const uint8_t* octets) {
    uint32_t out = 0;
    std::memcpy(&out, octets, sizeof out);
    return uint64_t{0xffff} << 32 | out;
  };
  std::array<uint8_t, 16> octets{};
  if (inet_pton(AF_INET, text.data(), octets.data()) == 1) return ipv4(octets.data());
  if (inet_pton(AF_INET6, text.data(), octets.data()) != 1) return kNoAddress;
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291 2.5.5.2
  if (std::equal(kMapped.begin(), kMapped.end(), octets.begin())) return ipv4(octets.data() + kMapped.size());
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) prefix = prefix << 8 | octets[i];
  return prefix;
}

std::string Number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

}  // namespace

struct FairShare::Bucket {
  std::atomic<int64_t> full_at = std::numeric_limits<int64_t>::min();
  std::atomic<int> at_once = 0;

  // Nanoseconds until there is room; 0, and a token is taken, when there is.
  int64_t TakeToken(const Limits& limits, int64_t now) {
    if (limits.interval == 0) return 0;
    int64_t seen = full_at.load(std::memory_order_relaxed);
    for (;;) {
      int64_t base = std::max(seen, now);
      // No bucket is full later than its span from now, unless the time was later once. Threads come with times out of order, a little.
      const bool went_back = base - now > limits.span + kSecond;
      if (went_back) base = now + limits.span;
      const int64_t wait = base + limits.interval - now - limits.span;
      if (wait > 0 && !went_back) return wait;
      if (full_at.compare_exchange_weak(seen, wait > 0 ? base : base + limits.interval, std::memory_order_relaxed)) {
        return std::max<int64_t>(wait, 0);
      }
    }
  }
  void ReturnToken(const Limits& limits) { full_at.fetch_sub(limits.interval, std::memory_order_relaxed); }

  bool TakePlace(const Limits& limits) {
    int seen = at_once.load(std::memory_order_relaxed);
    do {
      if (limits.given.concurrent > 0 && seen >= limits.given.concurrent) return false;
    } while (!at_once.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
    return true;
  }
  void ReturnPlace() { at_once.fetch_sub(1, std::memory_order_relaxed); }
};

struct FairShare::State {
  // The addresses under one lock, the latest first.
  struct alignas(64) Shard {
    using Entry = std::pair<uint64_t, std::shared_ptr<Bucket>>;
    mutable std::mutex mutex;
    size_t limit = 0;
    std::list<Entry> used;
    std::unordered_map<uint64_t, std::list<Entry>::iterator> places;
  };
  struct Set {
    Limits limits;
    Bucket bucket;
  };

  explicit State(const FairShareSettings& settings)
      : instance{Limits(settings.instance), {}},
        drafts{Limits(settings.drafts), {}},
        management{Limits(settings.management), {}},
        address(settings.address),
        shards(std::bit_ceil(std::max<size_t>(settings.addresses / kAddressesPerLock, 1))) {
    for (Shard& shard : shards) shard.limit = std::max<size_t>(settings.addresses / shards.size(), 1);
  }

  Set* Besides(FairShareKind kind) {
    if (kind == FairShareKind::kDraft) return &drafts;
    return kind == FairShareKind::kManagement ? &management : nullptr;
  }

  // Whoever chooses addresses must not choose where they fall (the finaliser of MurmurHash3, with a secret).
  uint64_t Scatter(uint64_t client) const {
    client ^= secret;
    client = (client ^ client >> 33) * 0xff51afd7ed558ccdU;
    client = (client ^ client >> 33) * 0xc4ceb9fe1a85ec53U;
    return client ^ client >> 33;
  }

  std::shared_ptr<Bucket> BucketOf(uint64_t client) {
    const uint64_t key = Scatter(client);  // one to one
    Shard& shard = shards[key >> 32 & (shards.size() - 1)];
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.places.find(key); found != shard.places.end()) {
      shard.used.splice(shard.used.begin(), shard.used, found->second);
      return found->second->second;
    }
    if (shard.used.size() >= shard.limit) ForgetOne(shard);
    shard.used.emplace_front(key, std::make_shared<Bucket>());
    shard.places.emplace(key, shard.used.begin());
    return shard.used.front().second;
  }

  // The one idle longest; when all that are looked at are at work, the one that asked first of the rest. Its requests go on.
  static void ForgetOne(Shard& shard) {
    for (int i = 0; i < kBusyPassedOver && shard.used.back().second->at_once.load(std::memory_order_relaxed) > 0; ++i) {
      shard.used.splice(shard.used.begin(), shard.used, std::prev(shard.used.end()));
    }
    shard.places.erase(shard.used.back().first);
    shard.used.pop_back();
  }

  Set instance, drafts, management;
  const Limits address;
  const uint64_t secret = uint64_t{std::random_device{}()} << 32 | std::random_device{}();
  std::vector<Shard> shards;
};

namespace {

FairShareRefusal TooMany(const std::string& what, const FairShareLimits& limits) {
  return {{ErrorCode::kBusy, "request.concurrency",
           "found " + what + " beyond " + std::to_string(limits.concurrent) + " at once, expected at most that many"},
          1};
}

FairShareRefusal TooOften(const std::string& what, const FairShareLimits& limits, int64_t wait) {
  const auto seconds = static_cast<int>(std::min<int64_t>((wait + kSecond - 1) / kSecond, std::numeric_limits<int>::max()));
  return {{ErrorCode::kBusy, "request.rate",
           "found " + what + " beyond " + Number(limits.per_second) + " a second and bursts of " + Number(std::max(limits.burst, 1.0)) +
               ", expected at most that many; there is room in " + std::to_string(seconds) + " s"},
          seconds};
}

}  // namespace

FairShare::FairShare(const FairShareSettings& settings) : state_(std::make_shared<State>(settings)) {}

tl::expected<FairShare::Ticket, FairShareRefusal> FairShare::Enter(FairShareKind kind, std::string_view address,
                                                                   std::chrono::steady_clock::time_point now) {
  const int64_t time = std::clamp<int64_t>(std::chrono::nanoseconds(now.time_since_epoch()).count(), -kLongest, kLongest);
  std::shared_ptr<Bucket> client = state_->BucketOf(ClientOf(address));
  State::Set* const besides = state_->Besides(kind);
  struct Claim {
    Bucket* bucket;
    const Limits* limits;
  };
  // The client first: what it is refused must cost the others nothing.
  std::array<Claim, 3> claims = {{{client.get(), &state_->address}, {&state_->instance.bucket, &state_->instance.limits}, {}}};
  if (besides != nullptr) claims[2] = {&besides->bucket, &besides->limits};
  const size_t count = besides != nullptr ? 3 : 2;
  for (size_t i = 0; i < count; ++i) {
    const bool placed = claims[i].bucket->TakePlace(*claims[i].limits);
    const int64_t wait = placed ? claims[i].bucket->TakeToken(*claims[i].limits, time) : 0;
    if (placed && wait == 0) continue;
    if (placed) claims[i].bucket->ReturnPlace();
    for (size_t taken = 0; taken < i; ++taken) {
      claims[taken].bucket->ReturnToken(*claims[taken].limits);
      claims[taken].bucket->ReturnPlace();
    }
    const std::array<std::string, 3> whose = {
        "requests from " + std::string(address), "requests on this instance",
        kind == FairShareKind::kDraft ? "draft policies on this instance" : "management calls on this instance"};
    const FairShareLimits& limits = claims[i].limits->given;
    return tl::unexpected(placed ? TooOften(whose[i], limits, wait) : TooMany(whose[i], limits));
  }
  return Ticket(state_, std::move(client), kind);
}

size_t FairShare::addresses() const {
  size_t out = 0;
  for (const State::Shard& shard : state_->shards) {
    const std::lock_guard lock(shard.mutex);
    out += shard.used.size();
  }
  return out;
}

FairShare::Ticket& FairShare::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  Leave();
  state_ = std::move(other.state_);
  address_ = std::move(other.address_);
  kind_ = other.kind_;
  return *this;
}

void FairShare::Ticket::Leave() noexcept {
  if (!state_) return;
  address_->ReturnPlace();
  state_->instance.bucket.ReturnPlace();
  if (State::Set* const besides = state_->Besides(kind_)) besides->bucket.ReturnPlace();
  state_.reset();
}

}  // namespace vidimus
