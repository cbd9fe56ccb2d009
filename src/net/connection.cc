#include "net/connection.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace vidimus::net {
namespace {

// What an HttpReply holds: answers once, and says so when it never did.
class ReplyTicket {
 public:
  ReplyTicket(std::shared_ptr<LoopAddress> address, std::weak_ptr<Connection> connection, uint64_t serial)
      : address_(std::move(address)), connection_(std::move(connection)), serial_(serial) {}
  ReplyTicket(const ReplyTicket&) = delete;
  ReplyTicket& operator=(const ReplyTicket&) = delete;
  ~ReplyTicket() {
    try {
      Answer(std::nullopt);
    } catch (const std::exception&) {
      // No memory even to say that: the connection stays until the server stops.
    }
  }

  void Answer(std::optional<HttpResponse> response) {
    if (answered_.exchange(true)) return;
    // Only the loop's own thread may hold the connection, lest its last owner be another one.
    if (address_->OnThread()) {
      if (const auto connection = connection_.lock(); connection && connection->AnswerFromHandler(serial_, response)) return;
    }
    address_->Post([connection = connection_, serial = serial_, response = std::move(response)]() mutable {
      if (const auto alive = connection.lock()) alive->Answer(serial, std::move(response));
    });
  }

 private:
  std::shared_ptr<LoopAddress> address_;
  std::weak_ptr<Connection> connection_;
  uint64_t serial_;
  std::atomic<bool> answered_ = false;
};

std::string PeerAddress(const Socket& socket) {
  boost::system::error_code error;
  const Tcp::endpoint endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

}  // namespace

Connection::Connection(EventLoop& loop, Socket socket, std::list<std::shared_ptr<Connection>>::iterator place, std::string_view endpoint)
    : loop_(loop),
      socket_(std::move(socket)),
      place_(place),
      tls_(loop.shared().identities.load(), socket_.native_handle()),
      peer_(PeerAddress(socket_)),
      endpoint_(endpoint) {
  SetDeadline(loop.shared().settings.handshake_timeout);
}

template <typename First>
void Connection::Go(First first) {
  try {
    Next next = first();
    for (size_t steps = 0; next == Next::kGoOn && state_ != State::kClosed; ++steps) {
      next = steps < limits::kStepsAtOnce ? Step() : Yield();
    }
  } catch (const std::exception&) {  // out of memory: of all connections, this one
    Close();
  }
}

void Connection::Advance() {
  if (state_ != State::kClosed) Go([this] { return Step(); });
}

Connection::Next Connection::Step() {
  switch (state_) {
    case State::kHandshake: return StepHandshake();
    case State::kIdle: return StepIdle();
    case State::kReading: return StepReading();
    case State::kContinuing:
    case State::kWriting: return StepWriting();
    case State::kLingering: return StepLingering();
    case State::kHandling:
    case State::kClosed: break;
  }
  return Next::kWait;
}

Connection::Next Connection::StepHandshake() {
  const TlsOutcome outcome = tls_.Handshake();
  if (outcome == TlsOutcome::kFailed) return Linger();  // OpenSSL has sent the alert; let the client read it
  if (outcome != TlsOutcome::kDone) return WaitFor(outcome);
  // We send nothing in reply to the client's last message. A client with Nagle's algorithm on holds its request back until that message
  // is acknowledged, which takes 40 ms unless asked for at once.
  const int on = 1;
  setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  state_ = State::kIdle;
  SetDeadline(loop_.shared().settings.idle_timeout);
  return Next::kGoOn;
}

Connection::Next Connection::StepIdle() {
  std::string_view data;
  if (pending_.empty()) {
    const TlsTransfer read = tls_.Read(loop_.scratch());
    if (read.outcome != TlsOutcome::kDone) {
      // A part of a record has come: that is not idle, and it holds a buffer.
      if (tls_.HasPending()) deadline_ = std::min(deadline_, Clock::now() + loop_.shared().settings.request_timeout);
      return WaitFor(read.outcome);
    }
    data = {loop_.scratch().data(), read.octets};
  }
  state_ = State::kReading;
  SetDeadline(loop_.shared().settings.request_timeout);
  parser_.emplace();
  continued_ = false;
  return Consume(data);
}

Connection::Next Connection::StepReading() {
  const TlsTransfer read = tls_.Read(loop_.scratch());
  if (read.outcome != TlsOutcome::kDone) return WaitFor(read.outcome);
  return Consume({loop_.scratch().data(), read.octets});
}

Connection::Next Connection::Consume(std::string_view data) {
  const bool joined = !pending_.empty();
  if (joined) pending_.append(data);
  const std::string_view all = joined ? std::string_view(pending_) : data;
  const auto taken = parser_->Feed(all);
  if (!taken) return Refuse(taken.error().status, taken.error().error);
  pending_ = std::string(all.substr(*taken));  // a new string, so that an empty one holds nothing
  if (parser_->done()) return Dispatch();
  if (!continued_ && parser_->AwaitsContinue()) {
    continued_ = true;
    out_ = kContinueResponse;
    out_sent_ = 0;
    state_ = State::kContinuing;
  }
  return Next::kGoOn;
}

Connection::Next Connection::Dispatch() {
  framing_ = {parser_->keep_alive(), parser_->http10(), parser_->head_method()};
  HttpRequest request = parser_->Take();
  request.peer = peer_;
  request.endpoint = endpoint_;
  parser_.reset();
  state_ = State::kHandling;
  ++serial_;
  std::optional<std::string> thrown;
  early_answer_.reset();
  answered_in_handler_ = false;
  in_handler_ = true;
  try {
    auto ticket = std::make_shared<ReplyTicket>(loop_.address(), weak_from_this(), serial_);
    loop_.shared().handler(std::move(request),
                           [ticket = std::move(ticket)](HttpResponse response) { ticket->Answer(std::move(response)); });
  } catch (const std::exception& exception) {
    thrown = exception.what();
  } catch (...) {
    thrown = "something that is no exception";
  }
  in_handler_ = false;
  if (early_answer_) return Respond(*std::exchange(early_answer_, std::nullopt));
  if (thrown) {
    ++serial_;  // a copy of the reply may have outlived the handler: it comes too late
    return Respond(ErrorAnswer(500, {ErrorCode::kIo, "net.http.handler", "the handler threw: " + *thrown}));
  }
  return answered_in_handler_ ? Dropped() : Next::kWait;
}

bool Connection::AnswerFromHandler(uint64_t serial, std::optional<HttpResponse>& response) {
  if (!in_handler_ || serial != serial_) return false;
  answered_in_handler_ = true;
  early_answer_ = std::move(response);
  return true;
}

void Connection::Answer(uint64_t serial, std::optional<HttpResponse> response) {
  if (state_ != State::kHandling || serial != serial_) return;
  Go([&] { return response ? Respond(*response) : Dropped(); });
}

Connection::Next Connection::Dropped() {
  return Respond(ErrorAnswer(500, {ErrorCode::kIo, "net.http.handler", "the handler dropped the request without an answer"}));
}

HttpResponse Connection::ErrorAnswer(int status, const Error& error) const {
  try {
    return loop_.shared().on_error(status, error);
  } catch (...) {
    return {status, {}, {}};  // the status still says what happened
  }
}

Connection::Next Connection::Refuse(int status, const Error& error) {
  // The head may not have been read: answer as to a current client, and read no further.
  framing_ = {false, false, parser_ && parser_->head_method()};
  return Respond(ErrorAnswer(status, error));
}

Connection::Next Connection::Respond(const HttpResponse& response) {
  if (loop_.draining()) framing_.keep_alive = false;
  auto text = SerializeResponse(response, framing_, loop_.Date());
  if (!text) text = SerializeResponse(ErrorAnswer(500, text.error()), framing_, loop_.Date());
  if (!text) text = SerializeResponse({500, {}, {}}, framing_, loop_.Date());  // on_error's answer cannot be sent either
  out_ = *std::move(text);
  out_sent_ = 0;
  state_ = State::kWriting;
  SetDeadline(loop_.shared().settings.request_timeout);
  return Next::kGoOn;
}

Connection::Next Connection::StepWriting() {
  while (out_sent_ < out_.size()) {
    const TlsTransfer written = tls_.Write(std::string_view(out_).substr(out_sent_));
    if (written.outcome != TlsOutcome::kDone) return WaitFor(written.outcome);
    out_sent_ += written.octets;
  }
  out_ = std::string();
  if (state_ == State::kContinuing) {
    state_ = State::kReading;
    return Next::kGoOn;
  }
  if (!framing_.keep_alive || loop_.draining()) return Linger();
  state_ = State::kIdle;
  SetDeadline(loop_.shared().settings.idle_timeout);
  if (pending_.empty() && !tls_.HasPending()) return Wait(Socket::wait_read);
  return Yield();  // a pipelined request is there already
}

// Closing with unread octets in the socket would reset the connection, and the client might lose the answer: so say that nothing
// follows, and throw away what still comes until the client closes too (RFC 9112 9.6).
Connection::Next Connection::Linger() {
  tls_.SendCloseNotify();
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) return CloseAndWait();
  parser_.reset();
  pending_ = std::string();
  state_ = State::kLingering;
  linger_left_ = limits::kLingerBytes;
  SetDeadline(std::chrono::seconds(limits::kLingerSeconds));
  return Next::kGoOn;
}

