#include "policy/coverage.h"

#include <algorithm>
#include <iterator>

namespace vidimus {

RuleCoverage::RuleCoverage(const Program& program) : issuance_(program.authorization.rules.size()) {
  for (size_t i = 0; i < issuance_; ++i)
    rules_.push_back({PolicySection::kAuthorization, i, false, false, !program.authorization.rules[i].conditions.empty()});
  for (size_t i = 0; i < program.issuance.rules.size(); ++i)
    rules_.push_back({PolicySection::kIssuance, i, false, false, !program.issuance.rules[i].conditions.empty()});
}

void RuleCoverage::Saw(PolicySection section, size_t number, bool fires, const WorkingSet&) {
  CoveredRule& rule = rules_[(section == PolicySection::kIssuance ? issuance_ : 0) + number];
  (fires ? rule.fired : rule.failed) = true;
}

std::vector<CoveredRule> RuleCoverage::NeverFired() const {
  std::vector<CoveredRule> out;
  std::copy_if(rules_.begin(), rules_.end(), std::back_inserter(out), [](const CoveredRule& one) { return !one.fired; });
  return out;
}

std::vector<CoveredRule> RuleCoverage::NeverFailed() const {
  std::vector<CoveredRule> out;
  std::copy_if(rules_.begin(), rules_.end(), std::back_inserter(out),
               [](const CoveredRule& one) { return one.conditional && one.fired && !one.failed; });
  return out;
}

}  // namespace vidimus
