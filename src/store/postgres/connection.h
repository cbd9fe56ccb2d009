// One connection to a PostgreSQL server, used by one thread at a time, with its prepared statements. No call waits longer than the limits
// say, whether the server answers or not.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <libpq-fe.h>

#include "store/database.h"
#include "store/postgres/url.h"

namespace vidimus {

class PostgresConnection {
 public:
  // `stop`: a descriptor that becomes readable when it is not worth going on, or -1. Error: store.unavailable
  static Result<std::unique_ptr<PostgresConnection>> Connect(const PostgresParameters& parameters, int stop = -1);

  // One statement, prepared once and kept. Errors: store.unavailable, store.contention, store.read_only, store.query
  Result<DatabaseRows> Run(std::string_view sql, const std::vector<DatabaseValue>& parameters);
  // Several statements without parameters, none of which is kept; the command tag of the last, such as "COMMIT".
  Result<std::string> Command(const std::string& sql);
  // Waits for the server to say something, or for `stop`; says whether a notification came. Error: store.unavailable
  Result<bool> AwaitNotification(int stop);

  void Close() { handle_.reset(); }  // undoes and frees what it has at the server
  bool alive() const { return PQstatus(handle_.get()) == CONNECTION_OK; }
  bool idle() const { return alive() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE; }
  // Whether it was given up because no answer came in time.
  bool silent() const { return silent_; }
  // SQLSTATE of the last failure; empty when the server did not say one.
  const std::string& state() const { return state_; }

 private:
  struct Free {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Free>;
  using Deadline = std::chrono::steady_clock::time_point;

  PostgresConnection() = default;
  Status AwaitConnected(Deadline deadline, int stop);
  // The last of the answers to what was just sent, when all of them are good.
  Result<Answer> Receive(bool sent);
  Status AwaitAnswer(Deadline deadline);
  tl::unexpected<Error> Lost(std::string why);
  tl::unexpected<Error> Refused(const PGresult* answer);

  std::unique_ptr<PGconn, Free> handle_;
  std::map<std::string, std::string, std::less<>> prepared_;  // name by text
  std::string state_;
  bool silent_ = false;
};

}  // namespace vidimus
