#include "store/postgres/connection.h"

#include <algorithm>
#include <array>

#include <poll.h>

#include "base/limits.h"
#include "store/postgres/values.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// The server gives up a statement itself before the client does; locks sooner, and transactions whose client is gone. What is
// acknowledged must be durable, whatever the role's settings say.
std::string SessionSettings() {
  const std::string statement = std::to_string(limits::kStoreStatementSeconds * 1000 - 1000);
  return "SET statement_timeout = " + statement + "; SET idle_in_transaction_session_timeout = " + statement +
         "; SET lock_timeout = " + std::to_string(limits::kStoreConnectSeconds * 1000) +
         "; SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
}

// Waits until `events` come on `socket`. False: not before the deadline, or `stop` became readable.
bool AwaitSocket(int socket, int16_t events, steady_clock::time_point deadline, int stop) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0 || socket < 0) return false;
    std::array<pollfd, 2> watched = {pollfd{socket, events, 0}, pollfd{stop, POLLIN, 0}};  // one of -1 is passed over
    const int ready = poll(watched.data(), watched.size(), static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (watched[1].revents != 0) return false;
    if (ready > 0) return true;
  }
}

// libpq ends its messages with a line feed, and puts hints on lines of their own and behind tabs.
std::string OneLine(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace_if(text.begin(), text.end(), [](char character) { return character == '\n' || character == '\t'; }, ' ');
  return text.empty() ? "no reason was given" : text;
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Connect(const PostgresParameters& parameters, int stop) {
  std::vector<const char*> keywords, values;
  for (const std::string& keyword : parameters.keywords) keywords.push_back(keyword.c_str());
  for (const std::string& value : parameters.values) values.push_back(value.c_str());
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection);
  connection->handle_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (connection->handle_ == nullptr) return Fail(ErrorCode::kIo, "store.unavailable", "no memory for a connection to PostgreSQL");
  PQsetNoticeProcessor(connection->handle_.get(), [](void*, const char*) {}, nullptr);
  VIDIMUS_CHECK_OK(connection->AwaitConnected(steady_clock::now() + seconds(parameters.connect_seconds), stop));
  if (PQsetnonblocking(connection->handle_.get(), 1) != 0) return connection->Lost("cannot be made non-blocking");
  VIDIMUS_CHECK_OK(connection->Command(SessionSettings()));
  return connection;
}

Status PostgresConnection::AwaitConnected(Deadline deadline, int stop) {
  PGconn* const handle = handle_.get();
  if (PQstatus(handle) == CONNECTION_BAD) return Lost(OneLine(PQerrorMessage(handle)));
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (step != PGRES_POLLING_OK) {
    if (step == PGRES_POLLING_FAILED) return Lost(OneLine(PQerrorMessage(handle)));
    const int16_t events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!AwaitSocket(PQsocket(handle), events, deadline, stop)) return Lost("no connection in time");
    step = PQconnectPoll(handle);
  }
  return {};
}

Result<DatabaseRows> PostgresConnection::Run(std::string_view sql, const std::vector<DatabaseValue>& parameters) {
  PGconn* const handle = handle_.get();
  auto known = prepared_.find(sql);
  if (known == prepared_.end()) {
    const std::string name = "s" + std::to_string(prepared_.size());
    const std::string text(sql);
    VIDIMUS_CHECK_OK(Receive(PQsendPrepare(handle, name.c_str(), text.c_str(), 0, nullptr) == 1));
    known = prepared_.emplace(text, name).first;
  }
  const PostgresValues values(parameters);
  VIDIMUS_TRY(const Answer answer, Receive(PQsendQueryPrepared(handle, known->second.c_str(), values.count(), values.data(),
                                                               values.lengths(), values.formats(), 1) == 1));
  return RowsOf(answer.get());
}

Result<std::string> PostgresConnection::Command(const std::string& sql) {
  VIDIMUS_TRY(const Answer answer, Receive(PQsendQuery(handle_.get(), sql.c_str()) == 1));
  return std::string(PQcmdStatus(answer.get()));
}

Result<PostgresConnection::Answer> PostgresConnection::Receive(bool sent) {
  state_.clear();
  if (!sent) return Lost(OneLine(PQerrorMessage(handle_.get())));
  const Deadline deadline = steady_clock::now() + seconds(limits::kStoreStatementSeconds);
  Answer last, refusal;
  while (true) {
    VIDIMUS_CHECK_OK(AwaitAnswer(deadline));
    Answer next(PQgetResult(handle_.get()));
    if (next == nullptr) break;
    const ExecStatusType status = PQresultStatus(next.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      last = std::move(next);
    } else if (refusal == nullptr) {
      refusal = std::move(next);
    }
  }
  if (refusal != nullptr) return Refused(refusal.get());
  if (!alive() || last == nullptr) return Lost(OneLine(PQerrorMessage(handle_.get())));
  return last;
}

// Sends what is left to send, until the next answer is whole.
Status PostgresConnection::AwaitAnswer(Deadline deadline) {
  PGconn* const handle = handle_.get();
  while (true) {
    const int unsent = PQflush(handle);
    // What the server said before it went, such as why, is still read.
    if (unsent < 0 && PQconsumeInput(handle) == 0) return {};
    if (unsent <= 0 && PQisBusy(handle) == 0) return {};
    const auto events = static_cast<int16_t>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
    if (!AwaitSocket(PQsocket(handle), events, deadline, -1)) {
      silent_ = true;
      return Lost("no answer in time");
    }
    if (PQconsumeInput(handle) == 0) return {};  // PQgetResult tells why
  }
}

Result<bool> PostgresConnection::AwaitNotification(int stop) {
  // Keepalives notice a server that is gone.
  if (!AwaitSocket(PQsocket(handle_.get()), POLLIN, steady_clock::now() + seconds(60), stop)) return false;
  if (PQconsumeInput(handle_.get()) == 0) return Lost(OneLine(PQerrorMessage(handle_.get())));
  bool came = false;
  while (PGnotify* const notification = PQnotifies(handle_.get())) {
    PQfreemem(notification);
    came = true;
  }
  return came;
}

tl::unexpected<Error> PostgresConnection::Lost(std::string why) {
  handle_.reset();
  return Fail(ErrorCode::kIo, "store.unavailable", "PostgreSQL: " + why);
}

// PostgreSQL 15, appendix A.
tl::unexpected<Error> PostgresConnection::Refused(const PGresult* answer) {
  const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  state_ = state == nullptr ? "" : state;
  if (state_.empty() || !alive()) return Lost(OneLine(PQresultErrorMessage(answer)));
  const char* const primary = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
  const std::string what = "PostgreSQL: " + OneLine(primary) + " (SQLSTATE " + state_ + ")";
  if (state_ == "40001" || state_ == "40P01" || state_ == "55P03")
    return Fail(ErrorCode::kBusy, "store.contention", what + "; other transactions were in the way: try again");
  if (state_ == "25006") return Fail(ErrorCode::kUsage, "store.read_only", what + "; writes need the primary server");
  const std::string kind = state_.substr(0, 2);
  // Connection, authorisation, resources, timeouts and shutdown, the system, an error inside; what a standby server cannot do.
  for (const std::string_view out_of_order : {"08", "28", "53", "57", "58", "XX", "0A"}) {
    if (kind == out_of_order) return Fail(ErrorCode::kIo, "store.unavailable", what);
  }
  return Fail(ErrorCode::kIo, "store.query", what);
}

}  // namespace vidimus
