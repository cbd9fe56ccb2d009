// Rules that never fire, conditions that always hold, and rules that others make superfluous.
#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "policy/lint/passes.h"
#include "policy/lint/rule_forms.h"

namespace vidimus::lint {
namespace {

// What the tests of one property leave for it.
class Bounds {
 public:
  // False when no value passes this test and the earlier ones.
  bool Add(Comparison comparison, const ClaimValue& value) {
    if (comparison == Comparison::kNotEqual) {
      excluded_.push_back(value);
      return !(equal_ && *equal_ == value);
    }
    if (comparison == Comparison::kEqual) {
      if (equal_) return *equal_ == value;
      equal_ = value;
      return std::find(excluded_.begin(), excluded_.end(), value) == excluded_.end() && InRange();
    }
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr) return true;
    ordered_ = true;
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
    if (comparison == Comparison::kGreaterOrEqual) least_ = std::max(least_, *number);
    if (comparison == Comparison::kGreater) {
      if (*number == kMost) return false;
      least_ = std::max(least_, *number + 1);
    }
    if (comparison == Comparison::kLessOrEqual) most_ = std::min(most_, *number);
    if (comparison == Comparison::kLess) most_ = std::min(most_, *number - 1);  // literals are not negative
    return least_ <= most_ && InRange();
  }

 private:
  bool InRange() const {
    if (!equal_ || !ordered_) return true;
    const auto* number = std::get_if<int64_t>(&*equal_);
    return number != nullptr && *number >= least_ && *number <= most_;
  }

  std::optional<ClaimValue> equal_;
  std::vector<ClaimValue> excluded_;
  bool ordered_ = false;
  int64_t least_ = std::numeric_limits<int64_t>::min();
  int64_t most_ = std::numeric_limits<int64_t>::max();
};

class ReachLint {
 public:
  ReachLint(const PolicyView& policy, Findings& findings) : policy_(policy), findings_(findings) {}

  void Run() {
    LintAfterDeny();
    for (number_ = 0; number_ < policy_.rules().size() && !findings_.full(); ++number_) {
      for (const Condition& condition : Rule().conditions) {
        LintContradiction(condition);
        LintMaker(condition);
      }
      LintContradictionOfConditions();
    }
  }

 private:
  const vidimus::Rule& Rule() const { return *policy_.rules()[number_].rule; }

  void Add(std::string_view code, Span span, std::string message, std::string hint) {
    findings_.Add(code, span, std::move(message), std::move(hint), policy_.PathOf(number_, "condition"));
  }

  void LintAfterDeny() {
    for (size_t i = 0; i + 1 < policy_.rules().size(); ++i) {
      const LintedRule& one = policy_.rules()[i];
      if (one.rule->action != ActionKind::kDeny || !one.rule->conditions.empty()) continue;
      const size_t after = policy_.rules().size() - i - 1;
      return findings_.Add("lint.unreachable", policy_.rules()[i + 1].rule->span,
                           "found " + (after == 1 ? "a rule" : std::to_string(after) + " rules") +
                               " after the deny without conditions on line " + std::to_string(policy_.LineOf(i)) +
                               ": nothing after it changes the decision",
                           "give that deny conditions, or remove what follows it", policy_.PathOf(i + 1, ""));
    }
  }

  // Two tests of one property of one claim.
  void LintContradiction(const Condition& condition) {
    std::map<ClaimProperty, Bounds> bounds;
    for (const PropertyCondition& one : condition.properties) {
      const auto* literal = std::get_if<ClaimValue>(&one.operand.what);
      if (literal == nullptr || bounds[one.property].Add(one.comparison, *literal)) continue;
      const std::string property(ClaimPropertyName(one.property));
      return Add(
          condition.negated ? "lint.always_true" : "lint.unreachable", one.span,
          "found a test of " + property + " that contradicts another of the same condition: " +
              (condition.negated ? "no claim meets both, so its negation always holds" : "no claim meets both, so the rule never fires"),
          "write one rule for each case: rules are alternatives, the tests of a condition are not");
    }
  }

  // Conditions of one rule about a claim that there is one of.
  void LintContradictionOfConditions() {
    if (Rule().conditions.size() < 2) return;
    std::map<std::string_view, std::pair<Bounds, const Condition*>> bounds;
    for (const Condition& condition : Rule().conditions) {
      const auto name = PolicyView::TypeNameOf(condition);
      if (condition.negated || !name || !policy_.MatchesOneAtMost(condition)) continue;
      auto& [bound, last] = bounds[*name];
      for (const PropertyCondition& one : condition.properties) {
        const auto* literal = one.property == ClaimProperty::kValue ? std::get_if<ClaimValue>(&one.operand.what) : nullptr;
        if (literal == nullptr || bound.Add(one.comparison, *literal)) continue;
        if (last == nullptr) break;  // within one condition: reported
        return Add("lint.unreachable", condition.span,
                   "found a condition on " + Quoted(*name) +
                       " that contradicts another of the same rule: evidence gives one such claim, so the rule never fires",
                   "write one rule for each case: rules are alternatives, conditions are not");
      }
      last = &condition;
    }
  }

  // A claim that only the policy itself could make.
  void LintMaker(const Condition& condition) {
    const auto name = PolicyView::TypeNameOf(condition);
    if (!name || PolicyView::IssuersOf(condition) != 1U << static_cast<unsigned>(ClaimIssuer::kAttestationPolicy)) return;
    if (policy_.MadeBefore(*name, number_)) return;
    const MadeClaim* made = policy_.Made(*name);
    std::string hint = "make it with add in an earlier rule";
    if (made != nullptr && made->first == number_) {
      hint = "remove the condition: a rule does not see what it makes itself";
    } else if (made != nullptr) {
      hint = "move this rule below line " + std::to_string(policy_.LineOf(made->first));
    } else if (const std::string_view near = Near(*name); !near.empty()) {
      hint = "did you mean \"" + Printable(near, limits::kLintWords) + "\"?";
    } else if (policy_.Incoming(*name) != nullptr) {
      hint = "the evidence gives it: write `issuer==\"AttestationService\"`";
    }
    Add(condition.negated ? "lint.always_true" : "lint.unreachable", condition.span,
        "found a condition on " + Quoted(*name) + " of the policy itself, which no earlier rule makes" +
            (condition.negated ? ": its negation always holds" : ": the rule never fires"),
        std::move(hint));
  }

  std::string_view Near(std::string_view name) const {
    std::vector<std::string_view> words;
    for (const std::string_view made : policy_.made_names()) {
      if (words.size() >= limits::kLintWords) break;
      if (policy_.MadeBefore(made, number_)) words.push_back(made);
    }
    return ClosestWord(name, words);
  }

  const PolicyView& policy_;
  Findings& findings_;
  size_t number_ = 0;
};

}  // namespace

void LintReach(const PolicyView& policy, Findings& findings) {
  ReachLint(policy, findings).Run();
  LintShadows(policy, findings);
}

}  // namespace vidimus::lint
