// vidimus policy explain: why a policy says what it says about given claims, in words.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"
#include "policy/trial_options.h"
#include "policy/verbs.h"

namespace vidimus {
namespace {

struct Options : TrialOptions {
  std::string format = "text";
};

int Run(const Options& options) {
  const auto run = RunTrial(options);
  if (!run) return CannotAnswer("explain", run.error());
  if (options.format == "json") {
    std::cout << WriteJson(TrialReport(run->text, run->trial, true)) << '\n';
  } else if (run->trial.explanation) {
    std::cout << Shown(ExplainInWords(*run->trial.compilation.program, *run->trial.explanation));
  } else {
    std::cout << "Not a policy, so it decides nothing:\n";
    PrintDiagnostics(std::cout, options.policy, run->text, run->trial.compilation.diagnostics);
  }
  return StatusOf(run->trial);
}

}  // namespace

void AddPolicyExplain(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("explain", "Explain in words why a policy permits or denies given claims, rule by rule.");
  command->footer(
      std::string(ClaimsFileHelp()) +
      "First the decision and the rule behind it; of a denial that no rule made, the permit that came closest and what it lacked. Then\n"
      "every rule: whether it fired, what it made, or which claim it missed. --format json is that of `eval --trace`.\n"
      "Exit status: 0 permit, 1 any other outcome, 2 wrong usage or unreadable file.");
  AddTrialOptions(*command, *options);
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
