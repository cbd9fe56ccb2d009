// The six functions of version 1.2 (policy-language section 2.8).
#pragma once

#include <string>
#include <vector>

#include "policy/program.h"
#include "policy/steps.h"

namespace vidimus {

// What an expression is worth: a set, usually of one. Empty is the empty value of section 2.7.
struct PolicyValues {
  std::vector<ClaimValue> members;  // distinct
  bool read_only = false;

  static PolicyValues Distinct(std::vector<ClaimValue> values, bool read_only);
};

// Applies functions within one evaluation.
class PolicyFunctions {
 public:
  explicit PolicyFunctions(Steps& steps) : steps_(steps) {}

  // Errors: policy.value (a value of another type, none, or several where one is needed), policy.json (not JSON, or JSON that is no
  // claim value), policy.jmespath, policy.steps. The detail names the function, what was found and what was expected.
  Result<PolicyValues> Apply(const Call& call, const std::vector<PolicyValues>& arguments);

 private:
  Result<PolicyValues> Search(const Call& call, const std::vector<PolicyValues>& arguments);
  Result<const Json*> Parse(const std::string& text, PolicyFunction function);

  Steps& steps_;
  std::string parsed_text_;  // policies ask one event log many questions: the last text is not parsed again
  Json parsed_;
};

}  // namespace vidimus
