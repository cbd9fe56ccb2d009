// vidimus policy check: would the service take this policy?
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"
#include "policy/verbs.h"
#include "service/policy_findings.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

struct Options {
  std::string file, format = "text";
  std::optional<AttestationType> type;
};

int Run(const Options& options) {
  const auto text = ReadPolicyText(options.file);
  if (!text) return CannotAnswer("check", text.error());
  const Findings findings = FindIn(*text, *options.type);
  const auto& program = findings.compilation.program;
  if (options.format == "json") {
    std::cout << WriteJson(FindingsToJson(*text, findings, *options.type)) << '\n';
    return program ? kExitAccepted : kExitRefused;
  }
  PrintDiagnostics(std::cout, options.file, *text, findings.diagnostics);
  if (!program) {
    std::cout << "not a policy: " << CountOf(findings.diagnostics) << '\n';
    return kExitRefused;
  }
  std::cout << "version 1." << program->minor_version << "; rules: " << program->configuration.rules.size() << " configuration, "
            << program->authorization.rules.size() << " authorization, " << program->issuance.rules.size() << " issuance; x-ms-policy-hash "
            << PolicyHash(*text) << '\n';
  return kExitAccepted;
}

}  // namespace

void AddPolicyCheck(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("check", "Say whether the service would take a policy, and what is wrong with it.");
  command->footer(
      "Every error is shown with its place and how to mend it. A policy that is taken is described in one line: its version, the rules\n"
      "in each section and its x-ms-policy-hash; the linter's warnings are shown too and change nothing.\n"
      "Exit status: 0 it would be taken, 1 it would not, 2 wrong usage or unreadable file.");
  command->add_option("file", options->file, "The policy; - is standard input")->required()->type_name("FILE");
  AddTypeOption(*command, options->type, "The evidence it is for")->required();
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
