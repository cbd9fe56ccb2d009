#include "store/sqlite/sqlite_database.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>

#include <sys/stat.h>

#include "base/limits.h"
#include "store/sqlite/connection.h"

namespace vidimus {
namespace {

class SqliteTransaction : public DatabaseTransaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}
  ~SqliteTransaction() override { connection_.Abandon(); }  // does nothing once committed

  Result<DatabaseRows> Run(std::string_view sql, const std::vector<DatabaseValue>& parameters) override {
    if (failure_) return tl::unexpected(*failure_);
    auto rows = connection_.Run(sql, parameters);
    if (!rows) failure_ = rows.error();
    return rows;
  }

  Status Commit() {
    if (failure_) return tl::unexpected(*failure_);
    auto done = connection_.Run("COMMIT", {});
    if (done) return {};
    Error error = std::move(done).error();
    // The log may hold the whole of it although the disk did not confirm that.
    if (error.where == "store.unavailable") error.detail += "; it is not known whether the write took place";
    return tl::unexpected(std::move(error));
  }

 private:
  SqliteConnection& connection_;
  std::optional<Error> failure_;
};

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::string path, std::unique_ptr<SqliteConnection> writer) : path_(std::move(path)), writer_(std::move(writer)) {}

  Status Transact(Mode mode, const Work& work) override {
    if (mode == Mode::kRead) return Read(work);
    const std::unique_lock lock(writing_, std::chrono::seconds(limits::kStoreStatementSeconds));
    if (!lock) return Fail(ErrorCode::kBusy, "store.contention", path_ + ": other writes take too long: try again");
    return In(*writer_, "BEGIN IMMEDIATE", work);
  }

  // SQLite tells nobody.
  void OnChange(std::function<void()> /*changed*/) override {}
  std::string_view kind() const override { return "sqlite"; }

 private:
  static Status In(SqliteConnection& connection, std::string_view begin, const Work& work) {
    VIDIMUS_CHECK_OK(connection.Run(begin, {}));
    SqliteTransaction transaction(connection);
    VIDIMUS_CHECK_OK(work(transaction));
    return transaction.Commit();
  }

  Status Read(const Work& work) {
    std::unique_ptr<SqliteConnection> reader;
    {
      const std::lock_guard lock(idle_mutex_);
      if (!idle_.empty()) {
        reader = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (reader == nullptr) {
      VIDIMUS_TRY(reader, SqliteConnection::Open(path_, SqliteConnection::Role::kReader));
    }
    const Status status = In(*reader, "BEGIN", work);
    const std::lock_guard lock(idle_mutex_);
    if (idle_.size() < static_cast<size_t>(limits::kStoreConnections)) idle_.push_back(std::move(reader));
    return status;
  }

  const std::string path_;
  std::timed_mutex writing_;
  const std::unique_ptr<SqliteConnection> writer_;
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;  // readers
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, SqliteFile file) {
  if (path.empty() || path == ":memory:" || path.find('\0') != std::string::npos)
    return Fail(ErrorCode::kUsage, "store.url", "found no path after \"sqlite:\", expected that of a file");
  // Not open(): to close a file of which another connection of this process holds locks would let go of these. SQLite gives the mode of
  // this file to those that it puts beside it.
  if (file == SqliteFile::kMadeWhenAbsent && mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0 && errno != EEXIST) {
    const int why = errno;
    if (why == ENOENT || why == ENOTDIR)
      return Fail(ErrorCode::kUsage, "store.url", "the folder of " + path + " is not there: make it, for the service's user only");
    return Fail(ErrorCode::kIo, "store.unavailable", path + " cannot be made: " + std::string(std::strerror(why)));
  }
  struct stat found{};
  const bool there = stat(path.c_str(), &found) == 0;
  if (!there && errno == ENOENT) return Fail(ErrorCode::kMissing, "store.absent", path + " is not there");
  if (!there) return Fail(ErrorCode::kIo, "store.unavailable", path + ": " + std::string(std::strerror(errno)));
  if (!S_ISREG(found.st_mode))
    return Fail(ErrorCode::kUsage, "store.url", path + " is not a file: name one, which is made if it is not there");
  VIDIMUS_TRY(auto writer, SqliteConnection::Open(path, SqliteConnection::Role::kWriter));
  return std::make_unique<SqliteDatabase>(path, std::move(writer));
}

}  // namespace vidimus
