// Diff: what changed between two policies, by rule, whatever their layout and comments.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/program.h"

namespace vidimus {

struct RuleChange {
  enum class Kind { kAdded, kRemoved, kChanged, kMoved };
  Kind kind = Kind::kAdded;
  PolicySection section = PolicySection::kAuthorization;
  std::optional<size_t> before, after;  // the number of the rule in its section, from 0
};

// In the order of sections and rules. A changed rule is one that stands between the same neighbours and is similar; a moved one is the
// same at another place among its neighbours, which matters since rules see what earlier rules made.
std::vector<RuleChange> DiffRules(const Program& before, const Program& after);

// The rule as tokens, each separated by one blank: equal for rules that differ in layout only.
std::string NormalRule(const Program& program, const Rule& rule);

}  // namespace vidimus
