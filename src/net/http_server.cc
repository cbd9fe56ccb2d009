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

Result<Tcp::endpoint> Parse(const HttpEndpoint& endpoint) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint.address, error);
  if (error) {
    return Fail(ErrorCode::kUsage, "net.listen",
                "cannot listen on " + endpoint.address + " port " + std::to_string(endpoint.port) + ": not an IPv4 or IPv6 address");
  }
  return Tcp::endpoint(address, endpoint.port);
}

// One listening socket for each loop, all on one port; the kernel spreads the connections.
Result<std::vector<Listener>> ListenForEach(Tcp::endpoint& endpoint, size_t loops) {
  // SO_REUSEPORT would also share the port with another server of the same user, unnoticed; so take it alone first.
  if (endpoint.port() != 0) VIDIMUS_CHECK_OK(Listen(endpoint, false));
  std::vector<Listener> listeners;
  for (size_t i = 0; i < loops; ++i) {
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

Status CheckTlsIdentities(const std::vector<TlsIdentity>& identities) {
  VIDIMUS_CHECK_OK(net::MakeTlsIdentities(identities));
  return {};
}

struct HttpServer::Impl {
  ~Impl() {
    for (const auto& loop : loops) loop->Stop();
    for (std::thread& thread : threads) thread.join();
  }

  net::ServerShared shared;
  std::vector<uint16_t> ports;  // of the endpoints
  std::vector<std::unique_ptr<net::EventLoop>> loops;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
uint16_t HttpServer::port(size_t index) const { return impl_->ports.at(index); }

Status HttpServer::ReplaceIdentities(const std::vector<TlsIdentity>& identities) {
  VIDIMUS_TRY(std::shared_ptr<const net::TlsIdentities> made, net::MakeTlsIdentities(identities));
  impl_->shared.identities.store(std::move(made));
  return {};
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerSettings& settings, HttpHandler handler, HttpErrorAnswer on_error) {
  if (settings.endpoints.empty()) return Fail(ErrorCode::kUsage, "net.listen", "found no endpoint, expected at least one");
  auto impl = std::make_unique<Impl>();
  impl->shared.settings = settings;
  impl->shared.settings.identities.clear();  // keys are not kept as text
  impl->shared.handler = std::move(handler);
  impl->shared.on_error = std::move(on_error);
  VIDIMUS_TRY(impl->shared.identities, net::MakeTlsIdentities(settings.identities));

  // OpenSSL writes to sockets with plain write(2), which raises SIGPIPE when the client is gone.
  std::signal(SIGPIPE, SIG_IGN);
  RaiseFileLimit();
  try {
    for (int i = 0; i < std::max(settings.threads, 1); ++i) impl->loops.push_back(std::make_unique<net::EventLoop>(impl->shared));
    for (const HttpEndpoint& endpoint : impl->shared.settings.endpoints) {
      VIDIMUS_TRY(Tcp::endpoint place, Parse(endpoint));
      VIDIMUS_TRY(std::vector<Listener> listeners, ListenForEach(place, impl->loops.size()));
      impl->ports.push_back(place.port());
      for (size_t i = 0; i < impl->loops.size(); ++i) impl->loops[i]->Adopt(listeners[i].Release(), place.protocol(), endpoint.name);
    }
    for (const auto& loop : impl->loops) impl->threads.emplace_back([&loop = *loop] { loop.Run(); });
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kIo, "net.listen", std::string("cannot start the threads that listen: ") + exception.what());
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

}  // namespace vidimus
