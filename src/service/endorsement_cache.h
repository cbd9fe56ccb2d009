// EndorsementCache: the vendors' endorsements as requests read them: the files that the configuration names, and what was gathered, kept in
// the store. Everything in it was verified when it came in, from wherever; nothing newer is replaced by anything older.
//
// Requests read an immutable snapshot and wait for nothing. Writes are made one at a time by other threads, and wait for the store.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "endorsement/intel_endorsements.h"
#include "gather/intel_source.h"
#include "service/offered_endorsements.h"
#include "store/store.h"

namespace vidimus {

// Documents that a dev server's vendor signs anew as its clock moves.
using SimulatedDocuments = std::function<Result<std::vector<NamedDocument>>(UnixTime now)>;

// What became of the documents of an import. Certificates are not counted.
struct ImportedEndorsements {
  size_t added = 0;  // that were not held
  size_t held = 0;   // that were
  std::vector<RefusedEndorsement> refused;
};

class EndorsementCache {
 public:
  struct Settings {
    std::vector<TrustAnchor> anchors;
    std::vector<NamedDocument> files;
    bool files_suffice = true;                     // something can be judged by them alone, or the cache does not open
    SimulatedDocuments simulated;                  // none of a production server
    size_t history = limits::kEndorsementHistory;  // documents kept of one key
    std::function<UnixTime()> clock;
  };

  // Verifies the files. Errors: those of IntelEndorsements::Load and RequireSome
  static Result<std::unique_ptr<EndorsementCache>> Open(Settings settings);

  // From now on keeps what it takes in `store`, which must outlive it, and reads what was kept there. A record that does not verify is
  // left out, and the log says so. Errors: those of the store
  Status Attach(Store& store);
  // Reads what other nodes have kept since. Errors: those of the store
  Status CatchUp();

  // What to judge by at `now`; never waits but for simulated documents that are to be signed anew. Errors: those of `simulated`
  Result<std::shared_ptr<const IntelEndorsements>> At(UnixTime now);
  // As it is, whatever the time.
  std::shared_ptr<const IntelEndorsements> Endorsements() const { return snapshot_.load()->endorsements; }

  // What a source gave for `key`: verified, that it is what was asked for, and that it is not older than what is held; then kept. One that
  // is past its nextUpdate is kept too, and refused, so that another source is asked for a better; one that is held is not kept anew, and
  // is kDue past half of its life. Errors: those of IntelEndorsements::Load; gather.other_document (kMismatch); endorsement.rollback;
  // endorsement.unsigned_crl; gather.stale
  Result<Taking> Take(const IntelDocumentKey& key, const std::string& source, const std::vector<NamedDocument>& documents);
  // What `by` brought, whoever asked for it: each document verified as one from a source is, by itself, and never an older one in the place
  // of one that is held; of several issues in one import all are kept. What is not refused is in the store, and requests are judged by it,
  // when this returns; on an error nothing has changed. Errors: those of the store
  Result<ImportedEndorsements> Import(const std::vector<NamedDocument>& documents, const std::string& by);
  // Other files than those it was opened with. An error changes nothing.
  Status ReplaceFiles(std::vector<NamedDocument> files, UnixTime now);

  uint64_t rollbacks() const { return rollbacks_; }

 private:
  struct Snapshot {
    std::shared_ptr<const IntelEndorsements> endorsements;
    UnixTime made_for;  // of simulated documents
  };

  explicit EndorsementCache(Settings settings) : settings_(std::move(settings)) {}
  bool Holds(const Snapshot& snapshot, UnixTime now) const;
  Result<IntelEndorsements> WithFiles(const IntelEndorsements& gathered, const std::vector<NamedDocument>& files, UnixTime now) const;
  Status Renew(const std::vector<NamedDocument>& files, UnixTime now);
  struct Sets {
    IntelEndorsements gathered, all;
  };
  Result<Sets> With(const std::vector<NamedDocument>& documents) const;
  void Publish(Sets sets);
  Status Add(const std::vector<NamedDocument>& documents);
  Status ReadStore();
  void TakeRecords(const std::vector<EndorsementRecord>& records);
  Status Keep(const std::vector<EndorsementRecord>& records);

  const Settings settings_;
  std::vector<NamedDocument> files_;
  std::optional<IntelEndorsements> gathered_;  // without the files
  Store* store_ = nullptr;
  int64_t sequence_ = 0;  // of the last record read
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
  std::mutex writing_;  // guards all of the above but snapshot_
  std::atomic<uint64_t> rollbacks_ = 0;
};

}  // namespace vidimus
