#include "gather/gatherer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "gather/backoff.h"

namespace vidimus {
namespace {

using std::chrono::seconds;

constexpr std::string_view kStopped = "gather.stopped";

std::string Told(const std::string& source, const Error& error) { return source + ": " + std::string(error.where) + ": " + error.detail; }

}  // namespace

IntelGatherer::IntelGatherer(std::vector<std::unique_ptr<IntelSource>> sources, Take take, Settings settings)
    : take_(std::move(take)), settings_(std::move(settings)), pool_(settings_.threads, settings_.most_documents) {
  for (auto& source : sources) {
    sources_.push_back(std::make_unique<Source>());
    sources_.back()->source = std::move(source);
  }
}

void IntelGatherer::Stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  idle_.wait(lock, [this] { return running_ == 0; });
}

// Of documents that nobody fetches and anybody may ask for again, the first makes room for another.
IntelGatherer::Document* IntelGatherer::Find(const IntelDocumentKey& key) {
  const auto known = documents_.find(key);
  if (known != documents_.end()) return &known->second;
  if (documents_.size() >= settings_.most_documents) {
    const auto now = settings_.clock();
    const auto idle = [&](const auto& one) { return !one.second.running && one.second.not_before <= now; };
    const auto first = std::find_if(documents_.begin(), documents_.end(), idle);
    if (first == documents_.end()) return nullptr;
    documents_.erase(first);
  }
  return &documents_[key];
}

void IntelGatherer::Fetch(const IntelDocumentKey& key, Done done) {
  Status told;
  {
    const std::lock_guard lock(mutex_);
    Document* document = Find(key);
    if (document != nullptr && document->running) {
      document->waiting.push_back(std::move(done));
      return;
    }
    if (stopping_) {
      told = Fail(ErrorCode::kBusy, kStopped, "the service is stopping");
    } else if (document == nullptr) {
      told = Fail(ErrorCode::kBusy, "gather.busy", "too many documents are being fetched; try again");
    } else if (settings_.clock() < document->not_before) {
      told = document->last;
    } else if (pool_.Post([this, key] { Run(key); })) {
      document->running = true;
      document->waiting.push_back(std::move(done));
      ++running_;
      return;
    } else {
      told = Fail(ErrorCode::kBusy, "gather.busy", "too many documents are being fetched; try again");
    }
  }
  done(told);
}

void IntelGatherer::Run(const IntelDocumentKey& key) {
  Status asked;
  try {
    asked = AskAll(key);
  } catch (const std::exception& error) {  // no memory: those who wait are told, and a stop does not wait for ever
    asked = Fail(ErrorCode::kBusy, "gather.failed", "the " + IntelDocumentName(key) + " could not be taken: " + error.what());
    Log(LogLevel::kError, "fetch failed", {{"document", IntelDocumentName(key)}, {"reason", error.what()}});
  }
  Finish(key, asked);
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  idle_.notify_all();
}

Status IntelGatherer::AskAll(const IntelDocumentKey& key) {
  std::string reasons;
  bool missing = true, answered = false;
  for (const auto& source : sources_) {
    const Result<Taking> asked = Ask(*source, key);
    answered = answered || asked;
    if (asked == Taking::kDue) continue;
    if (asked) return {};
    if (asked.error().where == kStopped) return tl::unexpected(asked.error());
    missing = missing && asked.error().code == ErrorCode::kMissing;
    reasons += (reasons.empty() ? "" : "; ") + Told(source->source->name(), asked.error());
  }
  if (answered) return {};
  const std::string name = IntelDocumentName(key);
  if (missing) return Fail(ErrorCode::kMissing, "gather.missing", "no source has the " + name + ": " + reasons);
  return Fail(ErrorCode::kBusy, "gather.unavailable", "the " + name + " could not be fetched: " + reasons);
}

Result<Taking> IntelGatherer::Ask(Source& source, const IntelDocumentKey& key) {
  const std::string& name = source.source->name();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Fail(ErrorCode::kBusy, kStopped, "the service is stopping");
    const auto left = std::chrono::ceil<seconds>(source.not_before - settings_.clock()).count();
    if (left > 0) return Fail(ErrorCode::kBusy, "gather.resting", source.failure + "; asked again in " + std::to_string(left) + " s");
  }
  auto documents = source.source->Fetch(key);
  if (!documents) {
    const SourceFailure& failure = documents.error();
    const bool missing = failure.error.code == ErrorCode::kMissing || failure.error.code == ErrorCode::kUnsupported;
    ++(missing ? source.missing : source.unavailable);
    if (!missing) Rest(source, failure);
    Log(missing ? LogLevel::kInfo : LogLevel::kWarning, missing ? "source has no such endorsement" : "source failed",
        {{"source", name},
         {"document", IntelDocumentName(key)},
         {"where", std::string(failure.error.where)},
         {"detail", failure.error.detail}});
    return tl::unexpected(Error{missing ? ErrorCode::kMissing : ErrorCode::kBusy, failure.error.where, failure.error.detail});
  }
  {
    const std::lock_guard lock(mutex_);
    source.failures = 0;
  }
  const Result<Taking> taken = take_(key, name, *documents);
  ++(taken ? source.fetched : source.refused);
  if (!taken)
    Log(LogLevel::kError, "endorsement refused",
        {{"source", name},
         {"document", IntelDocumentName(key)},
         {"where", std::string(taken.error().where)},
         {"detail", taken.error().detail}});
  return taken;
}

// Only what would fail for any document: one that is malformed says nothing of the others.
void IntelGatherer::Rest(Source& source, const SourceFailure& failure) {
  if (failure.error.code != ErrorCode::kBusy && failure.error.code != ErrorCode::kIo) return;
  const std::lock_guard lock(mutex_);
  const auto now = settings_.clock();
  source.failure = std::string(failure.error.where) + ": " + failure.error.detail;
  source.not_before = now + BackoffDelay(source.failures++, settings_.random(), failure.retry_after);
}

void IntelGatherer::Finish(const IntelDocumentKey& key, const Status& status) {
  std::vector<Done> waiting;
  {
    const std::lock_guard lock(mutex_);
    Document& document = documents_[key];
    document.running = false;
    document.last = status;
    waiting.swap(document.waiting);
    const auto now = settings_.clock();
    if (status)
      document.not_before = now + seconds(limits::kGatherAgainSeconds);
    else if (status.error().code == ErrorCode::kMissing)
      document.not_before = now + seconds(limits::kGatherMissingSeconds);
    else
      document.not_before = now + BackoffDelay(document.failures, settings_.random(), std::nullopt);
    document.failures = status ? 0 : document.failures + 1;
  }
  for (const Done& done : waiting) done(status);
}

std::vector<SourceCounts> IntelGatherer::counts() const {
  std::vector<SourceCounts> out;
  for (const auto& one : sources_) out.push_back({one->source->name(), one->fetched, one->missing, one->unavailable, one->refused});
  return out;
}

}  // namespace vidimus
