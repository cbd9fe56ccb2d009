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
    for (const Condition& condition : trace.rule->conditions) {
      if (octets_ > limits::kTraceOctets) break;
      trace.conditions.push_back(Try(condition, claims, matcher, match));
    }
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
        Keep(claims[number], std::nullopt, out.claims, out.matched++);
      } else {
        Keep(claims[number], *unmet, out.claims, out.claims.size());
      }
    }
    match.EndCondition();
    for (const ConsideredClaim& one : out.claims) octets_ += OctetsOf(one.claim);
    out.holds = out.not_tried.empty() && (out.matched > 0) != condition.negated;
    return out;
  }

  // Copies nothing that is not kept: a claim may be large, and no step pays for it.
  static void Keep(const Claim& claim, std::optional<size_t> unmet, std::vector<ConsideredClaim>& kept, size_t at) {
    if (at >= limits::kTraceClaims) return;
    kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(at), {claim, unmet});
    if (kept.size() > limits::kTraceClaims) kept.pop_back();
  }

  const Program& program_;
  Explanation& out_;
  Steps steps_;
  size_t octets_ = 0;  // of the claims that were copied: a policy may look at one large claim thousands of times
};

// Finds the permits that came closest, and the rules that would have made what they missed.
class Misses {
 public:
  explicit Misses(const std::vector<RuleTrace>& rules) : rules_(rules), followed_(rules.size()) {
    for (const RuleTrace& rule : rules) unmet_.push_back(rule.unmet_conditions());
  }

  std::vector<size_t> ClosestPermits() const {
    return FewestUnmet(rules_.size(), [](const Rule& rule) { return rule.action == ActionKind::kPermit; });
  }

  // A permit may wait for a claim that other rules did not make: then these are the ones to look at. Each rule is followed once and
  // limits::kMissRules in all: a few rules can wait for each other in more ways than anyone could read.
  Miss Follow(size_t index) {
    followed_[index] = true;
    Miss out{index, {}};
    for (size_t i = 0; i < rules_[index].conditions.size() && left_ > 0; ++i) {
      const Condition& condition = rules_[index].rule->conditions[i];
      if (condition.negated || condition.type == kAnyClaimType || rules_[index].conditions[i].considered > 0) continue;
      for (const size_t maker : FewestUnmet(index, [&](const Rule& rule) { return rule.made_type == condition.type; })) {
        if (followed_[maker] || left_ == 0) continue;
        --left_;
        out.because.push_back(Follow(maker));
      }
    }
    return out;
  }

 private:
  // Of the rules before `end`, those that did not fire by the fewest conditions, in order, the first limits::kMissRules.
  template <typename Wanted>
  std::vector<size_t> FewestUnmet(size_t end, const Wanted& wanted) const {
    std::vector<size_t> best;
    for (size_t i = 0; i < end; ++i) {
      if (rules_[i].fired || !wanted(*rules_[i].rule)) continue;
      if (!best.empty() && unmet_[i] < unmet_[best.front()]) best.clear();
      if (best.empty() || (unmet_[i] == unmet_[best.front()] && best.size() < limits::kMissRules)) best.push_back(i);
    }
    return best;
  }

  const std::vector<RuleTrace>& rules_;
  std::vector<size_t> unmet_;  // conditions, by rule
  std::vector<bool> followed_;
  size_t left_ = limits::kMissRules;
};

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
  Misses misses(out.rules);
  out.as_close = misses.ClosestPermits();
  if (out.as_close.empty()) return out;
  out.closest = misses.Follow(out.as_close.front());
  out.as_close.erase(out.as_close.begin());
  return out;
}

}  // namespace vidimus
