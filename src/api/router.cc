#include "api/router.h"

#include <algorithm>
#include <chrono>

#include "api/errors.h"
#include "base/hex.h"
#include "base/log.h"
#include "crypto/random.h"

namespace vidimus {
namespace {

using Clock = std::chrono::steady_clock;

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// Percent-decoded, lower case, without query and one trailing slash; as sent when it cannot be decoded, which then matches nothing.
std::string NormalPath(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    const auto octet = HexDecode(path.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::string(path);
    out += static_cast<char>((*octet)[0]);
    i += 2;
  }
  if (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return Lower(out);
}

std::string RandomHex(size_t bytes) {
  const auto random = RandomBytes(bytes);
  return random ? HexEncode(*random) : std::string(2 * bytes, '0');
}

bool IsHex(std::string_view text) { return HexDecode(text).has_value() && Lower(text) == text; }

// A W3C trace id: the caller's trace when it sent one, else a new one (maa-rest-api section 1.1). All zeros are none.
std::string RequestId(const HttpRequest& request) {
  const std::string_view parent = request.Header("traceparent");
  const bool framed = parent.size() == 55 && parent.starts_with("00-") && parent[35] == '-' && parent[52] == '-';
  const std::string_view trace = framed ? parent.substr(3, 32) : std::string_view();
  const bool valid = framed && IsHex(trace) && trace.find_first_not_of('0') != std::string_view::npos;
  return "00-" + (valid ? std::string(trace) : RandomHex(16)) + "-" + RandomHex(8) + "-00";
}

void LogRequest(const ApiRequest& request, int status, Clock::time_point began) {
  const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
  Log(LogLevel::kInfo, "request",
      {{"request_id", request.request_id},
       {"method", request.http.method.substr(0, 16)},
       {"path", NormalPath(request.http.target).substr(0, 128)},
       {"status", std::to_string(status)},
       {"duration_us", std::to_string(spent)},
       {"peer", request.http.peer}});
}

}  // namespace

void Router::Add(std::string method, std::string path, ApiHandler handler) {
  std::string lower = Lower(path);
  routes_.push_back({std::move(method), std::move(path), std::move(lower), std::move(handler)});
}

void Router::Handle(HttpRequest http, const HttpReply& reply) const {
  const auto request = std::make_shared<ApiRequest>();
  request->http = std::move(http);
  request->request_id = RequestId(request->http);
  const HttpReply answer = [request, reply, began = Clock::now()](HttpResponse response) {
    response.headers.emplace_back("x-ms-request-id", request->request_id);
    LogRequest(*request, response.status, began);
    reply(std::move(response));
  };
  const std::string path = NormalPath(request->http.target);
  const std::string method = request->http.method == "HEAD" ? "GET" : request->http.method;
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.lower_path != path) continue;
    if (route.method == method) return route.handler(*request, answer);
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty())
    return answer(
        ErrorResponse(404, {ErrorCode::kUsage, "request.path", "found path " + path.substr(0, 128) + ", which this service does not have"},
                      request->request_id));
  HttpResponse refused =
      ErrorResponse(405, {ErrorCode::kUsage, "request.method", "found " + request->http.method.substr(0, 16) + ", expected " + allowed},
                    request->request_id);
  refused.headers.emplace_back("Allow", allowed);
  answer(std::move(refused));
}

HttpResponse Router::TransportError(int status, const Error& error) {
  const std::string id = RequestId({});
  HttpResponse out = ErrorResponse(status, error, id);
  out.headers.emplace_back("x-ms-request-id", id);
  Log(LogLevel::kWarning, "request refused", {{"request_id", id}, {"status", std::to_string(status)}, {"where", std::string(error.where)}});
  return out;
}

}  // namespace vidimus
