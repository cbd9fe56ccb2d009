#include "policy/evaluator.h"

#include <algorithm>

#include "base/limits.h"

namespace vidimus {
namespace {

// A ClaimValue without its octets: comparing copies nothing.
using ValueView = std::variant<std::string_view, int64_t, bool>;

ValueView ViewOf(const ClaimValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  return std::get<bool>(value);
}

ValueView PropertyOf(const Claim& claim, ClaimProperty property) {
  switch (property) {
    case ClaimProperty::kType: return std::string_view(claim.type);
    case ClaimProperty::kValue: return ViewOf(claim.value);
    case ClaimProperty::kValueType: return ClaimValueTypeName(TypeOf(claim.value));
    case ClaimProperty::kIssuer: return ClaimIssuerName(claim.issuer);
  }
  return std::string_view();
}

ClaimValue Copy(const ValueView& view) {
  if (const auto* text = std::get_if<std::string_view>(&view)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&view)) return *number;
  return std::get<bool>(view);
}

// Section 2.5: another type is unequal, and has no order.
bool Compare(const ValueView& left, Comparison comparison, const ValueView& right) {
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

// What comparing with this value may cost: long texts take longer.
size_t StepsOf(const ValueView& view) {
  const auto* text = std::get_if<std::string_view>(&view);
  return 1 + (text == nullptr ? 0 : text->size() / 64);
}

bool AddUnlessHeld(const Claim& claim, ClaimSet& set) {
  if (std::find(set.begin(), set.end(), claim) != set.end()) return true;
  if (set.size() == limits::kClaims) return false;
  set.push_back(claim);
  return true;
}

class Evaluation {
 public:
  Evaluation(ClaimSet incoming, size_t step_limit) : incoming_(std::move(incoming)), steps_left_(step_limit) {}

  Status Run(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
      const bool fires = Matches(rule);
      if (exhausted_)
        return Fail(ErrorCode::kLimit, "policy.steps", "line " + std::to_string(rule.line) + ": more comparisons than a policy may take");
      if (fires) VIDIMUS_CHECK_OK(Act(rule));
    }
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

  bool Spend(size_t steps) {
    exhausted_ = exhausted_ || steps > steps_left_;
    steps_left_ -= std::min(steps, steps_left_);
    return !exhausted_;
  }

  bool Satisfies(const Claim& claim, const Condition& condition) {
    return std::all_of(condition.properties.begin(), condition.properties.end(), [&](const PropertyCondition& property) {
      const ValueView left = PropertyOf(claim, property.property);
      const size_t steps = StepsOf(left);
      if (!Spend(steps)) return false;
      if (const auto* literal = std::get_if<ClaimValue>(&property.operand)) return Compare(left, property.comparison, ViewOf(*literal));
      const auto& reference = std::get<ClaimReference>(property.operand);
      const Matched& set = matched_[reference.condition];
      return std::any_of(set.begin(), set.end(), [&](size_t i) {
        return Spend(steps) && Compare(left, property.comparison, PropertyOf(incoming_[i], reference.property));
      });
    });
  }

  // An action makes one claim of each value, from the policy; or of each matched claim, under its own type.
  size_t CountOfMade(const Rule& rule) const {
    if (rule.action == ActionKind::kIssueClaim) return matched_[rule.claim_condition].size();
    const auto* reference = std::get_if<ClaimReference>(&rule.value);
    return reference == nullptr ? 1 : matched_[reference->condition].size();
  }

  Claim Made(const Rule& rule, size_t index) const {
    if (rule.action == ActionKind::kIssueClaim) {
      const Claim& claim = incoming_[matched_[rule.claim_condition][index]];
      return {claim.type, claim.value, ClaimIssuer::kAttestationPolicy};
    }
    if (const auto* literal = std::get_if<ClaimValue>(&rule.value)) return {rule.claim_type, *literal, ClaimIssuer::kAttestationPolicy};
    const auto& reference = std::get<ClaimReference>(rule.value);
    const Claim& claim = incoming_[matched_[reference.condition][index]];
    return {rule.claim_type, Copy(PropertyOf(claim, reference.property)), ClaimIssuer::kAttestationPolicy};
  }

  // Few octets of policy can make many of claims, and a token shows each claim twice.
  Status Add(const Rule& rule, const Claim& claim) {
    const std::string line = "line " + std::to_string(rule.line) + ": ";
    const auto* text = std::get_if<std::string>(&claim.value);
    const size_t octets = claim.type.size() + (text == nullptr ? 0 : text->size());
    if (!Spend(incoming_.size() + octets / 64))
      return Fail(ErrorCode::kLimit, "policy.steps", line + "more comparisons than a policy may take");
    if (octets > octets_left_)
      return Fail(ErrorCode::kLimit, "policy.claims",
                  line + "more than " + std::to_string(limits::kPolicyClaimOctets) + " octets of claims");
    octets_left_ -= octets;
    bool fits = AddUnlessHeld(claim, incoming_);
    if (rule.action == ActionKind::kIssueProperty)
      fits = fits && AddUnlessHeld(claim, decision.properties);
    else if (rule.action != ActionKind::kAdd)
      fits = fits && AddUnlessHeld(claim, decision.issued);
    if (fits) return {};
    return Fail(ErrorCode::kLimit, "policy.claims", line + "more than " + std::to_string(limits::kClaims) + " claims");
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
    const size_t count = CountOfMade(rule);
    for (size_t i = 0; i < count; ++i) VIDIMUS_CHECK_OK(Add(rule, Made(rule, i)));
    return {};
  }

  ClaimSet incoming_;
  std::vector<Matched> matched_;  // by condition of the rule being judged
  size_t steps_left_;
  size_t octets_left_ = limits::kPolicyClaimOctets;
  bool exhausted_ = false;
};

}  // namespace

Result<ClaimSet> EvaluateConfiguration(const Program& program) {
  Evaluation evaluation({}, program.step_limit);
  VIDIMUS_CHECK_OK(evaluation.Run(program.configuration));
  return std::move(evaluation.decision.properties);
}

Result<Decision> Evaluate(const Program& program, const ClaimSet& incoming) {
  VIDIMUS_TRY(const ClaimSet configured, EvaluateConfiguration(program));
  ClaimSet start = incoming;
  for (const Claim& claim : configured)
    if (!AddUnlessHeld(claim, start))
      return Fail(ErrorCode::kLimit, "policy.claims", "more than " + std::to_string(limits::kClaims) + " claims");
  Evaluation evaluation(std::move(start), program.step_limit);
  evaluation.decision.properties = configured;
  VIDIMUS_CHECK_OK(evaluation.Run(program.authorization));
  using Reason = Decision::Reason;
  evaluation.decision.reason = evaluation.decision.rule != nullptr ? Reason::kDenyAction
                               : evaluation.permit                 ? Reason::kPermitted
                                                                   : Reason::kNoPermit;
  if (evaluation.decision.permitted()) VIDIMUS_CHECK_OK(evaluation.Run(program.issuance));
  return std::move(evaluation.decision);
}

}  // namespace vidimus
