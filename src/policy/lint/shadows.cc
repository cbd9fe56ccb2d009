#include <algorithm>

#include "policy/lint/rule_forms.h"

namespace vidimus::lint {

void RuleForms::Append(const Expression& expression, const std::vector<uint32_t>& conditions, std::string& out) {
  if (const auto* literal = std::get_if<ClaimValue>(&expression.what)) {
    const auto* text = std::get_if<std::string>(literal);
    out += text == nullptr ? Written(*literal) : std::to_string(text->size()) + ":" + *text;
  } else if (const auto* reference = std::get_if<ClaimReference>(&expression.what)) {
    out += "#" + std::to_string(conditions[reference->condition]) + "." + std::string(ClaimPropertyName(reference->property));
  } else {
    const Call& call = std::get<Call>(expression.what);
    out += PolicyFunctionName(call.function);
    out += "(";
    for (const Expression& argument : call.arguments) {
      Append(argument, conditions, out);
      out += ",";
    }
    out += ")";
  }
}

uint32_t RuleForms::NumberOf(const Condition& condition, const std::vector<uint32_t>& earlier) {
  std::vector<std::string> properties;
  for (const PropertyCondition& one : condition.properties) {
    std::string text(ClaimPropertyName(one.property));
    text += ComparisonName(one.comparison);
    Append(one.operand, earlier, text);
    properties.push_back(std::move(text));
  }
  std::sort(properties.begin(), properties.end());
  properties.erase(std::unique(properties.begin(), properties.end()), properties.end());
  std::string form = condition.negated ? "!" : "";
  for (const std::string& property : properties) form += "[" + property + "]";
  return numbers_.emplace(std::move(form), static_cast<uint32_t>(numbers_.size())).first->second;
}

RuleForms::Form RuleForms::Of(const Rule& rule) {
  Form out;
  for (const Condition& condition : rule.conditions) out.conditions.push_back(NumberOf(condition, out.conditions));
  out.action = ActionName(rule.action);
  if (rule.action == ActionKind::kIssueClaim) {
    out.action += " #" + std::to_string(out.conditions[rule.claim_condition]);
  } else if (rule.action != ActionKind::kPermit && rule.action != ActionKind::kDeny) {
    out.action += " " + std::to_string(rule.claim_type.size()) + ":" + rule.claim_type + " ";
    Append(rule.value, out.conditions, out.action);
  }
  std::sort(out.conditions.begin(), out.conditions.end());
  out.conditions.erase(std::unique(out.conditions.begin(), out.conditions.end()), out.conditions.end());
  return out;
}

namespace {

class ShadowLint {
 public:
  ShadowLint(const PolicyView& policy, Findings& findings) : policy_(policy), findings_(findings) {}

  void Run() {
    RuleForms forms;
    for (const LintedRule& one : policy_.rules()) forms_.push_back(forms.Of(*one.rule));
    LintDecisions(ActionKind::kPermit);
    LintDecisions(ActionKind::kDeny);
    LintRepeated();
  }

 private:
  const Rule& RuleAt(size_t number) const { return *policy_.rules()[number].rule; }

  void Add(size_t number, std::string message, std::string hint) {
    findings_.Add("lint.shadowed", RuleAt(number).span, std::move(message), std::move(hint), policy_.PathOf(number, ""));
  }

  // Whether what the rule's conditions match stays the same for all rules after it.
  bool Settled(size_t number) const {
    for (const Condition& condition : RuleAt(number).conditions) {
      const Sources from = policy_.SourcesOf(condition);
      if (from.any || (from.made != nullptr && from.made->last >= number)) return false;
    }
    return true;
  }

  // Whether it fires after any claims are added if it would have fired before.
  bool Monotonic(size_t number) const {
    for (const Condition& condition : RuleAt(number).conditions) {
      if (condition.negated) return false;
      for (const PropertyCondition& one : condition.properties)
        if (!std::holds_alternative<ClaimValue>(one.operand.what)) return false;
    }
    return true;
  }

