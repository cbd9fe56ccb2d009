// Database: what the store needs of SQLite and PostgreSQL, which each implement it. Neither knows the store's own SQL; that is written
// once, in the subset that SQLite 3.40 and PostgreSQL 15 share, with $1 to $n as parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

// NULL, BIGINT, TEXT (UTF-8 without NUL), BYTEA.
using DatabaseValue = std::variant<std::monostate, int64_t, std::string, ByteVector>;
using DatabaseRow = std::vector<DatabaseValue>;
using DatabaseRows = std::vector<DatabaseRow>;

class DatabaseTransaction {
 public:
  DatabaseTransaction() = default;
  DatabaseTransaction(const DatabaseTransaction&) = delete;
  DatabaseTransaction& operator=(const DatabaseTransaction&) = delete;
  virtual ~DatabaseTransaction() = default;

  // One statement. After an error the transaction does nothing more and is undone, whatever its owner returns.
  virtual Result<DatabaseRows> Run(std::string_view sql, const std::vector<DatabaseValue>& parameters) = 0;
};

class Database {
 public:
  using Work = std::function<Status(DatabaseTransaction&)>;
  // kMigrate: a write that alters tables; no two of them at once, on any node.
  enum class Mode { kRead, kWrite, kMigrate };

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  // Runs `work` in one transaction, again where the database asks for that. Commits when `work` succeeds, and returns only then success.
  virtual Status Transact(Mode mode, const Work& work) = 0;
  virtual void OnChange(std::function<void()> changed) = 0;
  virtual std::string_view kind() const = 0;
};

}  // namespace vidimus
