// Connection: one client, from its TLS handshake to its last answer. All of it runs on the thread of its loop.
//
//   handshake -> idle -> reading -> handling -> writing -> idle ...
//                           |-> continuing -^      '-> lingering -> closed
//
// A step does what it can without waiting and says whether the next can go on at once.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/http_message.h"
#include "net/tls_stream.h"

namespace vidimus::net {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `place`: where the loop lists it. `endpoint`: the name of the one it came to, which outlives it.
  Connection(EventLoop& loop, Socket socket, std::list<std::shared_ptr<Connection>>::iterator place, std::string_view endpoint);

  void Advance();                     // as far as it goes without waiting
  void Sweep(Clock::time_point now);  // ends what is past its deadline
  void Drain();                       // the server stops: closes unless a request is on its way
  void Close();                       // at once
  // The handler's answer to the request number `serial`; nothing when it was dropped.
  void Answer(uint64_t serial, std::optional<HttpResponse> response);
  // The same while the handler is still on the stack; false when it is not, and nothing is taken.
  bool AnswerFromHandler(uint64_t serial, std::optional<HttpResponse>& response);

 private:
  enum class State { kHandshake, kIdle, kReading, kContinuing, kHandling, kWriting, kLingering, kClosed };
  enum class Next { kGoOn, kWait };

  template <typename First>
  void Go(First first);
  Next Step();
  Next StepHandshake();
  Next StepIdle();
  Next StepReading();
  Next StepWriting();
  Next StepLingering();
  Next Consume(std::string_view data);
  Next Dispatch();
  Next Respond(const HttpResponse& response);
  Next Refuse(int status, const Error& error);
  Next Dropped();
  Next CloseAndWait();
  Next Linger();
  Next WaitFor(TlsOutcome outcome);
  Next Wait(Socket::wait_type what);
  Next Yield();
  HttpResponse ErrorAnswer(int status, const Error& error) const;
  void SetDeadline(std::chrono::milliseconds from_now) { deadline_ = Clock::now() + from_now; }

  EventLoop& loop_;
  Socket socket_;
  std::list<std::shared_ptr<Connection>>::iterator place_;
  TlsStream tls_;
  State state_ = State::kHandshake;
  Clock::time_point deadline_;
  std::optional<RequestParser> parser_;  // while reading
  std::string pending_;                  // read, but not yet parsed
  std::string out_;                      // being written
  size_t out_sent_ = 0;
  ResponseFraming framing_{};
  bool continued_ = false;  // this request has had its 100
  uint64_t serial_ = 0;     // of the request being handled
  bool in_handler_ = false;
  bool answered_in_handler_ = false;
  std::optional<HttpResponse> early_answer_;  // came before the handler returned
  uint32_t wait_serial_ = 0;                  // only the last wait counts
  size_t linger_left_ = 0;
  std::string peer_;
  std::string_view endpoint_;
};

}  // namespace vidimus::net
