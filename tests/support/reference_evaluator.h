// A second evaluator, written from policy-language section 2 for tests alone: no index, no cost limits, every rule and claim in turn.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "policy/evaluator.h"

namespace vidimus::testing {

struct ReferenceDecision {
  std::string error;  // the `where` of the first error; then the rest means nothing
  Decision::Reason reason = Decision::Reason::kNoPermit;
  ClaimSet issued, properties;
};

class ReferenceEvaluator {
 public:
  static ReferenceDecision Decide(const Program& program, const ClaimSet& incoming) {
    ReferenceEvaluator configuration(ClaimSet{});
    configuration.Run(program.configuration.rules);
    ReferenceEvaluator out(incoming);
    out.out_.error = configuration.out_.error;
    for (const Claim& claim : configuration.out_.properties) {
      out.Insert(out.claims_, claim);
      out.Insert(out.out_.properties, claim);
    }
    if (out.out_.error.empty()) out.Run(program.authorization.rules);
    // Section 2.6: deny wins over permit.
    out.out_.reason = out.denied_      ? Decision::Reason::kDenyAction
                      : out.permitted_ ? Decision::Reason::kPermitted
                                       : Decision::Reason::kNoPermit;
    if (out.out_.error.empty() && out.permitted_ && !out.denied_) out.Run(program.issuance.rules);
    return out.out_;
  }

 private:
  struct Values {
    std::vector<ClaimValue> members;  // distinct
    bool read_only = false;
  };
  using Matches = std::vector<std::vector<Claim>>;  // by condition

  explicit ReferenceEvaluator(ClaimSet claims) : claims_(std::move(claims)) {}

  // Section 2.7: sets hold no duplicates. A mark keeps claims apart, or adding the value once more would wash it off.
  static void Insert(ClaimSet& set, const Claim& claim) {
    const auto same = [&](const Claim& held) { return held == claim && held.read_only == claim.read_only; };
    if (std::none_of(set.begin(), set.end(), same)) set.push_back(claim);
  }

  void Run(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      if (denied_ || !out_.error.empty()) return;
      Matches matches;
      bool holds = true;
      for (const Condition& condition : rule.conditions) {
        matches.push_back(Matching(condition, matches));
        if (!out_.error.empty()) return;
        holds = matches.back().empty() == condition.negated;
        if (!holds) break;
      }
      if (holds) Act(rule, matches);
    }
  }

  std::vector<Claim> Matching(const Condition& condition, const Matches& earlier) {
    std::vector<Claim> out;
    for (const Claim& claim : claims_) {
      if (!OfItsType(claim, condition)) continue;
      bool passes = true;
      for (const PropertyCondition& property : condition.properties) {
        const Values right = Value(property.operand, earlier);
        if (!out_.error.empty()) return out;
        // Section 2.3: existential over the right side.
        passes = std::any_of(right.members.begin(), right.members.end(), [&](const ClaimValue& value) {
          return Compares(PropertyOf(claim, property.property), property.comparison, value);
        });
        if (!passes) break;
      }
      if (passes) out.push_back(claim);
    }
    return out;
  }

  // A condition that names its claim type looks at claims of that type only; the first name counts, unless a call stands left of it,
  // which is computed for claims of every type.
  static bool OfItsType(const Claim& claim, const Condition& condition) {
    for (const PropertyCondition& property : condition.properties) {
      if (std::holds_alternative<Call>(property.operand.what)) return true;
      const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
      if (literal == nullptr || property.property != ClaimProperty::kType || property.comparison != Comparison::kEqual) continue;
      if (const auto* type = std::get_if<std::string>(literal)) return claim.type == *type;
    }
    return true;
  }

  static ClaimValue PropertyOf(const Claim& claim, ClaimProperty property) {
    switch (property) {
      case ClaimProperty::kType: return claim.type;
      case ClaimProperty::kValue: return claim.value;
      case ClaimProperty::kIssuer:
        return std::string(claim.issuer == ClaimIssuer::kAttestationService ? "AttestationService"
                           : claim.issuer == ClaimIssuer::kCustomClaim      ? "CustomClaim"
                                                                            : "AttestationPolicy");
      default: break;
    }
    return std::string(std::holds_alternative<bool>(claim.value)      ? "Boolean"
                       : std::holds_alternative<int64_t>(claim.value) ? "Integer"
                                                                      : "String");
  }

  // Section 2.5: values of different types are unequal and have no order.
  static bool Compares(const ClaimValue& left, Comparison comparison, const ClaimValue& right) {
    if (comparison == Comparison::kEqual) return left == right;
    if (comparison == Comparison::kNotEqual) return !(left == right);
    if (!std::holds_alternative<int64_t>(left) || !std::holds_alternative<int64_t>(right)) return false;
    const int64_t a = std::get<int64_t>(left);
    const int64_t b = std::get<int64_t>(right);
    return comparison == Comparison::kLess          ? a < b
           : comparison == Comparison::kLessOrEqual ? a <= b
           : comparison == Comparison::kGreater     ? a > b
                                                    : a >= b;
  }

  static void AddTo(Values& values, const ClaimValue& value) {
    if (std::find(values.members.begin(), values.members.end(), value) == values.members.end()) values.members.push_back(value);
  }

