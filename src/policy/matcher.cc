#include "policy/matcher.h"

#include <algorithm>

namespace vidimus {
namespace {

// Section 2.5: another type is unequal, and has no order.
bool Compare(const ClaimValueView& left, Comparison comparison, const ClaimValueView& right) {
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

tl::unexpected<Error> OutOfSteps() { return Fail(ErrorCode::kLimit, "policy.steps", "more comparisons than a policy may take"); }

}  // namespace

ClaimValueView PropertyOf(const Claim& claim, ClaimProperty property) {
  switch (property) {
    case ClaimProperty::kType: return std::string_view(claim.type);
    case ClaimProperty::kValue: return ViewOf(claim.value);
    case ClaimProperty::kValueType: return ClaimValueTypeName(TypeOf(claim.value));
    case ClaimProperty::kIssuer: return ClaimIssuerName(claim.issuer);
  }
  return std::string_view();
}

Result<PolicyValues> Matcher::Evaluate(const Expression& expression, const RuleMatch& matches) {
  if (const auto* literal = std::get_if<ClaimValue>(&expression.what)) return PolicyValues{{*literal}, false};
  if (const auto* reference = std::get_if<ClaimReference>(&expression.what)) {
    std::vector<ClaimValue> values;
    bool read_only = false;
    for (const uint32_t number : matches.Of(reference->condition)) {
      const Claim& claim = claims_[number];
      const ClaimValueView value = PropertyOf(claim, reference->property);
      if (!steps_.Spend(StepsOf(value))) return OutOfSteps();
      values.push_back(CopyOf(value));
      read_only = read_only || (claim.read_only && reference->property == ClaimProperty::kValue);
    }
    return PolicyValues::Distinct(std::move(values), read_only);
  }
  const Call& call = std::get<Call>(expression.what);
  std::vector<PolicyValues> arguments;
  for (const Expression& argument : call.arguments) {
    VIDIMUS_TRY(PolicyValues values, Evaluate(argument, matches));
    arguments.push_back(std::move(values));
  }
  return functions_.Apply(call, arguments);
}

// Against several values: when some member compares so (A15). Against none: never.
Result<bool> Matcher::Holds(const Claim& claim, const PropertyCondition& property, const RuleMatch& earlier) {
  const ClaimValueView left = PropertyOf(claim, property.property);
  const size_t steps = StepsOf(left);
  if (!steps_.Spend(steps)) return OutOfSteps();
  if (const auto* literal = std::get_if<ClaimValue>(&property.operand.what)) return Compare(left, property.comparison, ViewOf(*literal));
  if (const auto* reference = std::get_if<ClaimReference>(&property.operand.what)) {
    for (const uint32_t number : earlier.Of(reference->condition)) {
      if (!steps_.Spend(steps)) return OutOfSteps();
      if (Compare(left, property.comparison, PropertyOf(claims_[number], reference->property))) return true;
    }
    return false;
  }
  auto held = std::find_if(computed_.begin(), computed_.end(), [&](const auto& one) { return one.first == &property; });
  if (held == computed_.end()) {
    VIDIMUS_TRY(PolicyValues values, Evaluate(property.operand, earlier));
    held = computed_.emplace(computed_.end(), &property, std::move(values));
  }
  for (const ClaimValue& value : held->second.members) {
    if (!steps_.Spend(steps)) return OutOfSteps();
    if (Compare(left, property.comparison, ViewOf(value))) return true;
  }
  return false;
}

Result<size_t> Matcher::FirstUnmet(const Claim& claim, const Condition& condition, const RuleMatch& earlier) {
  for (size_t i = 0; i < condition.properties.size(); ++i) {
    VIDIMUS_TRY(const bool holds, Holds(claim, condition.properties[i], earlier));
    if (!holds) return i;
  }
  return condition.properties.size();
}

}  // namespace vidimus
