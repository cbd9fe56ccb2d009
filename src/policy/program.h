// A policy that passed its parser: the rules, ready to evaluate (policy-language sections 1.3 to 1.7).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "claims/claim.h"

namespace vidimus {

enum class ClaimProperty { kType, kValue, kValueType, kIssuer };
enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// `c.value`: the claims an earlier condition of the same rule matched.
struct ClaimReference {
  size_t condition;
  ClaimProperty property;
};

using Operand = std::variant<ClaimValue, ClaimReference>;

struct PropertyCondition {
  ClaimProperty property;
  Comparison comparison;
  Operand operand;
};

// Matches the set of claims that satisfy every property condition.
struct Condition {
  std::string identifier;  // empty when unnamed
  std::vector<PropertyCondition> properties;
};

enum class ActionKind { kPermit, kDeny, kAdd, kIssue, kIssueClaim, kIssueProperty };

struct Rule {
  std::vector<Condition> conditions;
  ActionKind action = ActionKind::kPermit;
  std::string claim_type;      // of kAdd, kIssue, kIssueProperty
  Operand value;               // of the same
  size_t claim_condition = 0;  // of kIssueClaim
  int line = 0;                // where it begins, from 1
  std::string text;            // as written, without its ';'
};

struct Program {
  int minor_version = 0;                     // of 1.x
  size_t step_limit = limits::kPolicySteps;  // comparisons that one evaluation may take
  std::vector<Rule> configuration;
  std::vector<Rule> authorization;
  std::vector<Rule> issuance;
};

}  // namespace vidimus
