// Matcher: whether a claim satisfies a condition, and what an expression is worth (policy-language sections 2.3 to 2.5).
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "policy/functions.h"
#include "policy/working_set.h"

namespace vidimus {

// The claims that each condition of one rule matched, by number in the working set. A negated condition has none.
class RuleMatch {
 public:
  explicit RuleMatch(std::pmr::memory_resource* memory) : claims_(memory), ends_(memory) {}
  void Clear() {
    claims_.clear();
    ends_.clear();
  }
  void Add(uint32_t claim) { claims_.push_back(claim); }
  void EndCondition() { ends_.push_back(claims_.size()); }
  std::span<const uint32_t> Of(size_t condition) const {
    const size_t begin = condition == 0 ? 0 : ends_[condition - 1];
    return std::span<const uint32_t>(claims_).subspan(begin, ends_[condition] - begin);
  }
  size_t conditions() const { return ends_.size(); }
  bool empty_since_end() const { return claims_.size() == (ends_.empty() ? 0 : ends_.back()); }

 private:
  std::pmr::vector<uint32_t> claims_;
  std::pmr::vector<size_t> ends_;
};

ClaimValueView PropertyOf(const Claim& claim, ClaimProperty property);

class Matcher {
 public:
  // Everything must outlive the matcher.
  Matcher(const WorkingSet& claims, Steps& steps) : claims_(claims), steps_(steps), functions_(steps) {}

  // Before the claims of one condition are tried: what its calls are worth is computed once, when a claim first gets that far.
  void BeginCondition() { computed_.clear(); }

  // The first property, from the left, that `claim` does not have; the number of properties when it has them all. `earlier` are the
  // matches of the conditions before. Errors: those of PolicyFunctions, policy.steps.
  Result<size_t> FirstUnmet(const Claim& claim, const Condition& condition, const RuleMatch& earlier);

  // What an operand is worth; `matches` are those of all conditions it may refer to.
  Result<PolicyValues> Evaluate(const Expression& expression, const RuleMatch& matches);

 private:
  Result<bool> Holds(const Claim& claim, const PropertyCondition& property, const RuleMatch& earlier);

  const WorkingSet& claims_;
  Steps& steps_;
  PolicyFunctions functions_;
  std::vector<std::pair<const PropertyCondition*, PolicyValues>> computed_;
};

}  // namespace vidimus
