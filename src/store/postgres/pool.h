// The connections of one node to PostgreSQL: at most limits::kStoreConnections, opened when needed, kept while they work.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "store/postgres/connection.h"

namespace vidimus {

class PostgresPool {
 public:
  // The right to one connection; gives it back when it goes. It must not outlive the pool.
  class Lease {
   public:
    Lease(PostgresPool* pool, std::unique_ptr<PostgresConnection> connection);
    Lease(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }
    // Whether this one waited for work before, so that it may have died since.
    bool waited() const { return waited_; }
    void MarkUsed() { waited_ = false; }
    // A new connection instead, and no old one for others. Error: store.unavailable
    Status Replace();

   private:
    friend class PostgresPool;
    PostgresPool* pool_;
    std::unique_ptr<PostgresConnection> connection_;
    bool waited_;
  };

  explicit PostgresPool(PostgresParameters parameters) : parameters_(std::move(parameters)) {}

  // Errors: store.unavailable; store.contention when all are in use for too long
  Result<Lease> Take();

 private:
  const PostgresParameters parameters_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  int leased_ = 0;
};

}  // namespace vidimus
