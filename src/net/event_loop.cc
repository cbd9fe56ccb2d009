#include "net/event_loop.h"

#include <ctime>

#include <boost/asio/post.hpp>

#include "net/connection.h"

namespace vidimus::net {
namespace {

// How often deadlines are looked at. One timer for all connections costs less than one for each.
constexpr auto kSweepInterval = std::chrono::milliseconds(200);
constexpr auto kPauseAfterFailure = std::chrono::milliseconds(10);

}  // namespace

thread_local const LoopAddress* LoopAddress::current_ = nullptr;

bool LoopAddress::Post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) return false;
  asio::post(loop_->io(), std::move(task));
  return true;
}

void LoopAddress::Close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

EventLoop::EventLoop(ServerShared& shared) : shared_(shared) {}

EventLoop::~EventLoop() {
  address_->Close();
  while (!connections_.empty()) connections_.front()->Close();
}

void EventLoop::Adopt(int acceptor, const Tcp& protocol, std::string_view name) {
  gates_.push_back({Acceptor(io_.get_executor(), protocol, acceptor), name});
}

void EventLoop::Run() {
  address_->ClaimThread();
  for (bool ended = false; !ended;) {
    try {
      AcceptAtAll();
      if (!ticking_ && (!draining_ || !connections_.empty())) Tick();
      io_.run();
      ended = true;
    } catch (const std::exception&) {
      // No memory to wait for the next client or tick, say. The connections there are matter more than the reason; but do not spin.
      std::this_thread::sleep_for(kPauseAfterFailure);
    }
  }
  address_->Close();
}

void EventLoop::Stop() {
  address_->Post([this] { Drain(); });
}

void EventLoop::AcceptAtAll() {
  for (Gate& gate : gates_) {
    if (!gate.accepting && !draining_) Accept(gate);
  }
}

void EventLoop::Accept(Gate& gate) {
  gate.acceptor.async_accept(io_, [this, &gate](const boost::system::error_code& error, Socket socket) {
    gate.accepting = false;
    if (draining_) return;
    if (!error) Welcome(std::move(socket), gate.name);
    // Out of descriptors, say: the next tick tries again, since at once would fail at once. A client that gave up is no such case.
    if (!error || error == asio::error::connection_aborted) Accept(gate);
  });
  gate.accepting = true;
}

void EventLoop::Welcome(Socket socket, std::string_view endpoint) {
  if (shared_.connections.load(std::memory_order_relaxed) >= shared_.settings.max_connections) return;  // closes it
  boost::system::error_code error;
  socket.set_option(Tcp::no_delay(true), error);
  if (!error) socket.non_blocking(true, error);
  if (error) return;  // the client is gone already
  const auto place = connections_.insert(connections_.end(), nullptr);
  try {
    *place = std::make_shared<Connection>(*this, std::move(socket), place, endpoint);
  } catch (const std::exception&) {  // no memory for another connection: those there are matter more
    connections_.erase(place);
    return;
  }
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  (*place)->Advance();
}

void EventLoop::Remove(std::list<std::shared_ptr<Connection>>::iterator connection) {
  connections_.erase(connection);
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  EndWhenEmpty();
}

void EventLoop::Tick() {
  timer_.expires_after(kSweepInterval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    ticking_ = false;
    if (error) return;
    Sweep();
    AcceptAtAll();
    if (!draining_ || !connections_.empty()) Tick();
  });
  ticking_ = true;
}

void EventLoop::Sweep() {
  const Clock::time_point now = Clock::now();
  const bool give_up = draining_ && now >= drain_until_;
  for (auto place = connections_.begin(); place != connections_.end();) {
    const std::shared_ptr<Connection> connection = *place++;  // it may remove itself
    if (give_up) {
      connection->Close();
    } else {
      connection->Sweep(now);
    }
  }
}

void EventLoop::Drain() {
  draining_ = true;
  drain_until_ = Clock::now() + shared_.settings.drain_timeout;
  boost::system::error_code error;
  for (Gate& gate : gates_) gate.acceptor.close(error);
  for (auto place = connections_.begin(); place != connections_.end();) {
    const std::shared_ptr<Connection> connection = *place++;
    connection->Drain();
  }
  EndWhenEmpty();
}

// Without its timer the io_context has nothing to wait for, and Run returns.
void EventLoop::EndWhenEmpty() {
  if (draining_ && connections_.empty()) timer_.cancel();
}

const std::string& EventLoop::Date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    date_.assign(text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

}  // namespace vidimus::net
