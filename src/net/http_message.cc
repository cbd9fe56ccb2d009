#include "net/http_message.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include "base/ascii.h"

namespace vidimus::net {
namespace {

namespace beast_http = boost::beast::http;
using BeastText = boost::beast::string_view;
using BeastError = boost::beast::error_code;

tl::unexpected<Refusal> Refuse(int status, ErrorCode code, std::string_view where, std::string detail) {
  return tl::unexpected<Refusal>(Refusal{status, Error{code, where, std::move(detail)}});
}
tl::unexpected<Refusal> Malformed(std::string detail) {
  return Refuse(400, ErrorCode::kMalformed, "net.http.malformed", std::move(detail));
}
tl::unexpected<Refusal> Framing(std::string detail) { return Refuse(400, ErrorCode::kMalformed, "net.http.framing", std::move(detail)); }

tl::unexpected<Refusal> HeaderSize() {
  return Refuse(431, ErrorCode::kLimit, "net.http.header_size",
                "the request line and header fields take more than " + std::to_string(limits::kRequestHeaderBytes) + " octets");
}

// What Beast's error means to us.
tl::unexpected<Refusal> Translate(const BeastError& error) {
  if (error == beast_http::error::header_limit) return HeaderSize();
  if (error == beast_http::error::body_limit) {
    return Refuse(413, ErrorCode::kLimit, "net.http.body_size",
                  "the body takes more than " + std::to_string(limits::kRequestBodyBytes) + " octets");
  }
  if (error == beast_http::error::bad_content_length || error == beast_http::error::multiple_content_length ||
      error == beast_http::error::bad_transfer_encoding) {
    return Framing("found " + error.message() + ", expected one Content-Length or one Transfer-Encoding: chunked");
  }
  return Malformed("not an HTTP/1.1 request: " + error.message());
}

}  // namespace

// Beast's own limit on the header restarts with every call, so Feed keeps count itself.
struct RequestParser::Impl : beast_http::basic_parser<true> {
  Impl() {
    header_limit(2 * limits::kRequestHeaderBytes);
    body_limit(limits::kRequestBodyBytes);
    eager(false);  // stop after the head, to judge it
  }

