// EventLoop: one thread's share of the server: its accepting sockets, their connections, the clock that ends the slow ones.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/http_server.h"
#include "net/tls_context.h"

namespace vidimus::net {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
// Typed executors: asio's default, any_io_executor, costs an indirect call and often an allocation for every operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

class Connection;
class EventLoop;

// What the loops of one server share; constant but for the identities and the count.
struct ServerShared {
  HttpServerSettings settings;
  HttpHandler handler;
  HttpErrorAnswer on_error;
  std::atomic<std::shared_ptr<const TlsIdentities>> identities;  // never null once the server runs
  std::atomic<size_t> connections = 0;
};

// How a reply made on another thread finds the loop, for as long as there is one.
class LoopAddress {
 public:
  explicit LoopAddress(EventLoop* loop) : loop_(loop) {}
  // Runs `task` on the loop later; false, and the task is dropped, when the loop has ended.
  bool Post(std::function<void()> task);
  void Close();
  // Marks this thread as the loop's; is it this thread?
  void ClaimThread() const { current_ = this; }
  bool OnThread() const { return current_ == this; }

 private:
  static thread_local const LoopAddress* current_;
  std::mutex mutex_;
  EventLoop* loop_;
};

class EventLoop {
 public:
  explicit EventLoop(ServerShared& shared);
  ~EventLoop();

  // Before Run. `acceptor` is a listening socket, owned from here on; `name`, that of its endpoint, outlives the loop.
  void Adopt(int acceptor, const Tcp& protocol, std::string_view name);
  void Run();   // until stopped and drained
  void Stop();  // from any thread

  ServerShared& shared() { return shared_; }
  asio::io_context& io() { return io_; }
  const std::shared_ptr<LoopAddress>& address() const { return address_; }
  bool draining() const { return draining_; }
  // What reads go into; its content is of no connection once that has returned to the loop.
  std::array<char, 16 * 1024>& scratch() { return scratch_; }
  const std::string& Date();  // of an HTTP header, now
  void Remove(std::list<std::shared_ptr<Connection>>::iterator connection);

 private:
  struct Gate {
    Acceptor acceptor;
    std::string_view name;
    bool accepting = false;
  };

  void AcceptAtAll();
  void Accept(Gate& gate);
  void Welcome(Socket socket, std::string_view endpoint);
  void Tick();
  void Sweep();
  void Drain();
  void EndWhenEmpty();

  ServerShared& shared_;
  asio::io_context io_{1};
  std::list<Gate> gates_;
  Timer timer_{io_.get_executor()};
  std::list<std::shared_ptr<Connection>> connections_;
  std::shared_ptr<LoopAddress> address_ = std::make_shared<LoopAddress>(this);
  bool ticking_ = false;
  bool draining_ = false;
  Clock::time_point drain_until_;
  std::array<char, 16 * 1024> scratch_;
  std::string date_;
  std::time_t date_second_ = 0;
};

}  // namespace vidimus::net