Connection::Next Connection::StepLingering() {
  boost::system::error_code error;
  const size_t octets = socket_.read_some(asio::buffer(loop_.scratch()), error);
  if ((error && error != asio::error::would_block) || octets >= linger_left_) return CloseAndWait();
  linger_left_ -= octets;
  return Wait(Socket::wait_read);
}

Connection::Next Connection::WaitFor(TlsOutcome outcome) {
  if (outcome == TlsOutcome::kWantRead) return Wait(Socket::wait_read);
  if (outcome == TlsOutcome::kWantWrite) return Wait(Socket::wait_write);
  if (outcome == TlsOutcome::kClosed) tls_.SendCloseNotify();
  return CloseAndWait();
}

Connection::Next Connection::Wait(Socket::wait_type what) {
  socket_.async_wait(what, [self = shared_from_this(), serial = ++wait_serial_](const boost::system::error_code& error) {
    if (!error && serial == self->wait_serial_) self->Advance();
  });
  return Next::kWait;
}

// The other connections go first, and the clock.
Connection::Next Connection::Yield() {
  asio::post(loop_.io(), [self = shared_from_this(), serial = ++wait_serial_] {
    if (serial != self->wait_serial_) return;
    if (const auto now = Clock::now(); now >= self->deadline_) return self->Sweep(now);
    self->Advance();
  });
  return Next::kWait;
}

void Connection::Sweep(Clock::time_point now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::kHandling:
    case State::kClosed: return;  // the handler answers for itself
    case State::kReading:
      return Go([this] { return Refuse(408, {ErrorCode::kLimit, "net.http.timeout", "the request did not arrive in time"}); });
    case State::kIdle: return Go([this] { return Linger(); });
    case State::kHandshake:
    case State::kContinuing:
    case State::kWriting:
    case State::kLingering: return Close();
  }
}

void Connection::Drain() {
  const bool between_requests = state_ == State::kIdle && pending_.empty() && !tls_.HasPending();
  if (state_ != State::kHandshake && !between_requests) return;
  if (between_requests) tls_.SendCloseNotify();
  Close();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  boost::system::error_code error;
  socket_.close(error);
  loop_.Remove(place_);
}

Connection::Next Connection::CloseAndWait() {
  Close();
  return Next::kWait;
}

}  // namespace vidimus::net