  Values Value(const Expression& expression, const Matches& matches) {
    Values out;
    if (const auto* literal = std::get_if<ClaimValue>(&expression.what)) {
      out.members.push_back(*literal);
    } else if (const auto* reference = std::get_if<ClaimReference>(&expression.what)) {
      for (const Claim& claim : matches[reference->condition]) {
        AddTo(out, PropertyOf(claim, reference->property));
        out.read_only = out.read_only || (claim.read_only && reference->property == ClaimProperty::kValue);
      }
    } else {
      out = Apply(std::get<Call>(expression.what), matches);
    }
    return out;
  }

  Values Apply(const Call& call, const Matches& matches) {
    std::vector<Values> arguments;
    for (const Expression& argument : call.arguments) {
      arguments.push_back(Value(argument, matches));
      if (!out_.error.empty()) return {};
    }
    const Values& first = arguments[0];
    const bool marked = std::any_of(arguments.begin(), arguments.end(), [](const Values& one) { return one.read_only; });
    switch (call.function) {
      case PolicyFunction::kIsSubsetOf:
        return {{std::all_of(first.members.begin(), first.members.end(), [&](const ClaimValue& v) { return Has(arguments[1], v); })},
                false};
      case PolicyFunction::kContainsOnlyValue:
        if (arguments[1].members.size() != 1) return Failed("policy.value");
        return {{first.members.size() == 1 && first.members[0] == arguments[1].members[0]}, false};
      case PolicyFunction::kNegateBool:
        if (first.members.size() != 1 || !std::holds_alternative<bool>(first.members[0])) return Failed("policy.value");
        return {{!std::get<bool>(first.members[0])}, marked};
      case PolicyFunction::kAppendString:
        if (!IsText(first) || !IsText(arguments[1])) return Failed("policy.value");
        return {{std::get<std::string>(first.members[0]) + std::get<std::string>(arguments[1].members[0])}, marked};
      case PolicyFunction::kJsonToClaimValue: return FromJson(first);
      case PolicyFunction::kJmesPath: return Query(first, arguments[1], marked);
    }
    return {};
  }

  static bool Has(const Values& set, const ClaimValue& value) {
    return std::find(set.members.begin(), set.members.end(), value) != set.members.end();
  }
  static bool IsText(const Values& value) { return value.members.size() == 1 && std::holds_alternative<std::string>(value.members[0]); }
  static bool HasContent(const Values& value) { return IsText(value) && !std::get<std::string>(value.members[0]).empty(); }

  Values Failed(std::string where) {
    out_.error = std::move(where);
    return {};
  }

  Values Query(const Values& data, const Values& query, bool marked) {
    if (!HasContent(data) || !HasContent(query)) return Failed("policy.value");
    const auto json = ParseJson(std::get<std::string>(data.members[0]));
    if (!json) return Failed("policy.json");
    const auto parsed = JmesPath::Parse(std::get<std::string>(query.members[0]));
    if (!parsed) return Failed("policy.jmespath");
    Steps steps(1'000'000);
    const auto found = parsed->Search(*json, steps);
    if (!found) return Failed("policy.jmespath");
    return {{WriteJson(*found)}, marked};
  }

  Values FromJson(const Values& text) {
    if (!HasContent(text)) return Failed("policy.value");
    const auto json = ParseJson(std::get<std::string>(text.members[0]));
    if (!json) return Failed("policy.json");
    Values out;
    out.read_only = text.read_only;
    const std::vector<Json> alone{*json};
    for (const Json& one : json->AsArray() == nullptr ? alone : std::vector<Json>(json->AsArray()->begin(), json->AsArray()->end())) {
      if (one.is_null()) continue;  // section 2.7: the empty value
      if (const auto* string = one.AsString()) {
        AddTo(out, *string);
      } else if (const auto* number = one.AsInt()) {
        AddTo(out, *number);
      } else if (const auto* truth = one.AsBool()) {
        AddTo(out, *truth);
      } else if (const auto* fraction = one.AsDouble();
                 fraction != nullptr && *fraction == static_cast<double>(static_cast<int64_t>(*fraction))) {
        AddTo(out, static_cast<int64_t>(*fraction));  // A14
      } else {
        return Failed("policy.json");
      }
    }
    return out;
  }

  void Act(const Rule& rule, const Matches& matches) {
    if (rule.action == ActionKind::kPermit) permitted_ = true;
    if (rule.action == ActionKind::kDeny) denied_ = true;
    if (rule.action == ActionKind::kPermit || rule.action == ActionKind::kDeny) return;
    std::vector<Claim> made;
    if (rule.action == ActionKind::kIssueClaim) {
      made = matches[rule.claim_condition];
    } else {
      const Values values = Value(rule.value, matches);
      for (const ClaimValue& value : values.members)
        made.push_back({rule.claim_type, value, ClaimIssuer::kAttestationPolicy, values.read_only});
    }
    for (Claim& claim : made) {
      claim.issuer = ClaimIssuer::kAttestationPolicy;
      if (!out_.error.empty()) return;
      if (claim.read_only && rule.action != ActionKind::kAdd) {
        out_.error = "policy.read_only";
        return;
      }
      Insert(claims_, claim);
      if (rule.action == ActionKind::kIssueProperty) Insert(out_.properties, claim);
      if (rule.action == ActionKind::kIssue || rule.action == ActionKind::kIssueClaim) Insert(out_.issued, claim);
    }
  }

  ClaimSet claims_;
  bool permitted_ = false, denied_ = false;
  ReferenceDecision out_;
};

}  // namespace vidimus::testing
