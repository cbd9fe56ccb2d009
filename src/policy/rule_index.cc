#include "policy/rule_index.h"

#include <algorithm>

#include "policy/program.h"

namespace vidimus {
namespace {

bool HasCall(const Condition& condition) {
  return std::any_of(condition.properties.begin(), condition.properties.end(),
                     [](const PropertyCondition& property) { return std::holds_alternative<Call>(property.operand.what); });
}

const ClaimValue* PinnedValue(const Condition& condition) {
  if (HasCall(condition)) return nullptr;
  for (const PropertyCondition& property : condition.properties)
    if (property.property == ClaimProperty::kValue && property.comparison == Comparison::kEqual)
      if (const auto* literal = std::get_if<ClaimValue>(&property.operand.what)) return literal;
  return nullptr;
}

// The condition that must find a claim before anything else of the rule can matter; null when there is none.
const Condition* KeyOf(const Rule& rule) {
  const Condition* by_type = nullptr;
  for (const Condition& condition : rule.conditions) {
    if (!condition.negated && condition.type != kAnyClaimType) {
      if (PinnedValue(condition) != nullptr) return &condition;
      if (by_type == nullptr) by_type = &condition;
    }
    if (HasCall(condition)) break;
  }
  return by_type;
}

}  // namespace

ClaimTypeId ClaimTypes::Intern(std::string_view type) {
  return ids_.try_emplace(std::string(type), static_cast<ClaimTypeId>(ids_.size())).first->second;
}

ClaimTypeId ClaimTypes::Find(std::string_view type) const {
  const auto found = ids_.find(type);
  return found == ids_.end() ? kUnknownClaimType : found->second;
}

RuleIndex::RuleIndex(const std::vector<Rule>& rules) {
  for (uint32_t number = 0; number < rules.size(); ++number) {
    const Condition* key = KeyOf(rules[number]);
    if (key == nullptr) {
      always_.push_back(number);
      continue;
    }
    if (types_.size() <= key->type) types_.resize(key->type + 1);
    const ClaimValue* value = PinnedValue(*key);
    types_[key->type].pins_values = types_[key->type].pins_values || value != nullptr;
    if (value == nullptr) {
      types_[key->type].rules.push_back(number);
      continue;
    }
    const auto [list, is_new] = lists_.try_emplace(Key{key->type, *value}, static_cast<uint32_t>(by_value_.size()));
    if (is_new) by_value_.emplace_back();
    by_value_[list->second].push_back(number);
  }
}

std::span<const uint32_t> RuleIndex::ByType(ClaimTypeId type) const {
  if (type >= types_.size()) return {};
  return types_[type].rules;
}

std::optional<uint32_t> RuleIndex::ListByValue(ClaimTypeId type, const ClaimValueView& value) const {
  if (type >= types_.size() || !types_[type].pins_values) return std::nullopt;
  const auto found = lists_.find(KeyView(type, value));
  if (found == lists_.end()) return std::nullopt;
  return found->second;
}

}  // namespace vidimus
