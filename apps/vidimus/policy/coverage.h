// Coverage: which rules of a policy its tests have seen fire, and seen not fire.
#pragma once

#include <vector>

#include "policy/evaluator.h"

namespace vidimus {

struct CoveredRule {
  PolicySection section = PolicySection::kAuthorization;
  size_t number = 0;  // in its section, from 0
  bool fired = false;
  bool failed = false;  // it was its turn, and it did not fire
  bool conditional = false;
};

// Of the authorization and issuance rules, over all runs. Configuration rules run without claims: no test can change what they do.
class RuleCoverage : public EvaluationObserver {
 public:
  explicit RuleCoverage(const Program& program);

  void Saw(PolicySection section, size_t number, bool fires, const WorkingSet& claims) override;
  void Acted(PolicySection, size_t, std::span<const uint32_t>, const WorkingSet&) override {}

  const std::vector<CoveredRule>& rules() const { return rules_; }
  std::vector<CoveredRule> NeverFired() const;
  // Of the rules with conditions that fired: those for which no run showed that they can also not fire.
  std::vector<CoveredRule> NeverFailed() const;

 private:
  std::vector<CoveredRule> rules_;
  size_t issuance_ = 0;  // where the issuance rules begin in rules_
};

}  // namespace vidimus
