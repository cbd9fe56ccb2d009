// vidimus policy lint: what a policy may mean though its author does not.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"
#include "policy/verbs.h"
#include "service/policy_findings.h"

namespace vidimus {
namespace {

struct Options {
  std::string file, format = "text";
  std::optional<AttestationType> type;
};

int Run(const Options& options) {
  const auto text = ReadPolicyText(options.file);
  if (!text) return CannotAnswer("lint", text.error());
  const Findings findings = FindIn(*text, *options.type);
  if (options.format == "json") {
    std::cout << WriteJson(FindingsToJson(*text, findings, *options.type)) << '\n';
  } else {
    PrintDiagnostics(std::cout, options.file, *text, findings.diagnostics);
    std::cout << CountOf(findings.diagnostics) << '\n';
  }
  return findings.diagnostics.all().empty() ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddPolicyLint(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("lint", "Find what a policy may mean though its author does not.");
  command->footer(
      "For example a claim that anyone may send since no issuer is asked for, a claim that evidence of this type never has, a gate in\n"
      "issuancerules, which refuse nothing. A policy with errors is not linted: the errors are the findings then.\n"
      "Exit status: 0 no findings, 1 findings, 2 wrong usage or unreadable file.");
  command->add_option("file", options->file, "The policy; - is standard input")->required()->type_name("FILE");
  AddTypeOption(*command, options->type, "The evidence it is for")->required();
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
