#include "policy/trial_options.h"

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"

namespace vidimus {

void AddTrialOptions(CLI::App& command, TrialOptions& options) {
  command.add_option("--policy", options.policy, "The policy; - is standard input")->required()->type_name("FILE");
  command.add_option("--claims", options.claims, "The claims that evidence would give, JSON; - is standard input")
      ->required()
      ->type_name("FILE");
  AddTypeOption(command, options.type, "The evidence it is for")->required();
}

std::string_view ClaimsFileHelp() {
  return "A claims file is an object of names and values, {\"x-ms-sgx-svn\": 3}, or a list of claims with their issuers,\n"
         "[{\"type\": \"x-ms-sgx-svn\", \"value\": 3, \"issuer\": \"AttestationService\"}]; it stands for what the service verified. An "
         "array is\n"
         "several claims; an object becomes a String of its JSON, for JmesPath.\n";
}

Result<TrialRun> RunTrial(const TrialOptions& options) {
  TrialRun out;
  VIDIMUS_TRY(out.text, ReadPolicyText(options.policy));
  VIDIMUS_TRY(const ClaimSet claims, ReadClaimsFile(options.claims, *options.type));
  out.trial = TryPolicy(out.text, claims);
  return out;
}

int StatusOf(const Trial& trial) {
  const bool permitted = trial.explanation && trial.explanation->decision && trial.explanation->decision->permitted();
  return permitted ? kExitAccepted : kExitRefused;
}

}  // namespace vidimus
