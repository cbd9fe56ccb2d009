// Names of instances, and where they stand in URLs and Host headers (design section 7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vidimus {

// In lower case. 3 to 24 letters, digits and hyphens (maa-rest-api section 5.1), no hyphen at either end, since it becomes part of a host
// name (RFC 1123 section 2.1). Error: instance.name
Result<std::string> NormalInstanceName(std::string_view name);

// The host of a Host header (RFC 9112 section 3.2), in lower case, without port and the dot of a root. Error: request.host for what is no
// host name or address.
Result<std::string> HostOf(std::string_view header);

// A URL with "{name}" as the whole first label of its host: "https://{name}.attest.example.com".
class InstanceUrlTemplate {
 public:
  // Error: instance.url_template
  static Result<InstanceUrlTemplate> Parse(const std::string& text);

  std::string UrlOf(const std::string& name) const { return before_ + name + after_; }
  // What takes the place of {name} in `host`, one label or several; none for hosts outside the template's domain.
  std::optional<std::string> NameIn(std::string_view host) const;
  // "*.attest.example.com".
  std::string Wildcard() const { return "*" + suffix_; }

 private:
  std::string before_, after_;  // of the URL
  std::string suffix_;          // ".attest.example.com"
};

}  // namespace vidimus
