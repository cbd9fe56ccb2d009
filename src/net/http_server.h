// The HTTPS server: one event loop per thread, each with its own accepting socket for every endpoint, requests run to completion.
//
// What it guarantees to a handler: a whole request within the limits of base/limits.h, one framing only (Content-Length together
// with Transfer-Encoding is refused), header names in lower case. What it guarantees to a client: an answer with the body that
// `on_error` makes for everything the server itself refuses. Beyond limits::kConnections new connections are closed unanswered.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace vidimus {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // as sent, e.g. "POST"
  std::string target;   // origin form, as sent: path and query
  HttpHeaders headers;  // names in lower case
  std::string body;
  std::string peer;      // address of the client: an IPv4 or IPv6 literal
  std::string endpoint;  // name of the HttpEndpoint that it came to

  // The first header of that lower-case name; empty when absent.
  std::string_view Header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // without Content-Length, Date and Connection, which the server adds
  std::string body;
};

// Called once, from any thread, at once or later; even after the server is gone, when it does nothing. Later calls do nothing. When every
// copy is destroyed uncalled, the client gets what `on_error` makes of 500 net.http.handler; the same when the handler throws or the
// answer has a header that HTTP cannot carry.
using HttpReply = std::function<void(HttpResponse)>;
// Called on the server's threads, several at a time: while it runs, the other connections of its thread wait.
using HttpHandler = std::function<void(HttpRequest, HttpReply)>;
// Makes the answer to a request that never reached the handler: 400 net.http.malformed or net.http.framing,
// 408 net.http.timeout, 413 net.http.body_size, 431 net.http.header_size, 500 net.http.handler. Called on the server's threads.
using HttpErrorAnswer = std::function<HttpResponse(int status, const Error& error)>;

// Where a server listens.
struct HttpEndpoint {
  std::string address = "127.0.0.1";  // an IPv4 or IPv6 literal
  uint16_t port = 0;                  // 0 takes a free one
  std::string name;                   // what handlers know it by; may be empty
};

// A certificate that a server may show, and its key.
struct TlsIdentity {
  std::string certificate_pem;  // leaf first, then the authorities to send along
  std::string private_key_pem;  // unencrypted
};

struct HttpServerSettings {
  std::vector<HttpEndpoint> endpoints = {HttpEndpoint{}};  // all of them serve the same; at least one
  // At least one. A client that names a host (SNI) is shown the first whose certificate covers the name, with wildcards as in RFC 6125
  // 6.4.3; where none does, or no host is named, the first of all.
  std::vector<TlsIdentity> identities;
  int threads = 1;
  // Only tests have reason to change these.
  size_t max_connections = limits::kConnections;
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(limits::kHandshakeSeconds);
  std::chrono::milliseconds request_timeout = std::chrono::seconds(limits::kRequestSeconds);
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(limits::kIdleSeconds);
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(limits::kDrainSeconds);
};

// Whether a server could show these. Error: net.tls.certificate
Status CheckTlsIdentities(const std::vector<TlsIdentity>& identities);

class HttpServer {
 public:
  // Listens before it returns. TLS 1.2 and up. The process ignores SIGPIPE from then on and its limit of open files is raised to the hard
  // limit. Errors: net.listen, net.tls.certificate
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerSettings& settings, HttpHandler handler, HttpErrorAnswer on_error);
  // Stops accepting, lets running requests finish (at most limits::kDrainSeconds), closes the rest, joins the threads. Not to be called
  // from a handler.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Of that endpoint of the settings.
  uint16_t port(size_t index = 0) const;
  // Any thread. Connections accepted from now on are shown these; those there are go on. An error, net.tls.certificate, changes nothing.
  Status ReplaceIdentities(const std::vector<TlsIdentity>& identities);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidimus
