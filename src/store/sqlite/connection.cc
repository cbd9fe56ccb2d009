#include "store/sqlite/connection.h"

#include <chrono>
#include <thread>

#include "base/limits.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

int Bind(sqlite3_stmt* statement, int at, const DatabaseValue& value) {
  if (const auto* const number = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, at, *number);
  if (const auto* const text = std::get_if<std::string>(&value))
    return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* const octets = std::get_if<ByteVector>(&value)) {
    if (octets->empty()) return sqlite3_bind_zeroblob(statement, at, 0);  // the address of none would bind NULL
    return sqlite3_bind_blob64(statement, at, octets->data(), octets->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, at);
}

DatabaseValue Cell(sqlite3_stmt* statement, int at) {
  switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER: return int64_t{sqlite3_column_int64(statement, at)};
    case SQLITE_NULL: return std::monostate{};
    case SQLITE_TEXT: {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
      return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, at)));
    }
    default: {
      const auto* const octets = static_cast<const uint8_t*>(sqlite3_column_blob(statement, at));
      return ByteVector(octets, octets + sqlite3_column_bytes(statement, at));
    }
  }
}

// Leaves the statement as it was prepared, whatever came of it: its parameters belong to the caller.
struct Rewind {
  sqlite3_stmt* statement;
  ~Rewind() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path, Role role) {
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(path, role));
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection->handle_.reset(handle);
  if (handle == nullptr) return Fail(ErrorCode::kIo, "store.unavailable", "no memory to open " + path);
  if (code != SQLITE_OK) return connection->Failed("open");
  VIDIMUS_CHECK_OK(connection->Configure());
  return connection;
}

Status SqliteConnection::Configure() {
  sqlite3_busy_timeout(handle_.get(), limits::kStoreStatementSeconds * 1000);
  VIDIMUS_CHECK_OK(UseWriteAheadLog());
  VIDIMUS_CHECK_OK(Run("PRAGMA synchronous = FULL", {}));
  VIDIMUS_CHECK_OK(Run("PRAGMA foreign_keys = ON", {}));
  if (role_ == Role::kReader) VIDIMUS_CHECK_OK(Run("PRAGMA query_only = ON", {}));
  return {};
}

// SQLite does not wait for others while it turns this on, so we do.
Status SqliteConnection::UseWriteAheadLog() {
  const auto deadline = steady_clock::now() + seconds(limits::kStoreStatementSeconds);
  while (true) {
    const auto rows = Run("PRAGMA journal_mode = WAL", {});
    if (rows && rows->size() == 1 && rows->front().front() == DatabaseValue("wal")) return {};
    if (!rows && (rows.error().code != ErrorCode::kBusy || steady_clock::now() > deadline)) return tl::unexpected(rows.error());
    if (rows)
      return Fail(ErrorCode::kIo, "store.unavailable",
                  path_ + " cannot have a write-ahead log: put it on a local disk that can be written, not on a network's");
    std::this_thread::sleep_for(milliseconds(20));
  }
}

Result<DatabaseRows> SqliteConnection::Run(std::string_view sql, const std::vector<DatabaseValue>& parameters) {
  VIDIMUS_TRY(sqlite3_stmt* const statement, Prepared(sql));
  const Rewind rewind{statement};
  for (size_t i = 0; i < parameters.size(); ++i) {
    // SQLite numbers $1 to $n, which are names to it, in the order of their first use.
    const int at = sqlite3_bind_parameter_index(statement, ("$" + std::to_string(i + 1)).c_str());
    if (Bind(statement, at, parameters[i]) != SQLITE_OK) return Failed("take a parameter");
  }
  return Step(statement);
}

Result<sqlite3_stmt*> SqliteConnection::Prepared(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second.get();
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK)
    return Failed("prepare a statement");
  statements_.emplace(std::string(sql), Statement(statement));
  return statement;
}

Result<DatabaseRows> SqliteConnection::Step(sqlite3_stmt* statement) {
  DatabaseRows rows;
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    DatabaseRow row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(Cell(statement, i));
    rows.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) return Failed("run a statement");
  return rows;
}

void SqliteConnection::Abandon() {
  // SQLite has undone it by itself after some errors. One that stops ROLLBACK leaves the transaction to the next that begins, which fails.
  if (sqlite3_get_autocommit(handle_.get()) == 0) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

tl::unexpected<Error> SqliteConnection::Failed(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(handle_.get());
  const std::string what =
      path_ + ": SQLite could not " + std::string(doing) + ": " + sqlite3_errmsg(handle_.get()) + " (" + std::to_string(code) + ")";
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Fail(ErrorCode::kBusy, "store.contention", what + "; another process writes: try again");
    case SQLITE_NOTADB:
      return Fail(ErrorCode::kUsage, "store.url",
                  path_ + " is not an SQLite database: name another file, which is made if it is not there");
    case SQLITE_READONLY:
      if (role_ == Role::kReader) return Fail(ErrorCode::kUsage, "store.read_only", "a write was asked for where only reads are");
      return Fail(ErrorCode::kIo, "store.unavailable", what + "; make the file and its folder writable");
    case SQLITE_FULL: return Fail(ErrorCode::kIo, "store.unavailable", what + "; make room on the disk");
    case SQLITE_CORRUPT: return Fail(ErrorCode::kIo, "store.unavailable", what + "; the file is damaged: restore it from a backup");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
      return Fail(ErrorCode::kIo, "store.unavailable",
                  what + "; see that the disk has room, can be written, and that file and folder are yours");
    default: return Fail(ErrorCode::kIo, "store.query", what);
  }
}

}  // namespace vidimus
