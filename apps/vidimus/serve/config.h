// The plan of `vidimus serve --config FILE`: a TOML file in which unknown keys are errors and nothing is assumed to be set.
#pragma once

#include <string>
#include <vector>

#include "config_file.h"
#include "plan.h"

namespace vidimus {

// What a file says, as far as it can be read, and everything that is wrong in it or in the files that it names.
struct Configuration {
  ServePlan plan;
  std::vector<ConfigProblem> problems;  // in the order of the tables that serve reads
};
Configuration ReadConfiguration(const std::string& path);

// The plan; the first problem is the error. Errors: config.syntax, config.unknown, config.missing, config.type, config.key_file, and those
// of what the file names.
Result<ServePlan> PlanConfiguredServer(const std::string& path);

// The store's URL of such a file, its path resolved; the rest of the file is not looked at. Errors: as above
Result<std::string> ConfiguredStoreUrl(const std::string& path);
// Ids of the master key and the one before it.
Result<std::vector<std::string>> ConfiguredMasterKeys(const std::string& path);

}  // namespace vidimus
