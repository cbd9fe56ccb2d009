// Store: everything the service must not forget, in SQLite or PostgreSQL.
//
// What is acknowledged is durable. All writes of one transaction are there or none is. Every transaction sees the store as if it ran
// alone. Calls wait for the disk or the network: never make them on an event loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/records.h"
#include "store/tables.h"

namespace vidimus {

// Grows with every write; equal when nothing was written in between.
struct StoreRevision {
  int64_t instances = 0, changes = 0;

  bool operator==(const StoreRevision&) const = default;
};

// What may be done within one transaction. Errors of all: store.unavailable, store.query, also for text that is not UTF-8 or holds a NUL;
// of writes also store.read_only. After an error of the database the transaction is undone, even if `work` returns success.
class StoreTransaction {
 public:
  explicit StoreTransaction(DatabaseTransaction& database) : database_(database) {}

  // The latest life of that name, alive or deleted. An instance that is not there has nothing: reads of it are empty.
  Result<std::optional<InstanceRecord>> FindInstance(const std::string& name);
  // The latest life of every name, by name.
  Result<std::vector<InstanceRecord>> Instances();
  Result<StoreRevision> Revision();
  // The first entry of the settings' history too. Of `record`, deletion and revision are not used. Error: store.exists while another life
  // of that name is alive, or when this generation or a later one was there before.
  Status CreateInstance(const InstanceRecord& record);
  // Error of this and of all writes below: store.missing for an instance that is not there or was deleted.
  Status DeleteInstance(const InstanceKey& key, UnixTime at, const std::string& by);
  Status SetResource(const InstanceKey& key, const std::string& resource);
  Status SetIssuer(const InstanceKey& key, const std::string& issuer);

  Status AppendSettings(const InstanceKey& key, const SettingsRecord& record);
  // Newest first; this and all histories have at most limits::kHistoryEntries.
  Result<std::vector<SettingsRecord>> SettingsHistory(const InstanceKey& key, size_t most);

  // Counts the version itself, fills `replayed` itself (a rollback, an unsecured and an empty JWS are none); returns what was kept.
  Result<PolicyRecord> AppendPolicy(const InstanceKey& key, PolicyRecord record);
  // The latest of each type that has any, by type.
  Result<std::vector<PolicyRecord>> CurrentPolicies(const InstanceKey& key);
  Result<std::optional<PolicyRecord>> FindPolicy(const InstanceKey& key, const std::string& type, int64_t version);
  // Newest first, without `text` and `jws`, which may be a megabyte each.
  Result<std::vector<PolicyRecord>> PolicyHistory(const InstanceKey& key, const std::string& type, size_t most);

  // Those there now, in the order in which they were added.
  Result<std::vector<SignerRecord>> Signers(const InstanceKey& key);
  // The certificates of those, and of all that were there before; in no order, each once.
  Result<std::vector<ByteVector>> SignersEver(const InstanceKey& key);
  // Counts the version itself, fills `replayed` itself. Adding one that is there, or removing one that is not, is only recorded.
  Status AppendSignerChange(const InstanceKey& key, SignerChangeRecord record);
  Result<std::vector<SignerChangeRecord>> SignerHistory(const InstanceKey& key, size_t most);

  // By signs_from, then by kid.
  Result<std::vector<KeyRecord>> Keys(const InstanceKey& key);
  // Error: store.exists for a kid that is there.
  Status AddKey(const InstanceKey& key, const KeyRecord& record);
  // Sets `secret`, `certificate`, `signs_from` and `published_until` of the key with that kid. Error: store.missing for another kid.
  Status UpdateKey(const InstanceKey& key, const KeyRecord& record);

  // The document with that digest again is not kept twice: its `fetched_at`, `source` and `sequence` are renewed, and its issuer chain is
  // where it had none. Of one subject the `keep` newest are kept, at least one: the others are gone with this write, this one too when it
  // is older than them. Counts `sequence` itself. Changes nothing that Revision() counts. Errors: store.size for a document or a chain
  // beyond its limit; store.full for one more than limits::kStoredEndorsements
  Status AddEndorsement(const EndorsementRecord& record, size_t keep);
  // Those written after that one, in the order of their writing.
  Result<std::vector<EndorsementRecord>> EndorsementsAfter(int64_t sequence, size_t most);
  // The greatest sequence that any document was ever given, 0 before the first. One row is read: made to be asked often.
  Result<int64_t> LatestEndorsement();

  // Keeps those that are new and renews `last_seen` of the others; `first_seen` and `platform` stay as they were. Of more than `most`, or
  // than limits::kPlatformsSeen, those that were seen longest ago go. Unlike other writes of an instance it changes nothing that Revision()
  // counts: no node reads its instances again for it. Error: store.size for a platform beyond limits::kPlatformBytes
  Status KeepPlatforms(const InstanceKey& key, const std::vector<PlatformRecord>& records, size_t most);
  // The one seen last first.
  Result<std::vector<PlatformRecord>> Platforms(const InstanceKey& key);
  // Of all instances, also deleted ones.
  Status ForgetPlatformsBefore(UnixTime last_seen);

  // For backups: one of StoreTables() as it is kept.
  Result<int64_t> CountRows(const StoreTable& table);
  // In the order of the primary key, those after `last`, of which only the key counts; null: from the first.
  Result<std::vector<StoreRow>> RowsAfter(const StoreTable& table, const StoreRow* last, size_t most);
  // Judges nothing but the kinds of the cells. Errors: store.exists for a key that is there; store.query for an instance that is not
  Status InsertRow(const StoreTable& table, const StoreRow& row);

 private:
  Status Touch(const InstanceKey& key);

  DatabaseTransaction& database_;
};

// Where that is, for people: without the password that a URL may hold.
std::string ShownStoreUrl(const std::string& url);

class Store {
 public:
  // "sqlite:PATH", or "postgresql://…" as libpq reads it. Makes or migrates the schema.
  // Errors: store.url; store.unavailable; store.version for one that a newer Vidimus has written; store.query
  static Result<std::unique_ptr<Store>> Open(const std::string& url);
  // Makes and alters nothing. Errors besides: store.absent when nothing of Vidimus is there; store.older for an older schema
  static Result<std::unique_ptr<Store>> OpenExisting(const std::string& url);
  ~Store();

  // `work` must not call the store but by its argument. It runs again when the database asks to try again (SQLSTATE 40001, 40P01, 23505),
  // so it must start anew each time. An error that `work` returns undoes everything and is returned. Errors: store.unavailable, also when
  // it is not known whether the last step took place; store.contention after limits::kStoreAttempts; store.query
  Status Write(const std::function<Status(StoreTransaction&)>& work);
  // Reads only; sees one moment.
  Status Read(const std::function<Status(StoreTransaction&)>& work);

  // Calls `changed` on a thread of the store soon after any node has written, where the database tells, as PostgreSQL does; SQLite does
  // not, and while a server is out of reach nothing does: polling Revision() finds it all the same. `changed` must not call the store, and
  // is called without cause too. Once only.
  void OnChange(std::function<void()> changed);

  // "sqlite" or "postgresql", for logs and health.
  std::string_view kind() const;

 private:
  explicit Store(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace vidimus