  // A decision is superfluous when another one with some of its conditions is taken whenever it is. A rule is looked up by the condition
  // that the fewest rules have, so that long lists of alternatives cost little; what still costs much ends with the budget.
  void LintDecisions(ActionKind action) {
    std::vector<size_t> rules;
    std::unordered_map<uint32_t, size_t> uses;
    for (size_t i = 0; i < forms_.size(); ++i) {
      if (RuleAt(i).action != action) continue;
      rules.push_back(i);
      for (const uint32_t condition : forms_[i].conditions) ++uses[condition];
    }
    std::vector<size_t> unconditional;
    std::unordered_map<uint32_t, std::vector<size_t>> by_rarest;
    for (const size_t rule : rules) {
      const auto& conditions = forms_[rule].conditions;
      const auto rarest = std::min_element(conditions.begin(), conditions.end(), [&](uint32_t a, uint32_t b) { return uses[a] < uses[b]; });
      if (rarest == conditions.end())
        unconditional.push_back(rule);
      else
        by_rarest[*rarest].push_back(rule);
    }
    if (action == ActionKind::kDeny && !unconditional.empty()) return;  // said by lint.always_true and lint.unreachable
    size_t budget = limits::kLintComparisons;
    for (const size_t rule : rules) {
      if (findings_.full() || budget == 0) return;
      std::optional<size_t> by;
      if (!unconditional.empty() && unconditional.front() != rule) by = unconditional.front();
      for (const uint32_t condition : forms_[rule].conditions) {
        if (by) break;
        const auto found = by_rarest.find(condition);
        if (found != by_rarest.end()) by = Broader(rule, found->second, budget);
      }
      if (by) Report(rule, *by);
    }
  }

  std::optional<size_t> Broader(size_t rule, const std::vector<size_t>& candidates, size_t& budget) const {
    const auto& conditions = forms_[rule].conditions;
    for (const size_t other : candidates) {
      if (other == rule) continue;
      const auto& fewer = forms_[other].conditions;
      budget -= std::min(budget, conditions.size() + fewer.size());
      if (budget == 0) return std::nullopt;
      if (!std::includes(conditions.begin(), conditions.end(), fewer.begin(), fewer.end())) continue;
      if (other < rule ? Settled(other) : fewer.size() < conditions.size() && Monotonic(other)) return other;
    }
    return std::nullopt;
  }

  void Report(size_t rule, size_t by) {
    const std::string action(ActionName(RuleAt(rule).action));
    const std::string line = "line " + std::to_string(policy_.LineOf(by));
    const bool same = forms_[by].conditions.size() == forms_[rule].conditions.size();
    Add(rule,
        "found a " + action + " that the one on " + line + " makes superfluous: that one has " +
            (RuleAt(by).conditions.empty() ? "no conditions"
             : same                        ? "the same conditions"
                                           : "some of its conditions and no other"),
        same ? "remove it" : "remove it, or give the " + action + " on " + line + " more conditions");
  }

  // Other rules that stand twice: sets hold no duplicates (section 2.9, A6).
  void LintRepeated() {
    std::unordered_map<std::string, size_t> seen;
    for (size_t i = 0; i < forms_.size() && !findings_.full(); ++i) {
      if (RuleAt(i).action == ActionKind::kPermit || RuleAt(i).action == ActionKind::kDeny) continue;
      std::string key = forms_[i].action;
      for (const uint32_t condition : forms_[i].conditions) key += "," + std::to_string(condition);
      const auto [first, is_new] = seen.emplace(std::move(key), i);
      if (is_new || !Settled(first->second)) continue;
      Add(i, "found a rule that stands on line " + std::to_string(policy_.LineOf(first->second)) + " already: twice is the same as once",
          "remove it");
    }
  }

  const PolicyView& policy_;
  Findings& findings_;
  std::vector<RuleForms::Form> forms_;  // by rule
};

}  // namespace

void LintShadows(const PolicyView& policy, Findings& findings) { ShadowLint(policy, findings).Run(); }

}  // namespace vidimus::lint
