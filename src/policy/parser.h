// Policy text to a checked program (policy-language section 1). Versions 1.0 and 1.1.
#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/program.h"

namespace vidimus {

// Recursive descent without recursion: the grammar of 1.0 and 1.1 does not nest. Errors carry line and column, what was found and
// what was expected: policy.size, policy.syntax, policy.version, policy.section, policy.action, policy.identifier, policy.type,
// policy.rules, policy.conditions.
Result<Program> ParsePolicy(std::string_view text);

}  // namespace vidimus
