#include "store/postgres/pool.h"

#include <utility>

#include "base/limits.h"

namespace vidimus {

PostgresPool::Lease::Lease(PostgresPool* pool, std::unique_ptr<PostgresConnection> connection)
    : pool_(pool), connection_(std::move(connection)), waited_(connection_ != nullptr) {}

PostgresPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)), waited_(other.waited_) {}

PostgresPool::Lease::~Lease() {
  if (pool_ == nullptr) return;
  {
    const std::lock_guard lock(pool_->mutex_);
    --pool_->leased_;
    // One in the middle of something is closed, which undoes that.
    if (connection_ != nullptr && connection_->idle()) pool_->idle_.push_back(std::move(connection_));
  }
  pool_->returned_.notify_one();
}

Status PostgresPool::Lease::Replace() {
  connection_.reset();
  waited_ = false;
  std::vector<std::unique_ptr<PostgresConnection>> dead;  // closed without the lock
  {
    const std::lock_guard lock(pool_->mutex_);
    dead.swap(pool_->idle_);
  }
  VIDIMUS_TRY(connection_, PostgresConnection::Connect(pool_->parameters_));
  return {};
}

Result<PostgresPool::Lease> PostgresPool::Take() {
  std::unique_ptr<PostgresConnection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, std::chrono::seconds(limits::kStoreConnectSeconds),
                            [this] { return leased_ < limits::kStoreConnections; }))
      return Fail(ErrorCode::kBusy, "store.contention", "PostgreSQL: all connections are in use: try again");
    ++leased_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  Lease lease(this, std::move(connection));
  if (!lease.waited()) VIDIMUS_CHECK_OK(lease.Replace());
  return lease;
}

}  // namespace vidimus
