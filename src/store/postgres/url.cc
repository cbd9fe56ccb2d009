#include "store/postgres/url.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include <libpq-fe.h>

#include "base/limits.h"

namespace vidimus {
namespace {

struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

Result<PostgresParameters> ParsePostgresUrl(const std::string& url) {
  // A password whose '@', '/' or '?' is not percent-encoded lands in other parts, which libpq would quote in its errors.
  const auto bad = [] {
    return Fail(ErrorCode::kUsage, "store.url",
                "libpq cannot read this URL; expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=… with every special character"
                " of user and password percent-encoded");
  };
  char* reason = nullptr;
  const std::unique_ptr<PQconninfoOption, Free> options(PQconninfoParse(url.c_str(), &reason));
  PQfreemem(reason);
  if (options == nullptr || url.find('\0') != std::string::npos) return bad();
  PostgresParameters parameters;
  int seconds_a_host = limits::kStoreConnectSeconds;
  std::ptrdiff_t hosts = 1;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword, value = option->val == nullptr ? "" : option->val;
    const auto has_other = [&](std::string_view allowed) { return value.find_first_not_of(allowed) != std::string_view::npos; };
    if (keyword == "port" && has_other("0123456789,")) return bad();
    if ((keyword == "host" || keyword == "dbname") && value.find('@') != std::string_view::npos) return bad();
    if (keyword == "host") hosts = 1 + std::count(value.begin(), value.end(), ',');
    if (keyword == "connect_timeout" && !value.empty()) {
      if (std::from_chars(value.data(), value.data() + value.size(), seconds_a_host).ec != std::errc()) return bad();
      seconds_a_host = std::clamp(seconds_a_host, 1, 60);
    }
  }
  parameters.connect_seconds = seconds_a_host * static_cast<int>(std::min<std::ptrdiff_t>(hosts, 8));
  const auto add = [&](std::string keyword, std::string value) {
    parameters.keywords.push_back(std::move(keyword));
    parameters.values.push_back(std::move(value));
  };
  // What stands before the URL it may set otherwise: a peer that is gone is noticed within 10 s, waiting or sending.
  add("keepalives", "1");
  add("keepalives_idle", "4");
  add("keepalives_interval", "2");
  add("keepalives_count", "3");
  add("tcp_user_timeout", std::to_string(limits::kStoreConnectSeconds * 1000));
  add("fallback_application_name", "vidimus");
  add("dbname", url);
  add("client_encoding", "UTF8");
  return parameters;
}

std::string ShownPostgresUrl(const std::string& url) {
  std::string out = "postgresql";
  if (!ParsePostgresUrl(url)) return out;
  const std::unique_ptr<PQconninfoOption, Free> options(PQconninfoParse(url.c_str(), nullptr));
  if (options == nullptr) return out;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    const bool shown = keyword == "user" || keyword == "host" || keyword == "port" || keyword == "dbname" || keyword == "sslmode";
    if (shown && option->val != nullptr) out += " " + std::string(keyword) + "=" + option->val;
  }
  return out;
}

}  // namespace vidimus
