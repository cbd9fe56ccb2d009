// Rules in a form that tells whether two say the same, and the rules that others make superfluous.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/lint/findings.h"
#include "policy/lint/policy_view.h"

namespace vidimus::lint {

// Numbers conditions: two that say the same, whatever their order and identifiers, have one number.
class RuleForms {
 public:
  struct Form {
    std::vector<uint32_t> conditions;  // ascending, distinct
    std::string action;                // equal where the actions do the same with the same conditions
  };
  Form Of(const Rule& rule);

 private:
  uint32_t NumberOf(const Condition& condition, const std::vector<uint32_t>& earlier);
  static void Append(const Expression& expression, const std::vector<uint32_t>& conditions, std::string& out);

  std::unordered_map<std::string, uint32_t> numbers_;
};

// lint.shadowed
void LintShadows(const PolicyView& policy, Findings& findings);

}  // namespace vidimus::lint
