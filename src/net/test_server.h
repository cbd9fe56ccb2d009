// The server of this module's tests: echoes, and misbehaves on request. For tests only.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "net/http_server.h"
#include "tests/support/tls_certificate.h"

namespace vidimus::testing {

inline const TlsCertificate& ServerCertificate() {
  static const TlsCertificate made = MakeTlsCertificate();
  return made;
}

inline HttpServerSettings TestSettings() {
  HttpServerSettings settings;
  settings.identities = {{ServerCertificate().certificate_pem, ServerCertificate().private_key_pem}};
  settings.threads = 2;
  return settings;
}

// The body of an error answer is its `where`; its status comes from the server.
inline HttpResponse TestErrorAnswer(int status, const Error& error) {
  return {status, {{"x-detail", error.detail}}, std::string(error.where)};
}

// By target: /later answers from another thread after 50 ms, /drop destroys the reply, /drop-later the same from another thread, /throw
// throws, /twice answers twice, /hold keeps the reply in `held`, /redirect and /large do as they say, /headers returns the body in two
// headers, /header the values of x-given and how many empty x-empty there are, /split answers with a broken header; all others echo method,
// target and body.
class TestServer {
 public:
  explicit TestServer(const HttpServerSettings& settings = TestSettings()) {
    auto started = HttpServer::Start(
        settings, [this](HttpRequest request, HttpReply reply) { Handle(std::move(request), std::move(reply)); }, TestErrorAnswer);
    EXPECT_TRUE(started) << started.error().detail;
    if (started) server_ = *std::move(started);
  }
  ~TestServer() {
    Stop();
    for (std::thread& thread : threads_) thread.join();
  }

  uint16_t port(size_t endpoint = 0) const { return server_->port(endpoint); }
  std::string Url(const std::string& target) const { return "https://localhost:" + std::to_string(port()) + target; }
  void Stop() { server_.reset(); }
  Status ReplaceIdentities(const std::vector<TlsIdentity>& identities) { return server_->ReplaceIdentities(identities); }
  // Waits until /hold has been asked for.
  HttpReply TakeHeld() { return held_.get_future().get(); }

 private:
  void Handle(HttpRequest request, HttpReply reply) {
    if (request.target == "/later") return Later([reply = std::move(reply)] { reply({200, {}, "later"}); });
    if (request.target == "/drop") return;
    if (request.target == "/drop-later") return Later([reply = std::move(reply)] {});
    if (request.target == "/throw") throw std::runtime_error("as asked");
    if (request.target == "/hold") return held_.set_value(std::move(reply));
    if (request.target == "/redirect") return reply({302, {{"Location", "/elsewhere"}}, "moved"});
    if (request.target == "/large") return reply({200, {}, std::string(1 << 20, 'x')});
    if (request.target == "/headers") return reply({200, {{"x", request.body}, {"y", request.body}}, ""});
    if (request.target == "/header") {
      const auto empty = std::count(request.headers.begin(), request.headers.end(), std::pair<std::string, std::string>("x-empty", ""));
      return reply({200, {}, std::string(request.Header("x-given")) + ", " + std::to_string(empty)});
    }
    if (request.target == "/split") return reply({200, {{"x-id", "1\r\nx-evil: 2"}}, ""});
    reply({200,
           {{"Content-Type", "text/plain"}, {"X-Peer", request.peer}, {"X-Endpoint", request.endpoint}},
           request.method + " " + request.target + " " + request.body});
    if (request.target == "/twice") reply({200, {}, "again"});
  }

  void Later(std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([action = std::move(action)]() mutable {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      action();
      action = nullptr;
    });
  }

  std::promise<HttpReply> held_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace vidimus::testing