  void on_request_impl(beast_http::verb, BeastText method, BeastText target, int version, BeastError&) override {
    request.method.assign(method.data(), method.size());
    request.target.assign(target.data(), target.size());
    http10 = version == 10;
  }
  void on_response_impl(int, BeastText, int, BeastError&) override {}
  void on_field_impl(beast_http::field, BeastText name, BeastText value, BeastError&) override {
    if (head_read) return;  // a trailer field is not a header field (RFC 9110 6.5.1)
    request.headers.emplace_back(AsciiLower({name.data(), name.size()}), std::string(value.data(), value.size()));
  }
  void on_header_impl(BeastError&) override { head_read = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  size_t on_body_impl(BeastText text, BeastError&) override {
    request.body.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, BeastText, BeastError&) override {}
  size_t on_chunk_body_impl(std::uint64_t, BeastText text, BeastError& error) override { return on_body_impl(text, error); }
  void on_finish_impl(BeastError&) override {}

  size_t Count(std::string_view name) const {
    return static_cast<size_t>(
        std::count_if(request.headers.begin(), request.headers.end(), [&](const auto& h) { return h.first == name; }));
  }
  tl::expected<void, Refusal> JudgeHead() const;

  HttpRequest request;
  size_t head_octets = 0;
  size_t octets = 0;
  bool head_read = false;
  bool http10 = false;
};

tl::expected<void, Refusal> RequestParser::Impl::JudgeHead() const {
  if (head_octets > limits::kRequestHeaderBytes) return HeaderSize();
  if (Count("content-length") > 1) return Framing("found Content-Length more than once");
  if (Count("transfer-encoding") > 0) {
    // RFC 9112 6.1: an encoding that is not understood, or one with HTTP/1.0, hides where the body ends.
    const std::string encoding = AsciiLower(request.Header("transfer-encoding"));
    if (encoding != "chunked") return Framing("found Transfer-Encoding: " + encoding + ", expected chunked alone");
    if (http10) return Framing("found Transfer-Encoding in an HTTP/1.0 request");
  }
  // RFC 9112 3.2: exactly one Host field; older clients may have none.
  const size_t hosts = Count("host");
  if (hosts > 1 || (hosts == 0 && !http10)) return Malformed("found " + std::to_string(hosts) + " Host fields, expected one");
  // RFC 9110 5.3: of fields that are no list one only. What stands before this server may have judged the other one.
  if (Count("authorization") > 1) return Malformed("found Authorization more than once");
  if (!request.target.starts_with('/') && request.target != "*") return Malformed("the request target is not a path");
  return {};
}

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

tl::expected<size_t, Refusal> RequestParser::Feed(std::string_view data) {
  size_t taken = 0;
  while (!done() && taken < data.size()) {
    const bool in_head = !impl_->head_read;
    BeastError error;
    const size_t octets = impl_->put(boost::asio::const_buffer(data.data() + taken, data.size() - taken), error);
    taken += octets;
    impl_->octets += octets;
    if (in_head) impl_->head_octets += octets;
    if (error == beast_http::error::need_more) break;
    if (error) return Translate(error);
    if (in_head && impl_->head_read) {
      if (auto judged = impl_->JudgeHead(); !judged) return tl::unexpected(judged.error());
    }
  }
  const size_t rest = done() ? 0 : data.size() - taken;  // after the end it is the next request's
  if (impl_->octets + rest > limits::kRequestOctets) {
    return Refuse(400, ErrorCode::kLimit, "net.http.framing",
                  "the request takes more than " + std::to_string(limits::kRequestOctets) + " octets, chunk sizes and extensions included");
  }
  if (!impl_->head_read && impl_->head_octets + rest > limits::kRequestHeaderBytes) return HeaderSize();
  // What is left of a body that is not done is a part of a chunk's size line or of the trailer.
  if (impl_->head_read && rest > limits::kRequestHeaderBytes) return Malformed("a chunk's size line or the trailer is too long");
  return taken;
}

bool RequestParser::done() const { return impl_->is_done(); }
bool RequestParser::AwaitsContinue() const {
  return impl_->head_read && !done() && !impl_->http10 && AsciiLower(impl_->request.Header("expect")) == "100-continue";
}
bool RequestParser::head_method() const { return impl_->request.method == "HEAD"; }
bool RequestParser::keep_alive() const { return impl_->head_read && impl_->keep_alive(); }
bool RequestParser::http10() const { return impl_->http10; }
HttpRequest RequestParser::Take() { return std::move(impl_->request); }

namespace {

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view value) { return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos; }

}  // namespace

Result<std::string> SerializeResponse(const HttpResponse& response, const ResponseFraming& framing, std::string_view date) {
  if (response.status < 200 || response.status > 599) {
    return Fail(ErrorCode::kUsage, "net.http.handler", "the handler answered with status " + std::to_string(response.status));
  }
  const BeastText reason = beast_http::obsolete_reason(beast_http::int_to_status(static_cast<unsigned>(response.status)));
  const bool bodiless = framing.head || response.status == 204 || response.status == 304;
  std::string out;
  out.reserve(512 + (bodiless ? 0 : response.body.size()));
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason.data(), reason.size());
  out.append("\r\nDate: ").append(date).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    if (!IsToken(name) || !IsFieldValue(value)) {
      return Fail(ErrorCode::kUsage, "net.http.handler", "the handler answered with a header that HTTP cannot carry");
    }
    const std::string lower = AsciiLower(name);
    if (lower == "content-length" || lower == "date" || lower == "connection" || lower == "transfer-encoding") continue;
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 204) out.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  if (!framing.keep_alive) out.append("Connection: close\r\n");
  if (framing.keep_alive && framing.http10) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
  if (!bodiless) out.append(response.body);
  return out;
}

}  // namespace vidimus::net

namespace vidimus {

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [have, value] : headers) {
    if (have == name) return value;
  }
  return {};
}

}  // namespace vidimus
