#include "policy/evaluator.h"

#include <algorithm>

#include "base/limits.h"

namespace vidimus {
namespace {

ClaimValue PropertyOf(const Claim& claim, ClaimProperty property) {
  switch (property) {
    case ClaimProperty::kType: return claim.type;
    case ClaimProperty::kValue: return claim.value;
    case ClaimProperty::kValueType: return std::string(ClaimValueTypeName(claim.value));
    case ClaimProperty::kIssuer: return std::string(ClaimIssuerName(claim.issuer));
  }
  return std::string();
}

// Section 2.5: another type is unequal, and has no order.
bool Compare(const ClaimValue& left, Comparison comparison, const ClaimValue& right) {
  if (comparison == Comparison::kEqual) return left == right;
  if (comparison == Comparison::kNotEqual) return left != right;
  const auto* a = std::get_if<int64_t>(&left);
  const auto* b = std::get_if<int64_t>(&right);
  if (a == nullptr || b == nullptr) return false;
  switch (comparison) {
    case Comparison::kLess: return *a < *b;
    case Comparison::kLessOrEqual: return *a <= *b;
    case Comparison::kGreater: return *a > *b;
    default: return *a >= *b;
  }
}

bool AddUnlessHeld(const Claim& claim, ClaimSet& set) {
  if (std::find(set.begin(), set.end(), claim) != set.end()) return true;
  if (set.size() == limits::kClaims) return false;
  set.push_back(claim);
  return true;
}

class Evaluation {
 public:
  explicit Evaluation(ClaimSet incoming) : incoming_(std::move(incoming)) {}

  Status Run(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules)
      if (Matches(rule)) VIDIMUS_CHECK_OK(Act(rule));
    return {};
  }

  Decision decision;
  bool permit = false;

 private:
  using Matched = std::vector<size_t>;  // indices into incoming_

  bool Matches(const Rule& rule) {
    matched_.clear();
    for (const Condition& condition : rule.conditions) {
      Matched matched;
      for (size_t i = 0; i < incoming_.size(); ++i)
        if (Satisfies(incoming_[i], condition)) matched.push_back(i);
      if (matched.empty()) return false;
      matched_.push_back(std::move(matched));
    }
    return true;
  }

  bool Satisfies(const Claim& claim, const Condition& condition) const {
    return std::all_of(condition.properties.begin(), condition.properties.end(), [&](const PropertyCondition& property) {
      const ClaimValue left = PropertyOf(claim, property.property);
      if (const auto* literal = std::get_if<ClaimValue>(&property.operand)) return Compare(left, property.comparison, *literal);
      const auto& reference = std::get<ClaimReference>(property.operand);
      const Matched& set = matched_[reference.condition];
      return std::any_of(set.begin(), set.end(), [&](size_t i) {
        return Compare(left, property.comparison, PropertyOf(incoming_[i], reference.property));
      });
    });
  }

  std::vector<ClaimValue> Values(const Operand& operand) const {
    if (const auto* literal = std::get_if<ClaimValue>(&operand)) return {*literal};
    const auto& reference = std::get<ClaimReference>(operand);
    std::vector<ClaimValue> out;
    for (const size_t i : matched_[reference.condition]) out.push_back(PropertyOf(incoming_[i], reference.property));
    return out;
  }

  // The claims an action makes: one of each value, from the policy; or the matched ones under their own types.
  ClaimSet Made(const Rule& rule) const {
    ClaimSet out;
    if (rule.action == ActionKind::kIssueClaim) {
      for (const size_t i : matched_[rule.claim_condition]) out.push_back({incoming_[i].type, incoming_[i].value, ClaimIssuer::kAttestationPolicy});
    } else {
      for (ClaimValue& value : Values(rule.value)) out.push_back({rule.claim_type, std::move(value), ClaimIssuer::kAttestationPolicy});
    }
    return out;
  }

  Status Act(const Rule& rule) {
    if (rule.action == ActionKind::kPermit) {
      permit = true;
      return {};
    }
    if (rule.action == ActionKind::kDeny) {
      if (decision.rule == nullptr) decision.rule = &rule;
      return {};
    }
    for (const Claim& claim : Made(rule)) {
      bool fits = AddUnlessHeld(claim, incoming_);
      if (rule.action == ActionKind::kIssueProperty) fits = fits && AddUnlessHeld(claim, decision.properties);
      else if (rule.action != ActionKind::kAdd) fits = fits && AddUnlessHeld(claim, decision.issued);
      if (!fits) return Fail(ErrorCode::kLimit, "policy.claims", "line " + std::to_string(rule.line) + ": more than " + std::to_string(limits::kClaims) + " claims");
    }
    return {};
  }

  ClaimSet incoming_;
  std::vector<Matched> matched_;  // by condition of the rule being judged
};

}  // namespace

Result<ClaimSet> EvaluateConfiguration(const Program& program) {
  Evaluation evaluation({});
  VIDIMUS_CHECK_OK(evaluation.Run(program.configuration));
  return std::move(evaluation.decision.properties);
}

Result<Decision> Evaluate(const Program& program, const ClaimSet& incoming) {
  VIDIMUS_TRY(const ClaimSet configured, EvaluateConfiguration(program));
  ClaimSet start = incoming;
  for (const Claim& claim : configured)
    if (!AddUnlessHeld(claim, start)) return Fail(ErrorCode::kLimit, "policy.claims", "more than " + std::to_string(limits::kClaims) + " claims");
  Evaluation evaluation(std::move(start));
  evaluation.decision.properties = configured;
  VIDIMUS_CHECK_OK(evaluation.Run(program.authorization));
  using Reason = Decision::Reason;
  evaluation.decision.reason = evaluation.decision.rule != nullptr ? Reason::kDenyAction : evaluation.permit ? Reason::kPermitted : Reason::kNoPermit;
  if (evaluation.decision.permitted()) VIDIMUS_CHECK_OK(evaluation.Run(program.issuance));
  return std::move(evaluation.decision);
}

}  // namespace vidimus
