#include "net/http_server.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/ip/address.hpp>

#include "net/event_loop.h"

namespace vidimus {
namespace {

using net::Tcp;

// A listening socket that closes itself unless it is released.
class Listener {
 public:
  explicit Listener(int socket) : socket_(socket) {}
  Listener(Listener&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener() {
    if (socket_ >= 0) close(socket_);
  }
  int get() const { return socket_; }
  int Release() { return std::exchange(socket_, -1); }

 private:
  int socket_;
};

tl::unexpected<Error> CannotListen(const Tcp::endpoint& endpoint, const char* call) {
  const std::string reason = std::strerror(errno);
  const std::string address = endpoint.address().to_string();
  return Fail(ErrorCode::kIo, "net.listen",
              "cannot listen on " + (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port()) +
                  ": " + call + ": " + reason);
}

Result<Listener> Listen(const Tcp::endpoint& endpoint, bool share_port) {
  Listener listener(socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) return CannotListen(endpoint, "socket");
  const int on = 1;
  if (setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return CannotListen(endpoint, "SO_REUSEADDR");
  if (share_port && setsockopt(listener.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    return CannotListen(endpoint, "SO_REUSEPORT");
  if (bind(listener.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) return CannotListen(endpoint, "bind");
  if (listen(listener.get(), SOMAXCONN) != 0) return CannotListen(endpoint, "listen");
  return listener;
}

Result<Tcp::endpoint> LocalEndpoint(const Listener& listener, Tcp::endpoint endpoint) {
  socklen_t size = static_cast<socklen_t>(endpoint.capacity());
  if (getsockname(listener.get(), endpoint.data(), &size) != 0) return CannotListen(endpoint, "getsockname");
  return endpoint;
}

// One listening socket for each loop, all on one port; the kernel spreads the connections.
Result<std::vector<Listener>> ListenForEach(Tcp::endpoint& endpoint, int loops) {
  // SO_REUSEPORT would also share the port with another server of the same user, unnoticed; so take it alone first.
  if (endpoint.port() != 0) VIDIMUS_CHECK_OK(Listen(endpoint, false));
  std::vector<Listener> listeners;
  for (int i = 0; i < loops; ++i) {
    VIDIMUS_TRY(Listener listener, Listen(endpoint, loops > 1));
    VIDIMUS_TRY(endpoint, LocalEndpoint(listener, endpoint));  // port 0 has become a number
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

// 20,000 connections need as many descriptors; the usual soft limit is 1024.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // best effort: at the limit, accepting waits
}

}  // namespace

struct HttpServer::Impl {
  ~Impl() {
    for (const auto& loop : loops) loop->Stop();
    for (std::thread& thread : threads) thread.join();
  }

  net::ServerShared shared;
  uint16_t port = 0;
  std::vector<std::unique_ptr<net::EventLoop>> loops;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
uint16_t HttpServer::port() const { return impl_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerSettings& settings, HttpHandler handler, HttpErrorAnswer on_error) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(settings.address, error);
  if (error) {
    return Fail(ErrorCode::kUsage, "net.listen",
                "cannot listen on " + settings.address + " port " + std::to_string(settings.port) + ": not an IPv4 or IPv6 address");
  }
  auto impl = std::make_unique<Impl>();
  impl->shared.settings = settings;
  impl->shared.settings.private_key_pem.clear();
  impl->shared.handler = std::move(handler);
  impl->shared.on_error = std::move(on_error);
  VIDIMUS_TRY(impl->shared.tls, net::MakeServerTlsContext(settings.certificate_pem, settings.private_key_pem));

  // OpenSSL writes to sockets with plain write(2), which raises SIGPIPE when the client is gone.
  std::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  Tcp::endpoint endpoint(address, settings.port);
  VIDIMUS_TRY(std::vector<Listener> listeners, ListenForEach(endpoint, std::max(settings.threads, 1)));
  impl->port = endpoint.port();
  try {
    for (Listener& listener : listeners) {
      impl->loops.push_back(std::make_unique<net::EventLoop>(impl->shared));
      impl->loops.back()->Adopt(listener.Release(), endpoint.protocol());
    }
    for (const auto& loop : impl->loops) impl->threads.emplace_back([&loop = *loop] { loop.Run(); });
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kIo, "net.listen", std::string("cannot start the threads that listen: ") + exception.what());
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace vidimus
