// What a configuration cannot know of itself: whether what it names answers, and fits together.
#pragma once

#include <string>
#include <vector>

#include "config_file.h"
#include "plan.h"

namespace vidimus {

struct ConfigFindings {
  std::vector<ConfigProblem> problems;  // that would keep the service from starting, or from serving some instance or caller
  std::vector<std::string> store;       // what was seen there, for people
};

// Looks at the store, without writing, and asks the issuers; each within the limits of base/limits.h for that. `documents_read`: what
// the plan has of endorsements is all that there is to be had.
ConfigFindings CheckPlan(const ServePlan& plan, bool documents_read);

}  // namespace vidimus
