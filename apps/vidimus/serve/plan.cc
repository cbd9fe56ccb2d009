#include "plan.h"

#include <charconv>

#include <arpa/inet.h>

#include "../files.h"

namespace vidimus {

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  ListenAddress out;
  const char* end = text.data() + text.size();
  const auto wrong = [&] {
    return Fail(ErrorCode::kUsage, "option.listen", "found \"" + text + "\", expected ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443");
  };
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return wrong();
  const auto [stop, ec] = std::from_chars(text.data() + colon + 1, end, out.port);
  if (ec != std::errc() || stop != end) return wrong();
  out.host = text.substr(0, colon);
  if (out.host == "localhost") out.host = "127.0.0.1";
  if (out.host.starts_with('[') != out.host.ends_with(']')) return wrong();
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  in6_addr ignored{};
  const int family = out.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (inet_pton(family, out.host.c_str(), &ignored) != 1) return wrong();
  return out;
}

Result<IntelEndorsements> ReadSource(const HeldCollateralSource& source, std::vector<TrustAnchor> anchors) {
  VIDIMUS_TRY(const std::vector<NamedDocument> documents, ReadDocuments({source.path}));
  return IntelEndorsements::Load(documents, std::move(anchors));
}

}  // namespace vidimus
