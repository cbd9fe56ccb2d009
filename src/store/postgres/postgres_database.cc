#include "store/postgres/postgres_database.h"

#include <chrono>
#include <optional>
#include <random>
#include <thread>

#include "base/limits.h"
#include "store/postgres/listener.h"
#include "store/postgres/pool.h"

namespace vidimus {
namespace {

// Of advisory locks, in the database that the URL names: "vidimus" and a number.
constexpr const char* kMigrationLock = "33327793041175923";
constexpr const char* kQueueLock = "33327793041175924";

// A unique violation (23505) too: every insertion follows a look that found nothing, so another transaction was faster, and the next
// look finds what it wrote.
bool AskedToRetry(const std::string& state) { return state == "40001" || state == "40P01" || state == "23505"; }

class PostgresTransaction : public DatabaseTransaction {
 public:
  explicit PostgresTransaction(PostgresConnection& connection) : connection_(connection) {}

  Result<DatabaseRows> Run(std::string_view sql, const std::vector<DatabaseValue>& parameters) override {
    if (failure_) return tl::unexpected(*failure_);
    auto rows = connection_.Run(sql, parameters);
    if (!rows) {
      failure_ = rows.error();
      state_ = connection_.state();
    }
    return rows;
  }

  const std::optional<Error>& failure() const { return failure_; }
  bool retry() const { return AskedToRetry(state_); }

  Status Commit() {
    if (failure_) return tl::unexpected(*failure_);
    auto tag = connection_.Command("COMMIT");
    if (tag) {
      if (*tag == "COMMIT") return {};
      return Fail(ErrorCode::kIo, "store.query", "PostgreSQL: COMMIT was answered with " + *tag);
    }
    state_ = connection_.state();
    if (retry()) return tl::unexpected(std::move(tag).error());
    return Fail(ErrorCode::kIo, "store.unavailable",
                tag.error().detail + "; it is not known whether the write took place: look before you try again");
  }

 private:
  PostgresConnection& connection_;
  std::optional<Error> failure_;
  std::string state_;
};

// Holds the place of one transaction that was disturbed, so that those do not go on disturbing each other.
class QueuePlace {
 public:
  static Result<QueuePlace> Take(PostgresConnection& connection) {
    VIDIMUS_CHECK_OK(connection.Command(std::string("SELECT pg_advisory_lock(") + kQueueLock + ")"));
    return QueuePlace(connection);
  }
  QueuePlace(QueuePlace&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  QueuePlace(const QueuePlace&) = delete;
  QueuePlace& operator=(const QueuePlace&) = delete;
  QueuePlace& operator=(QueuePlace&&) = delete;
  ~QueuePlace() {
    if (connection_ == nullptr) return;
    const auto freed = connection_->Command(std::string("SELECT pg_advisory_unlock(") + kQueueLock + ")");
    if (!freed) connection_->Close();  // which frees it
  }

 private:
  explicit QueuePlace(PostgresConnection& connection) : connection_(&connection) {}
  PostgresConnection* connection_;
};

class PostgresDatabase : public Database {
 public:
  explicit PostgresDatabase(PostgresParameters parameters) : parameters_(parameters), pool_(std::move(parameters)) {}

  Status Transact(Mode mode, const Work& work) override;
  void OnChange(std::function<void()> changed) override { listener_.emplace(parameters_, std::move(changed)); }
  std::string_view kind() const override { return "postgresql"; }

 private:
  struct Attempt {
    Status status;
    bool retry = false;
  };
  static Attempt Try(PostgresPool::Lease& lease, Mode mode, const Work& work);
  static Status Begin(PostgresPool::Lease& lease, Mode mode);

  const PostgresParameters parameters_;
  PostgresPool pool_;
  std::optional<PostgresListener> listener_;
};

Status PostgresDatabase::Begin(PostgresPool::Lease& lease, Mode mode) {
  std::string begin;
  if (mode == Mode::kRead) begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  // NOTIFY is told to others at COMMIT.
  if (mode == Mode::kWrite) begin = std::string("BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; NOTIFY ") + kPostgresChannel;
  // Each statement must see what was there when the lock was had.
  if (mode == Mode::kMigrate)
    begin = std::string("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(") + kMigrationLock + ")";
  auto begun = lease->Command(begin);
  // A connection may have died while it waited for work. Nothing was written yet, so another one may begin. One that is silent has taken
  // all the time there is.
  if (!begun && !lease->alive() && !lease->silent() && lease.waited()) {
    VIDIMUS_CHECK_OK(lease.Replace());
    begun = lease->Command(begin);
  }
  VIDIMUS_CHECK_OK(begun);
  lease.MarkUsed();
  return {};
}

PostgresDatabase::Attempt PostgresDatabase::Try(PostgresPool::Lease& lease, Mode mode, const Work& work) {
  if (Status begun = Begin(lease, mode); !begun) return {std::move(begun)};
  PostgresTransaction transaction(*lease);
  Status status = work(transaction);
  if (transaction.failure()) {
    status = tl::unexpected(*transaction.failure());
  } else if (status) {
    status = transaction.Commit();
  }
  // What cannot be rolled back is not idle, and the pool closes it.
  if (!status && lease->alive() && !lease->idle()) {
    if (const auto undone = lease->Command("ROLLBACK"); !undone) lease->Close();
  }
  // Without a write in mind, what the server calls read only is the server.
  if (!status && status.error().where == "store.read_only" && mode != Mode::kRead)
    return {Fail(ErrorCode::kIo, "store.unavailable", std::move(status).error().detail)};
  return {std::move(status), transaction.retry() && lease->alive()};
}

Status PostgresDatabase::Transact(Mode mode, const Work& work) {
  VIDIMUS_TRY(auto lease, pool_.Take());
  Attempt attempt = Try(lease, mode, work);
  thread_local std::minstd_rand jitter{std::random_device{}()};
  for (int done = 1; attempt.retry && done < limits::kStoreAttempts; ++done) {
    const int longest = std::min(1 << std::min(done, 6), 50);
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, longest)(jitter)));
    // First the place, then the view of the database: nobody else who was disturbed writes in between.
    VIDIMUS_TRY(const auto place, QueuePlace::Take(*lease));
    attempt = Try(lease, mode, work);
  }
  if (!attempt.retry) return std::move(attempt.status);
  return Fail(ErrorCode::kBusy, "store.contention",
              std::move(attempt.status).error().detail + "; tried " + std::to_string(limits::kStoreAttempts) + " times: try again later");
}

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url) {
  VIDIMUS_TRY(auto parameters, ParsePostgresUrl(url));
  return std::make_unique<PostgresDatabase>(std::move(parameters));
}

}  // namespace vidimus
