// HTTP/1.1 as octets: reads one request incrementally, writes one response. Knows no socket.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "base/result.h"
#include "net/http_server.h"

namespace vidimus::net {

// Why a request goes no further, and the status that says so.
struct Refusal {
  int status;
  Error error;
};

// Reads one request (RFC 9112); a connection makes a new one for the next.
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Says how many octets of `data` it is through with. Unless done(), call again with the rest of `data` and what came after it.
  // Refuses: 400 net.http.malformed, 400 net.http.framing, 413 net.http.body_size, 431 net.http.header_size
  tl::expected<size_t, Refusal> Feed(std::string_view data);

  bool done() const;
  // The head is read, the client waits for a 100 (RFC 9110 10.1.1) before it sends the body.
  bool AwaitsContinue() const;
  bool head_method() const;  // HEAD
  bool keep_alive() const;   // false until the head is read
  bool http10() const;       // HTTP/1.0
  HttpRequest Take();        // once, when done()

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ResponseFraming {
  bool keep_alive;
  bool http10;  // such a client must be told of keep-alive
  bool head;    // Content-Length as if for GET, no body
};

// The response as octets; its own Content-Length, Date and Connection headers are dropped in favour of the server's. A 204 has neither
// body nor Content-Length (RFC 9110 8.6), a 304 no body. `date`: RFC 9110 5.6.7. Error: net.http.handler, for a status outside 200 to 599
// or a header that HTTP cannot carry.
Result<std::string> SerializeResponse(const HttpResponse& response, const ResponseFraming& framing, std::string_view date);

inline constexpr std::string_view kContinueResponse = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace vidimus::net
