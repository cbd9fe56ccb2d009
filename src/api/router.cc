#include "api/router.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "api/errors.h"
#include "base/ascii.h"
#include "base/hex.h"
#include "base/log.h"
#include "crypto/random.h"

namespace vidimus {
namespace {

using Clock = std::chrono::steady_clock;

// Percent-decoded; none for what cannot be.
std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto octet = HexDecode(text.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    out += static_cast<char>((*octet)[0]);
    i += 2;
  }
  return out;
}

// Decoded, without query and one trailing slash; as sent when it cannot be decoded, which then matches nothing.
std::string PathOf(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  auto out = Decoded(path);
  if (!out) return std::string(path);
  if (out->size() > 1 && out->ends_with('/')) out->pop_back();
  return *std::move(out);
}

std::string_view NextSegment(std::string_view& path) {
  const size_t slash = path.find('/');
  const std::string_view out = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return out;
}

std::string RandomHex(size_t bytes) {
  const auto random = RandomBytes(bytes);
  return random ? HexEncode(*random) : std::string(2 * bytes, '0');
}

bool IsHex(std::string_view text) { return HexDecode(text).has_value() && AsciiLower(text) == text; }

// A W3C trace id: the caller's trace when it sent one, else a new one (maa-rest-api section 1.1). All zeros are none.
std::string RequestId(const HttpRequest& request) {
  const std::string_view parent = request.Header("traceparent");
  const bool framed = parent.size() == 55 && parent.starts_with("00-") && parent[35] == '-' && parent[52] == '-';
  const std::string_view trace = framed ? parent.substr(3, 32) : std::string_view();
  const bool valid = framed && IsHex(trace) && trace.find_first_not_of('0') != std::string_view::npos;
  const std::string random = RandomHex(16 + 8);  // at once: most of what the generator takes, it takes for each call
  return "00-" + (valid ? std::string(trace) : random.substr(0, 32)) + "-" + random.substr(32) + "-00";
}

void LogRequest(const ApiRequest& request, int status, int64_t spent) {
  Log(LogLevel::kInfo, "request",
      {{"request_id", request.request_id},
       {"method", request.http.method.substr(0, 16)},
       {"path", PathOf(request.http.target).substr(0, 128)},
       {"status", std::to_string(status)},
       {"duration_us", std::to_string(spent)},
       {"peer", request.http.peer}});
}

}  // namespace

std::string ApiRequest::Query(std::string_view name) const {
  const size_t mark = http.target.find('?');
  std::string_view rest = mark == std::string::npos ? std::string_view() : std::string_view(http.target).substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const size_t equals = one.find('=');
    if (AsciiLower(one.substr(0, equals)) != name) continue;
    return Decoded(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1)).value_or("");
  }
  return {};
}

void Router::Add(std::string method, std::string path, ApiHandler handler) {
  std::string lower = AsciiLower(path);
  const bool has_parameters = lower.find('{') != std::string::npos;
  routes_.push_back(
      {std::move(method), std::move(path), std::move(lower), has_parameters, std::move(handler), std::make_shared<RequestCounts>()});
}

std::vector<std::string> Router::Describe() const {
  std::vector<std::string> out;
  for (const Route& route : routes_) out.push_back(route.method + " " + route.path);
  return out;
}

std::vector<Router::RouteCounts> Router::Counts() const {
  std::vector<RouteCounts> out;
  for (const Route& route : routes_) out.push_back({route.method, route.path, route.counts.get()});
  out.push_back({"", "", unmatched_.get()});
  return out;
}

// `lower` is `path` in lower case: letters keep their places.
bool Router::Fits(const Route& route, std::string_view path, std::string_view lower, ApiRequest& request) {
  if (!route.has_parameters) return route.lower_path == lower;
  std::map<std::string, std::string, std::less<>> parameters;
  std::string_view pattern = route.lower_path;
  while (!pattern.empty() && !lower.empty()) {
    const std::string_view expected = NextSegment(pattern), found = NextSegment(lower), as_sent = NextSegment(path);
    if (expected.starts_with('{') && !found.empty()) {
      parameters.emplace(expected.substr(1, expected.size() - 2), as_sent);
    } else if (expected != found) {
      return false;
    }
  }
  if (!pattern.empty() || !lower.empty()) return false;
  request.parameters = std::move(parameters);
  return true;
}

void Router::Handle(HttpRequest http, const HttpReply& reply) const {
  const auto request = std::make_shared<ApiRequest>();
  request->http = std::move(http);
  request->request_id = RequestId(request->http);
  const auto began = Clock::now();
  // Handlers and their replies may outlive the router.
  const auto answer_by = [&request, &reply, began](const std::shared_ptr<RequestCounts>& counts) -> HttpReply {
    return [request, reply, began, counts](HttpResponse response) {
      response.headers.emplace_back("x-ms-request-id", request->request_id);
      const int64_t spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
      counts->Count(response.status, spent);
      LogRequest(*request, response.status, spent);
      reply(std::move(response));
    };
  };
  const std::string path = PathOf(request->http.target);
  const std::string lower = AsciiLower(path);
  const std::string method = request->http.method == "HEAD" ? "GET" : request->http.method;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!Fits(route, path, lower, *request)) continue;
    if (route.method == method) return route.handler(*request, answer_by(route.counts));
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  const HttpReply answer = answer_by(unmatched_);
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
