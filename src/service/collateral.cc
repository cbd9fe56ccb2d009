#include "service/collateral.h"

#include <algorithm>
#include <set>

#include "base/log.h"

namespace vidimus {

// One request that waits for several documents.
struct Collateral::Wait {
  std::mutex mutex;
  std::set<IntelDocumentKey> left;
  Status status;
  Done done;  // null once it was told
  std::chrono::steady_clock::time_point deadline;

  // What to tell, once.
  Done Take() {
    Done out;
    out.swap(done);
    return out;
  }
};

Collateral::Collateral(EndorsementCache& cache, std::vector<std::unique_ptr<IntelSource>> sources, Settings settings)
    : cache_(cache), settings_(std::move(settings)), gathers_(!sources.empty()) {
  IntelGatherer::Settings gatherer;
  gatherer.random = settings_.random;
  gatherer_ = std::make_unique<IntelGatherer>(
      std::move(sources),
      [this](const IntelDocumentKey& key, const std::string& source, const std::vector<NamedDocument>& documents) {
        return cache_.Take(key, source, documents);
      },
      std::move(gatherer));
  keeper_ = std::thread([this] { Keep(); });
}

void Collateral::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  gatherer_->Stop();
}

void Collateral::Tell(const std::shared_ptr<Wait>& wait, const IntelDocumentKey& key, const Status& status) {
  Done done;
  Status told;
  {
    const std::lock_guard lock(wait->mutex);
    wait->left.erase(key);
    if (!status && wait->status) wait->status = status;
    if (!wait->left.empty()) return;
    done = wait->Take();
    told = wait->status;
  }
  if (done) done(told);
}

void Collateral::Gather(const IntelNeeds& needs, bool number_is_ours, Done done) {
  if (!gathers_) return done({});
  const auto requests = MissingFor(needs, *cache_.Endorsements(), settings_.clock(), number_is_ours);
  if (requests.empty()) return done({});
  const auto wait = std::make_shared<Wait>();
  wait->done = std::move(done);
  wait->deadline = std::chrono::steady_clock::now() + settings_.patience;
  wait->left.insert(requests.begin(), requests.end());
  {
    const std::lock_guard lock(mutex_);
    waits_.push_back(wait);
  }
  for (const IntelDocumentKey& key : requests) gatherer_->Fetch(key, [wait, key](const Status& status) { Tell(wait, key, status); });
}

size_t Collateral::waiting() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(waits_.begin(), waits_.end(), [](const auto& wait) {
    const std::lock_guard held(wait->mutex);
    return wait->done != nullptr;
  }));
}

// Forgets those that were told, and tells those that have waited long enough; their documents may still come.
void Collateral::GiveUpOnSlow() {
  std::vector<std::pair<Done, std::string>> slow;
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    waits_.remove_if([&](const std::shared_ptr<Wait>& wait) {
      const std::lock_guard held(wait->mutex);
      if (wait->done == nullptr) return true;
      if (now < wait->deadline) return false;
      std::string names;
      for (const IntelDocumentKey& key : wait->left) names += (names.empty() ? "the " : ", the ") + IntelDocumentName(key);
      slow.emplace_back(wait->Take(), std::move(names));
      return true;
    });
  }
  for (const auto& [done, names] : slow)
    done(Fail(ErrorCode::kBusy, "gather.slow", "still on their way from the sources: " + names + "; try again"));
}

// Asking costs nothing where it is too early to ask again.
void Collateral::AskForDue() {
  if (!gathers_) return;
  for (const IntelDocumentKey& key : DueAt(*cache_.Endorsements(), settings_.clock())) gatherer_->Fetch(key, [](const Status&) {});
}

void Collateral::CatchUp() {
  const Status caught_up = cache_.CatchUp();
  if (!caught_up && caught_up_)
    Log(LogLevel::kWarning, "endorsements of other nodes out of reach",
        {{"where", std::string(caught_up.error().where)}, {"detail", caught_up.error().detail}});
  caught_up_ = caught_up.has_value();
}

// The store may not answer for a while, which those who wait for a source must not wait for.
void Collateral::Keep() {
  std::unique_lock lock(mutex_);
  auto look_for_due = std::chrono::steady_clock::now();
  while (!wakes_.wait_for(lock, settings_.look, [this] { return stopping_; })) {
    lock.unlock();
    GiveUpOnSlow();
    const auto now = std::chrono::steady_clock::now();
    const bool due = now >= look_for_due;
    if (due) look_for_due = now + std::chrono::seconds(limits::kGatherLookSeconds);
    static_cast<void>(upkeep_.Post([this, due] {  // false while the one before still runs
      CatchUp();
      if (due) AskForDue();
    }));
    lock.lock();
  }
}

}  // namespace vidimus
