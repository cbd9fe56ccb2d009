// How tests write down what was found in a policy text: one line a finding.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace vidimus::testing {

// "LINE:COLUMN+OCTETS CODE: message | hint | path", without a hint that is empty. By their place in the text.
inline std::vector<std::string> Findings(std::string_view text, const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& one : diagnostics.Sorted()) {
    const Position position = PositionOf(text, one.span.begin);
    std::string line = std::to_string(position.line) + ":" + std::to_string(position.column) + "+";
    line += std::to_string(one.span.end - one.span.begin) + " " + std::string(one.code) + ": " + one.message;
    if (!one.hint.empty()) line += " | " + one.hint;
    out.push_back(line + " | " + one.path);
  }
  return out;
}

}  // namespace vidimus::testing
