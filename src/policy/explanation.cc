#include "policy/explanation.h"

#include <algorithm>
#include <memory_resource>

#include "base/limits.h"

namespace vidimus {
namespace {

// Whether what `operand` refers to was found by the earlier conditions.
bool FoundWhatItRefersTo(const Expression& operand, const RuleMatch& earlier) {
  if (const auto* reference = std::get_if<ClaimReference>(&operand.what)) return !earlier.Of(reference->condition).empty();
  if (const auto* call = std::get_if<Call>(&operand.what))
    return std::all_of(call->arguments.begin(), call->arguments.end(),
                       [&](const Expression& one) { return FoundWhatItRefersTo(one, earlier); });
  return true;
}

size_t OctetsOf(const Claim& claim) {
  const auto* text = std::get_if<std::string>(&claim.value);
  return claim.type.size() + (text == nullptr ? 0 : text->size());
}

class Recorder : public EvaluationObserver {
 public:
  Recorder(const Program& program, Explanation& out) : program_(program), out_(out), steps_(program.step_limit) {}

  void Saw(PolicySection section, size_t number, bool fires, const WorkingSet& claims) override {
    if (out_.rules.size() == limits::kTraceRules || steps_.exhausted() || octets_ > limits::kTraceOctets) {
      out_.complete = false;
      return;
    }
    RuleTrace trace;
    trace.section = section;
    trace.number = number;
    trace.rule = &program_.SectionOf(section).rules[number];
    trace.fired = fires;
    Matcher matcher(claims, steps_);
    RuleMatch match(std::pmr::get_default_resource());
    for (const Condition& condition : trace.rule->conditions) trace.conditions.push_back(Try(condition, claims, matcher, match));
    if (steps_.exhausted() || octets_ > limits::kTraceOctets) {
      out_.complete = false;
      return;
    }
    out_.rules.push_back(std::move(trace));
  }

  void Failed(PolicySection section, size_t number) override { out_.failed = {section, number}; }

  void Acted(PolicySection section, size_t number, std::span<const uint32_t> made, const WorkingSet& claims) override {
    if (out_.rules.empty() || out_.rules.back().section != section || out_.rules.back().number != number) return;
    for (const uint32_t claim : made.first(std::min(made.size(), limits::kTraceClaims))) {
      octets_ += OctetsOf(claims[claim]);
      if (octets_ > limits::kTraceOctets) {
        out_.complete = false;
        return;
      }
      out_.rules.back().made.push_back(claims[claim]);
    }
  }

 private:
  // Unlike the evaluation, goes on after a condition that does not hold, and tries every claim.
  ConditionTrace Try(const Condition& condition, const WorkingSet& claims, Matcher& matcher, RuleMatch& match) {
    ConditionTrace out;
    for (const PropertyCondition& property : condition.properties)
      if (!FoundWhatItRefersTo(property.operand, match)) out.not_tried = "what it compares with was not found";
    const bool of_type = condition.type != kAnyClaimType;
    const auto entries = of_type ? claims.OfType(condition.type) : std::span<const WorkingSet::Entry>();
    out.considered = of_type ? entries.size() : claims.size();
    matcher.BeginCondition();
    for (size_t i = 0; i < out.considered && out.not_tried.empty(); ++i) {
      const uint32_t number = of_type ? entries[i].claim : static_cast<uint32_t>(i);
      const auto unmet = matcher.FirstUnmet(claims[number], condition, match);
      if (!unmet) {
        out.not_tried = unmet.error().detail;
      } else if (*unmet == condition.properties.size()) {
        match.Add(number);
        Keep({claims[number], std::nullopt}, out.claims, out.matched++);
      } else {
        Keep({claims[number], *unmet}, out.claims, out.claims.size());
      }
    }
    match.EndCondition();
    for (const ConsideredClaim& one : out.claims) octets_ += OctetsOf(one.claim);
    out.holds = out.not_tried.empty() && (out.matched > 0) != condition.negated;
    return out;
  }

  static void Keep(ConsideredClaim claim, std::vector<ConsideredClaim>& kept, size_t at) {
    if (at >= limits::kTraceClaims) return;
    kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(at), std::move(claim));
    if (kept.size() > limits::kTraceClaims) kept.pop_back();
  }

  const Program& program_;
  Explanation& out_;
  Steps steps_;
  size_t octets_ = 0;  // of the claims that were copied: a policy may look at one large claim thousands of times
};

// The claim type that an unmet condition asks for and that nothing had.
const std::string* TypeNotFound(const RuleTrace& trace, size_t index) {
  const Condition& condition = trace.rule->conditions[index];
  if (condition.negated || condition.type == kAnyClaimType || trace.conditions[index].considered > 0) return nullptr;
  for (const PropertyCondition& property : condition.properties)
    if (const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
        literal != nullptr && property.property == ClaimProperty::kType && property.comparison == Comparison::kEqual)
      return std::get_if<std::string>(literal);
  return nullptr;
}

// Of the first `end` rules, those that did not fire by the fewest conditions, in order, the first limits::kMissRules.
template <typename Wanted>
std::vector<size_t> FewestUnmet(const std::vector<RuleTrace>& rules, size_t end, const Wanted& wanted) {
  std::vector<size_t> best;
  size_t fewest = 0;
  for (size_t i = 0; i < end; ++i) {
    if (rules[i].fired || !wanted(*rules[i].rule)) continue;
    const size_t unmet = rules[i].unmet_conditions();
    if (best.empty() || unmet < fewest) {
      best.clear();
      fewest = unmet;
    }
    if (unmet == fewest && best.size() < limits::kMissRules) best.push_back(i);
  }
  return best;
}

// A permit may wait for a claim that another rule did not make: then that rule is the one to look at.
Miss Follow(const std::vector<RuleTrace>& rules, size_t index, size_t& left) {
  Miss out{index, {}};
  for (size_t i = 0; i < rules[index].conditions.size() && left > 0; ++i) {
    const std::string* type = TypeNotFound(rules[index], i);
    if (type == nullptr) continue;
    for (const size_t maker : FewestUnmet(rules, index, [&](const Rule& rule) { return rule.claim_type == *type; })) {
      if (left == 0) break;
      --left;
      out.because.push_back(Follow(rules, maker, left));
    }
  }
  return out;
}

}  // namespace

size_t RuleTrace::unmet_conditions() const {
  return static_cast<size_t>(std::count_if(conditions.begin(), conditions.end(), [](const ConditionTrace& one) { return !one.holds; }));
}

Explanation Explain(const Program& program, const ClaimSet& incoming) {
  Explanation out;
  Recorder recorder(program, out);
  auto decision = Evaluate(program, incoming, &recorder);
  if (!decision) {
    out.error = decision.error();
    return out;
  }
  out.decision = *std::move(decision);
  if (out.decision->reason != Decision::Reason::kNoPermit) return out;
  out.as_close = FewestUnmet(out.rules, out.rules.size(), [](const Rule& rule) { return rule.action == ActionKind::kPermit; });
  if (out.as_close.empty()) return out;
  size_t left = limits::kMissRules;
  out.closest = Follow(out.rules, out.as_close.front(), left);
  out.as_close.erase(out.as_close.begin());
  return out;
}

}  // namespace vidimus
