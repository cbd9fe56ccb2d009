// Program: a policy that passed the checker, ready to evaluate (policy-language sections 1.3 to 1.7). Immutable once compiled.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "claims/claim.h"
#include "policy/diagnostic.h"
#include "policy/jmespath/jmespath.h"
#include "policy/rule_index.h"

namespace vidimus {

enum class PolicySection { kConfiguration, kAuthorization, kIssuance };
// "authorizationrules"
std::string_view PolicySectionName(PolicySection section);

enum class ClaimProperty { kType, kValue, kValueType, kIssuer };
enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
enum class PolicyFunction { kJmesPath, kJsonToClaimValue, kIsSubsetOf, kAppendString, kNegateBool, kContainsOnlyValue };

std::string_view ClaimPropertyName(ClaimProperty property);
std::string_view ComparisonName(Comparison comparison);
std::string_view PolicyFunctionName(PolicyFunction function);

// `c.value`: the claims an earlier condition of the same rule matched.
struct ClaimReference {
  size_t condition;
  ClaimProperty property;
};

struct Expression;

struct Call {
  PolicyFunction function;
  std::vector<Expression> arguments;
  std::shared_ptr<const JmesPath> query;  // of JmesPath with a literal query that parses, so that evaluation parses none
};

struct Expression {
  std::variant<ClaimValue, ClaimReference, Call> what;
  Span span;
};

struct PropertyCondition {
  ClaimProperty property;
  Comparison comparison;
  Expression operand;
  Span span;
};

// Matches the set of claims that satisfy every property condition; negated: holds when none does.
struct Condition {
  bool negated = false;
  std::string identifier;  // empty when nothing refers to it
  std::vector<PropertyCondition> properties;
  ClaimTypeId type = kAnyClaimType;  // of its first `type == "literal"` that no call stands left of: only claims of it can match
  Span span;
};

enum class ActionKind { kPermit, kDeny, kAdd, kIssue, kIssueClaim, kIssueProperty };

// "issue"
std::string_view ActionName(ActionKind action);

struct Rule {
  std::vector<Condition> conditions;
  ActionKind action = ActionKind::kPermit;
  std::string claim_type;                     // of kAdd, kIssue, kIssueProperty
  ClaimTypeId made_type = kUnknownClaimType;  // the same, as conditions know it
  Expression value;                           // of the same
  size_t claim_condition = 0;                 // of kIssueClaim
  Span span;                                  // without its ';'
  size_t line = 1;                            // that it begins on
};

struct Section {
  std::vector<Rule> rules;
  RuleIndex index;
};

struct Program {
  int minor_version = 0;                     // of 1.x
  size_t step_limit = limits::kPolicySteps;  // what one evaluation may cost
  std::string text;                          // the policy as written, to quote from
  ClaimTypes types;                          // that its conditions name
  Section configuration;
  Section authorization;
  Section issuance;

  const Section& SectionOf(PolicySection section) const {
    if (section == PolicySection::kConfiguration) return configuration;
    return section == PolicySection::kAuthorization ? authorization : issuance;
  }
  std::string_view TextOf(Span span) const { return std::string_view(text).substr(span.begin, span.end - span.begin); }
};

}  // namespace vidimus
