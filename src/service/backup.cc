#include "service/backup.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "crypto/master_key.h"

namespace vidimus {
namespace {

using PageWork = std::function<Status(const std::vector<StoreRow>&)>;

Status ForEachPage(StoreTransaction& store, const StoreTable& table, const PageWork& work) {
  std::vector<StoreRow> page;
  do {
    const std::vector<StoreRow> former = std::move(page);
    VIDIMUS_TRY(page, store.RowsAfter(table, former.empty() ? nullptr : &former.back(), limits::kBackupPageRows));
    VIDIMUS_CHECK_OK(work(page));
  } while (page.size() == limits::kBackupPageRows);
  return {};
}

size_t ColumnAt(const StoreTable& table, std::string_view name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [&](const StoreColumn& one) { return one.name == name; });
  return static_cast<size_t>(found - table.columns.begin());
}

const StoreTable& TableNamed(std::string_view name) {
  return *std::find_if(StoreTables().begin(), StoreTables().end(), [&](const StoreTable& one) { return one.name == name; });
}

// Which secrets, kept elsewhere, this store is worthless without.
Status NameSecrets(StoreTransaction& store, BackupHeader& header) {
  const StoreTable& keys = TableNamed("signing_key");
  const size_t source = ColumnAt(keys, "source"), secret = ColumnAt(keys, "secret");
  std::set<std::string> ids;
  VIDIMUS_CHECK_OK(ForEachPage(store, keys, [&](const std::vector<StoreRow>& page) -> Status {
    for (const StoreRow& row : page) {
      const bool wrapped = row[source] == DatabaseValue("wrapped");
      header.pkcs11 = header.pkcs11 || !wrapped;
      if (wrapped) ids.insert(MasterKey::IdIn(std::get<ByteVector>(row[secret])));
    }
    return {};
  }));
  ids.erase("");  // damaged, which the service says when it loads that instance
  header.master_keys.assign(ids.begin(), ids.end());
  return {};
}

Status WriteAll(StoreTransaction& store, BackupHeader& header, BackupOutput& out, const BackupProgress& progress) {
  header.rows.clear();
  header.pkcs11 = false;
  for (const StoreTable& table : StoreTables()) {
    VIDIMUS_TRY(const int64_t count, store.CountRows(table));
    header.rows.push_back(count);
  }
  VIDIMUS_CHECK_OK(NameSecrets(store, header));
  VIDIMUS_CHECK_OK(out.Restart());
  Sha256Stream digest;
  const auto write = [&](std::string_view line) {
    digest.Add(AsBytes(line));
    return out.Write(line);
  };
  VIDIMUS_CHECK_OK(write(BackupHeaderLine(header)));
  int64_t done = 0;
  for (const StoreTable& table : StoreTables()) {
    const PageWork write_page = [&](const std::vector<StoreRow>& page) -> Status {
      for (const StoreRow& row : page) {
        VIDIMUS_TRY(const std::string line, BackupRowLine(table, row));
        VIDIMUS_CHECK_OK(write(line));
      }
      done += static_cast<int64_t>(page.size());
      progress(done, header.total());
      return {};
    };
    VIDIMUS_CHECK_OK(ForEachPage(store, table, write_page));
  }
  return out.Write(BackupEndLine(done, digest.Digest()));
}

Status RequireEmpty(StoreTransaction& store) {
  for (const StoreTable& table : StoreTables()) {
    VIDIMUS_TRY(const int64_t count, store.CountRows(table));
    if (count > 0)
      return Fail(ErrorCode::kUsage, "backup.not_empty",
                  "found " + std::to_string(count) + " rows in " + std::string(table.name) +
                      ", expected an empty store: name a new file or database, and start no service on it before");
  }
  return {};
}

Status RequireMasterKeys(const BackupHeader& header, const std::vector<std::string>& held) {
  for (const std::string& needed : header.master_keys) {
    if (std::find(held.begin(), held.end(), needed) != held.end()) continue;
    std::string ids;
    for (const std::string& id : held) ids += (ids.empty() ? "" : ", ") + id;
    return Fail(ErrorCode::kMissing, "backup.master_key",
                "found the master keys " + ids + ", expected " + needed +
                    ", which has wrapped signing keys of this backup: set keys.master, or"
                    " keys.previous_master, to it");
  }
  return {};
}

// As the service will, so that what it could not serve is not kept.
Status RequireReadable(StoreTransaction& store, int64_t rows) {
  const auto content = [](const std::string& detail) { return Fail(ErrorCode::kMalformed, "backup.content", detail); };
  const auto read = [&](const std::string& name, const auto& result) -> Status {
    return result ? Status() : content("instance \"" + Shortened(name, 64) + "\": " + result.error().detail);
  };
  const auto instances = store.Instances();
  if (!instances) return content(instances.error().detail);
  std::set<std::string> names;
  VIDIMUS_CHECK_OK(ForEachPage(store, StoreTables().front(), [&](const std::vector<StoreRow>& page) -> Status {
    for (const StoreRow& row : page) names.insert(std::get<std::string>(row[0]));
    return {};
  }));
  if (names.size() != instances->size())
    return content("found settings of " + std::to_string(instances->size()) + " instances, expected of " + std::to_string(names.size()));
  for (const InstanceRecord& one : *instances) {
    VIDIMUS_CHECK_OK(read(one.key.name, store.CurrentPolicies(one.key)));
    VIDIMUS_CHECK_OK(read(one.key.name, store.Signers(one.key)));
    VIDIMUS_CHECK_OK(read(one.key.name, store.Keys(one.key)));
  }
  VIDIMUS_TRY(const int64_t latest, store.LatestEndorsement());
  VIDIMUS_TRY(const auto uncounted, store.EndorsementsAfter(latest, 1));
  if (!uncounted.empty())
    return content("found an endorsement of sequence " + std::to_string(uncounted[0].sequence) + ", expected at most " +
                   std::to_string(latest) + " as the counter says");
  int64_t kept = 0;
  for (const StoreTable& table : StoreTables()) {
    VIDIMUS_TRY(const int64_t count, store.CountRows(table));
    kept += count;
  }
  if (kept != rows) return content("found " + std::to_string(kept) + " rows kept, expected " + std::to_string(rows));
  return {};
}

Result<int64_t> InsertAll(BackupReader& reader, const BackupHeader& header, StoreTransaction& store, const BackupProgress& progress) {
  int64_t done = 0;
  while (true) {
    VIDIMUS_TRY(const auto row, reader.Next());
    if (!row) return done;
    VIDIMUS_CHECK_OK(store.InsertRow(*row->table, row->row));
    if (++done % static_cast<int64_t>(limits::kBackupPageRows) == 0) progress(done, header.total());
  }
}

Status Rewind(std::istream& in) {
  in.clear();
  if (in.seekg(0)) return {};
  return Fail(ErrorCode::kIo, "file.read", "the backup cannot be read from its beginning again, as a file can");
}

}  // namespace

Result<BackupHeader> WriteBackup(Store& store, UnixTime at, const std::string& version, BackupOutput& out, const BackupProgress& progress) {
  BackupHeader header;
  header.at = at;
  header.version = version;
  header.store = store.kind();
  VIDIMUS_CHECK_OK(store.Read([&](StoreTransaction& transaction) { return WriteAll(transaction, header, out, progress); }));
  return header;
}

Result<BackupHeader> RestoreBackup(std::istream& in, Store& store, const std::vector<std::string>& master_keys,
                                   const BackupProgress& progress) {
  VIDIMUS_CHECK_OK(Rewind(in));
  VIDIMUS_CHECK_OK(CheckBackupDigest(in));
  BackupHeader header;
  const Status written = store.Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(Rewind(in));
    BackupReader reader(in);
    VIDIMUS_TRY(header, reader.Header());
    VIDIMUS_CHECK_OK(RequireMasterKeys(header, master_keys));
    VIDIMUS_CHECK_OK(RequireEmpty(transaction));
    VIDIMUS_TRY(const int64_t kept, InsertAll(reader, header, transaction, progress));
    return RequireReadable(transaction, kept);
  });
  if (!written) return tl::unexpected(written.error());
  return header;
}

}  // namespace vidimus
