#include "endorsement/expiry.h"

#include <charconv>

#include "base/limits.h"

namespace vidimus {

std::string ExpiryText(const Expiry& expiry) {
  if (expiry.ignored) return "ignore";
  return expiry.grace == 0 ? "strict" : "grace(" + std::to_string(expiry.grace) + ")";
}

std::string LeniencyText(const Expiry& expiry) {
  if (expiry.ignored) return " (nextUpdate ignored by setting)";
  return expiry.grace == 0 ? "" : " and " + std::to_string(expiry.grace) + " s of grace";
}

Result<Expiry> ParseExpiry(std::string_view text) {
  if (text == "strict") return Expiry{};
  if (text == "ignore") return Expiry{0, true};
  if (text.starts_with("grace(") && text.ends_with(")")) {
    const std::string_view digits = text.substr(6, text.size() - 7);
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error == std::errc() && end == digits.data() + digits.size() && seconds >= 1 && seconds <= limits::kGraceSeconds)
      return Expiry{seconds, false};
  }
  return Fail(ErrorCode::kMalformed, "intel.expiry",
              "found \"" + Shortened(std::string(text), 40) + "\", expected strict, ignore, or grace(SECONDS) of 1 to " +
                  std::to_string(limits::kGraceSeconds));
}

}  // namespace vidimus
