// The plan of `vidimus serve --config FILE`: a TOML file in which unknown keys are errors and nothing is assumed to be set.
#pragma once

#include <string>

#include "plan.h"

namespace vidimus {

// Errors: config.syntax, config.unknown, config.missing, config.type, config.key_file, and those of what the file names.
Result<ServePlan> PlanConfiguredServer(const std::string& path);

}  // namespace vidimus
