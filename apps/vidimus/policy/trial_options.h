// The options of eval and explain: a policy, and the claims to try it on.
#pragma once

#include <optional>
#include <string>

#include "claims/attestation_type.h"
#include "policy/trial.h"

namespace CLI {
class App;
}

namespace vidimus {

struct TrialOptions {
  std::string policy, claims;
  std::optional<AttestationType> type;
};

struct TrialRun {
  std::string text;
  Trial trial;
};

void AddTrialOptions(CLI::App& command, TrialOptions& options);

// The form of a claims file, for the help.
std::string_view ClaimsFileHelp();

Result<TrialRun> RunTrial(const TrialOptions& options);

// 0 for a permit, 1 for anything else.
int StatusOf(const Trial& trial);

}  // namespace vidimus
