// vidimus policy eval: what a policy would say about given claims.
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
  std::string format = "json";
  bool trace = false;
};

void PrintText(const Options& options, const TrialRun& run) {
  const Json report = TrialReport(run.text, run.trial, false);
  std::cout << *report.Find("outcome")->AsString() << ": " << Shown(*report.Find("message")->AsString()) << '\n';
  PrintMade(std::cout, report);
  if (!run.trial.explanation)
    PrintDiagnostics(std::cout, options.policy, run.text, run.trial.compilation.diagnostics);
  else if (options.trace)
    std::cout << '\n' << Shown(ExplainInWords(*run.trial.compilation.program, *run.trial.explanation));
}

int Run(const Options& options) {
  const auto run = RunTrial(options);
  if (!run) return CannotAnswer("eval", run.error());
  if (options.format == "json")
    std::cout << WriteJson(TrialReport(run->text, run->trial, options.trace)) << '\n';
  else
    PrintText(options, *run);
  return StatusOf(run->trial);
}

}  // namespace

void AddPolicyEval(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("eval", "Try a policy on claims: the outcome and the claims it issues, as JSON.");
  command->footer(
      std::string(ClaimsFileHelp()) +
      "The answer has outcome (permit, deny, upload_error or evaluation_error), reason, message, rule (the one that decided or came\n"
      "closest), claims, properties; of an upload_error also diagnostics; with --trace also what every condition looked at.\n"
      "Exit status: 0 permit, 1 any other outcome, 2 wrong usage or unreadable file.");
  AddTrialOptions(*command, *options);
  command->add_flag("--trace", options->trace, "Also say of every rule whether it fired, on which claims, and what it made");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
