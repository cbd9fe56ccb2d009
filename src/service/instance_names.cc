#include "service/instance_names.h"

#include <algorithm>

#include "base/ascii.h"
#include "token/token_signer.h"

namespace vidimus {
namespace {

constexpr std::string_view kPlaceholder = "{name}";
constexpr size_t kHostCharacters = 253;  // RFC 1035 section 2.3.4

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<std::string> NormalInstanceName(std::string_view name) {
  std::string lower = AsciiLower(name.substr(0, 64));
  const bool fits = name.size() >= 3 && name.size() <= 24 && lower.front() != '-' && lower.back() != '-' &&
                    std::all_of(lower.begin(), lower.end(), [](char c) { return IsAlphanumeric(c) || c == '-'; });
  if (fits) return lower;
  return Fail(ErrorCode::kUsage, "instance.name",
              "found \"" + std::string(name.substr(0, 64)) + "\", expected 3 to 24 letters, digits and hyphens, none at either end");
}

Result<std::string> HostOf(std::string_view header) {
  const auto wrong = [&] {
    return Fail(ErrorCode::kMalformed, "request.host", "found Host \"" + std::string(header.substr(0, 256)) + "\", expected host[:port]");
  };
  std::string host = AsciiLower(header.substr(0, kHostCharacters + 8));
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    const std::string_view inside = std::string_view(host).substr(1, end - 1);
    const bool address = end != std::string::npos && inside.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
    const std::string_view rest = address ? std::string_view(host).substr(end + 1) : std::string_view("?");
    if (!address || (!rest.empty() && (rest.front() != ':' || !IsPort(rest.substr(1))))) return wrong();
    return host.substr(0, end + 1);
  }
  if (const size_t colon = host.find(':'); colon != std::string::npos) {
    if (!IsPort(std::string_view(host).substr(colon + 1))) return wrong();
    host.resize(colon);
  }
  if (host.ends_with('.')) host.pop_back();
  const bool fits = !host.empty() && host.size() <= kHostCharacters && IsAlphanumeric(host.front()) && IsAlphanumeric(host.back()) &&
                    host.find("..") == std::string::npos &&
                    std::all_of(host.begin(), host.end(), [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
  if (!fits) return wrong();
  return host;
}

Result<InstanceUrlTemplate> InstanceUrlTemplate::Parse(const std::string& text) {
  const std::string start = "https://" + std::string(kPlaceholder) + ".";
  const auto wrong = [&](const std::string& why) {
    return Fail(ErrorCode::kUsage, "instance.url_template", "found \"" + text + "\", expected https://{name}.DOMAIN[:PORT]" + why);
  };
  if (!text.starts_with(start)) return wrong("");
  InstanceUrlTemplate out;
  out.before_ = "https://";
  out.after_ = text.substr(start.size() - 1);
  if (const Status usable = TokenSigner::CheckIssuer(out.UrlOf("name")); !usable) return wrong("; " + usable.error().detail);
  const auto host = HostOf("name" + out.after_);
  if (!host) return wrong(" without a path");
  out.suffix_ = host->substr(std::string_view("name").size());
  return out;
}

std::optional<std::string> InstanceUrlTemplate::NameIn(std::string_view host) const {
  if (host.size() <= suffix_.size() || !host.ends_with(suffix_)) return std::nullopt;
  return std::string(host.substr(0, host.size() - suffix_.size()));
}

}  // namespace vidimus
