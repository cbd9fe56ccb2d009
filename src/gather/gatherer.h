// IntelGatherer: gets documents from the sources, in their order, for whoever wants them: one fetch of a document at a time, and after it a
// while in which everybody is told the same (design section 3, invariant 10: what is asked for is the caller's to justify).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/worker_pool.h"
#include "gather/intel_source.h"

namespace vidimus {

struct SourceCounts {
  std::string source;
  uint64_t fetched = 0;      // documents that were taken
  uint64_t missing = 0;      // answers that there is none
  uint64_t unavailable = 0;  // no answer, or not now
  uint64_t refused = 0;      // answers that did not verify, were another document, or older than what is held
};

class IntelGatherer {
 public:
  using Clock = std::chrono::steady_clock;
  // Verifies what `source` gave and keeps it; an error sends the gatherer to the next source. Called by several threads at once.
  using Take =
      std::function<Result<Taking>(const IntelDocumentKey& key, const std::string& source, const std::vector<NamedDocument>& documents)>;
  using Done = std::function<void(const Status&)>;

  struct Settings {
    std::function<Clock::time_point()> clock = Clock::now;
    std::function<double()> random;  // from 0 to 1
    size_t threads = 4;
    size_t most_documents = limits::kGatheredDocuments;
  };

  IntelGatherer(std::vector<std::unique_ptr<IntelSource>> sources, Take take, Settings settings);
  ~IntelGatherer() { Stop(); }

  // Waits for fetches under way, and until everybody that waits has been told; those that no fetch has begun for, and all who ask from now
  // on, are told gather.stopped. Not to be called by a source, `take` or a `done`.
  void Stop();

  // Tells `done` once, by any thread, or at once what the last fetch of that document came to where it is too early for another: success
  // means that a source's document was taken, not that it is new. Errors: gather.missing (kMissing): no source has it; gather.unavailable
  // (kBusy): none could be asked, or gave what verifies, with all their reasons; gather.failed (kBusy): a source or `take` threw;
  // gather.busy (kBusy); gather.stopped (kBusy). A `done` does not throw.
  void Fetch(const IntelDocumentKey& key, Done done);

  // Fetches under way or waiting for a thread.
  size_t running() const { return running_; }
  std::vector<SourceCounts> counts() const;

 private:
  struct Source {
    std::unique_ptr<IntelSource> source;
    std::atomic<uint64_t> fetched = 0, missing = 0, unavailable = 0, refused = 0;
    // Guarded by mutex_:
    unsigned failures = 0;  // in a row
    Clock::time_point not_before{};
    std::string failure;  // the last
  };
  struct Document {
    bool running = false;
    std::vector<Done> waiting;
    Status last;
    unsigned failures = 0;  // in a row
    Clock::time_point not_before{};
  };

  Document* Find(const IntelDocumentKey& key);
  void Run(const IntelDocumentKey& key);
  Status AskAll(const IntelDocumentKey& key);
  Result<Taking> Ask(Source& source, const IntelDocumentKey& key);
  void Rest(Source& source, const SourceFailure& failure);
  void Finish(const IntelDocumentKey& key, const Status& status);

  const Take take_;
  const Settings settings_;
  std::vector<std::unique_ptr<Source>> sources_;
  mutable std::mutex mutex_;
  std::map<IntelDocumentKey, Document> documents_;
  bool stopping_ = false;
  std::atomic<size_t> running_ = 0;
  std::condition_variable idle_;
  WorkerPool pool_;  // last, so that its threads end first
};

}  // namespace vidimus
