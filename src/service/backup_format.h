// The file of a backup: JSON lines, read as if anybody might have made them.
//
//   {"vidimus_backup":1,"schema":…,"at":…,"version":…,"store":…,"master_keys":[…],"pkcs11":…,"rows":{"instance":…,…}}
//   {"instance":{"name":…,…}}      one line a row, table after table in the order of StoreTables()
//   {"end":{"rows":…,"sha256":…}}  of everything before this line
//
// Every line ends with a line feed. Octets are base64url, and so are texts that JSON might make much longer: {"base64url":…}. Private keys
// are as the store has them: wrapped, or labels of a PKCS #11 token. The digest finds damage; it does not prove who made the file.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "store/tables.h"

namespace vidimus {

struct BackupHeader {
  UnixTime at = 0;
  std::string version;                   // of the Vidimus that wrote it
  std::string store;                     // "sqlite" or "postgresql", which it was read from
  std::vector<std::string> master_keys;  // ids of those that have wrapped something in it, sorted
  bool pkcs11 = false;                   // some keys are in a PKCS #11 token
  std::vector<int64_t> rows;             // of each of StoreTables(); 0 of one that is newer than the backup

  int64_t total() const;
  bool operator==(const BackupHeader&) const = default;
};

// With their line feeds.
std::string BackupHeaderLine(const BackupHeader& header);
// Error: backup.line for a row whose line would be over limits::kBackupLineBytes
Result<std::string> BackupRowLine(const StoreTable& table, const StoreRow& row);
std::string BackupEndLine(int64_t rows, const Sha256Digest& digest);

struct BackupRow {
  const StoreTable* table = nullptr;
  StoreRow row;
};

// Lines of at most limits::kBackupLineBytes, each with its line feed, and a digest of them.
class BackupLines {
 public:
  explicit BackupLines(std::istream& in) : in_(in) {}

  // None at the end. Errors: backup.line; backup.truncated for one without a line feed; file.read
  Result<std::optional<std::string>> Next();
  int64_t number() const { return number_; }       // of the last one, from 1
  Sha256Digest before() const { return before_; }  // of all lines but the last one

 private:
  std::istream& in_;
  Sha256Stream digest_;
  Sha256Digest before_ = {};
  int64_t number_ = 0;
};

// Reads a backup from the beginning: the header once, then row by row. Holds one line at a time.
class BackupReader {
 public:
  explicit BackupReader(std::istream& in) : lines_(in) {}

  // Errors: backup.format; backup.version for what a newer Vidimus has written; backup.line; backup.truncated; file.read
  Result<BackupHeader> Header();
  // The next; none after the last one, and then the file was whole. Errors besides: backup.digest, backup.rows
  Result<std::optional<BackupRow>> Next();

 private:
  Result<Json> Line();
  Status End(const Json& end);

  BackupLines lines_;
  BackupHeader header_;
  size_t table_ = 0;           // of the row before
  std::vector<int64_t> rows_;  // of each table, read until now
};

// Whether the lines are what the last one says; judges nothing else of them. Errors: backup.truncated, backup.digest, backup.line,
// file.read
Status CheckBackupDigest(std::istream& in);

}  // namespace vidimus
