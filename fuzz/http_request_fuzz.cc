// HTTP requests: octets in any pieces give the same request, within the limits.
#include <optional>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "net/http_message.h"

using namespace vidimus;

namespace {

// The request that `text` begins with, fed in pieces of `piece` octets; nothing when refused or incomplete.
std::optional<HttpRequest> Read(std::string_view text, size_t piece) {
  net::RequestParser parser;
  std::string pending;
  for (size_t at = 0; at < text.size() && !parser.done(); at += piece) {
    pending += text.substr(at, piece);
    const auto taken = parser.Feed(pending);
    if (!taken) return std::nullopt;
    fuzz::Require(*taken <= pending.size(), "no more is taken than was given");
    pending.erase(0, *taken);
  }
  if (!parser.done()) return std::nullopt;
  return parser.Take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const auto whole = Read(text, size + 1);
  const auto pieces = Read(text, 7);
  fuzz::Require(whole.has_value() == pieces.has_value(), "pieces give the same verdict");
  if (!whole) return 0;
  fuzz::Require(whole->method == pieces->method && whole->target == pieces->target && whole->headers == pieces->headers &&
                    whole->body == pieces->body,
                "pieces give the same request");
  fuzz::Require(whole->body.size() <= limits::kRequestBodyBytes, "bodies are bounded");
  fuzz::Require(whole->target.starts_with('/') || whole->target == "*", "the target is a path");
  return 0;
}
