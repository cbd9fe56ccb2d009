// Claim values without their octets: comparing and looking up copy nothing.
#pragma once

#include <functional>
#include <string_view>
#include <variant>

#include "claims/claim.h"

namespace vidimus {

using ClaimValueView = std::variant<std::string_view, int64_t, bool>;

inline ClaimValueView ViewOf(const ClaimValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  return std::get<bool>(value);
}

inline ClaimValue CopyOf(const ClaimValueView& view) {
  if (const auto* text = std::get_if<std::string_view>(&view)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&view)) return *number;
  return std::get<bool>(view);
}

// What looking at this value may cost in steps: long texts take longer.
inline size_t StepsOf(const ClaimValueView& view) {
  const auto* text = std::get_if<std::string_view>(&view);
  return 1 + (text == nullptr ? 0 : text->size() / 64);
}

}  // namespace vidimus
