// Backup and restore: a whole store to a file and back, from either database to either.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "service/backup_format.h"
#include "store/store.h"

namespace vidimus {

// Where a backup is written to.
class BackupOutput {
 public:
  BackupOutput() = default;
  BackupOutput(const BackupOutput&) = delete;
  BackupOutput& operator=(const BackupOutput&) = delete;
  virtual ~BackupOutput() = default;

  // Forgets what was written: the database asked to read it all again.
  virtual Status Restart() = 0;
  virtual Status Write(std::string_view text) = 0;
};

// Told after every page of rows.
using BackupProgress = std::function<void(int64_t done, int64_t total)>;

// What the store holds at one moment; others go on writing. `at` and `version` go into the header. Errors: those of the store and of
// `out`; backup.line for a row that could not be restored
Result<BackupHeader> WriteBackup(Store& store, UnixTime at, const std::string& version, BackupOutput& out, const BackupProgress& progress);

// Everything, in one transaction, into a store that has nothing; after an error it still has nothing. `in` is read from its beginning,
// twice and more. `master_keys`: ids of those at hand. Errors: those of BackupReader and of the store; backup.not_empty; backup.master_key
// where one that is needed is not at hand; backup.content for what the service could not read
Result<BackupHeader> RestoreBackup(std::istream& in, Store& store, const std::vector<std::string>& master_keys,
                                   const BackupProgress& progress);

}  // namespace vidimus
