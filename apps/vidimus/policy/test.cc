// vidimus policy test: run the tests that stand beside policies.
#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"
#include "policy/test_file.h"
#include "policy/test_run.h"
#include "policy/verbs.h"

namespace vidimus {
namespace {

struct Options {
  std::vector<std::string> paths;
  std::string format = "text";
};

struct Outcome {
  std::vector<PolicyTestFile> files;
  std::vector<std::vector<PolicyTestResult>> results;  // of each file
  PolicyTestRunner runner;

  size_t Passed() const {
    size_t out = 0;
    for (const auto& file : results)
      out += static_cast<size_t>(std::count_if(file.begin(), file.end(), [](const PolicyTestResult& one) { return one.passed(); }));
    return out;
  }
  size_t Count() const {
    size_t out = 0;
    for (const auto& file : results) out += file.size();
    return out;
  }
};

Json ResultToJson(const PolicyTestResult& result) {
  JsonArray differences;
  for (const PolicyTestDifference& one : result.differences)
    differences.push_back(JsonObject{{"what", one.what}, {"expected", one.expected}, {"found", one.found}});
  return JsonObject{
      {"name", result.name}, {"passed", result.passed()}, {"differences", std::move(differences)}, {"message", result.message}};
}

Json RulesToJson(const Program& program, const std::vector<CoveredRule>& rules) {
  JsonArray out;
  for (const CoveredRule& one : rules) out.push_back(RuleToJson(program, one.section, one.number));
  return out;
}

// In whole percent, rounded down: 100 means all.
uint64_t PercentFired(const RuleCoverage& coverage) {
  const size_t all = coverage.rules().size();
  return all == 0 ? 100 : (all - coverage.NeverFired().size()) * 100 / all;
}

Json CoverageToJson(const PolicyUnderTest& policy) {
  JsonObject out{{"policy", Shown(policy.path)}, {"compiles", policy.coverage != nullptr}};
  if (policy.coverage == nullptr) return out;
  const Program& program = *policy.trial.compilation.program;
  out.emplace_back("rules", static_cast<uint64_t>(policy.coverage->rules().size()));
  out.emplace_back("percent_fired", PercentFired(*policy.coverage));
  out.emplace_back("never_fired", RulesToJson(program, policy.coverage->NeverFired()));
  out.emplace_back("never_failed", RulesToJson(program, policy.coverage->NeverFailed()));
  return out;
}

void PrintJson(const Outcome& outcome) {
  JsonArray files;
  for (size_t i = 0; i < outcome.files.size(); ++i) {
    JsonArray tests;
    for (const PolicyTestResult& one : outcome.results[i]) tests.push_back(ResultToJson(one));
    files.push_back(JsonObject{{"file", Shown(outcome.files[i].path)},
                               {"policy", Shown(outcome.files[i].policy)},
                               {"type", AttestationTypeName(outcome.files[i].type)},
                               {"tests", std::move(tests)}});
  }
  JsonArray coverage;
  for (const auto& policy : outcome.runner.policies()) coverage.push_back(CoverageToJson(*policy));
  const size_t passed = outcome.Passed();
  std::cout << WriteJson(JsonObject{{"passed", static_cast<uint64_t>(passed)},
                                    {"failed", static_cast<uint64_t>(outcome.Count() - passed)},
                                    {"files", std::move(files)},
                                    {"coverage", std::move(coverage)}})
            << '\n';
}

void PrintResult(const PolicyTestResult& result) {
  std::cout << (result.passed() ? "  ok      " : "  FAILED  ") << Printable(result.name, kShownCharacters) << '\n';
  for (const PolicyTestDifference& one : result.differences)
    std::cout << "            " << Printable(one.what, kShownCharacters) << ": expected " << Shown(one.expected) << ", found "
              << Shown(one.found) << '\n';
  if (!result.passed()) std::cout << "            " << Shown(result.message) << '\n';
}

void PrintRules(const Program& program, const std::vector<CoveredRule>& rules, std::string_view what) {
  for (const CoveredRule& one : rules) {
    const Rule& rule = program.SectionOf(one.section).rules[one.number];
    const std::string_view text = program.TextOf(rule.span);
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    std::cout << "  line " << rule.line << " never " << what << ": " << Printable(text.substr(0, end), 120)
              << (end < text.size() ? " ..." : "") << '\n';
  }
}

void PrintCoverage(const PolicyUnderTest& policy) {
  if (policy.coverage == nullptr) {
    std::cout << Shown(policy.path) << " does not compile, so no rule is covered:\n";
    PrintDiagnostics(std::cout, policy.path, policy.text, policy.trial.compilation.diagnostics);
    return;
  }
  const RuleCoverage& coverage = *policy.coverage;
  const size_t all = coverage.rules().size();
  std::cout << Shown(policy.path) << ": " << all - coverage.NeverFired().size() << " of " << Count(all, "rule") << " fired ("
            << PercentFired(coverage) << " %)\n";
  PrintRules(*policy.trial.compilation.program, coverage.NeverFired(), "fired");
  PrintRules(*policy.trial.compilation.program, coverage.NeverFailed(), "failed");
}

void PrintText(const Outcome& outcome) {
  for (size_t i = 0; i < outcome.files.size(); ++i) {
    std::cout << Shown(outcome.files[i].path) << '\n';
    for (const PolicyTestResult& one : outcome.results[i]) PrintResult(one);
  }
  std::cout << "\ncoverage\n";
  for (const auto& policy : outcome.runner.policies()) PrintCoverage(*policy);
  const size_t passed = outcome.Passed();
  std::cout << '\n' << Count(outcome.Count(), "test") << ": " << passed << " passed, " << outcome.Count() - passed << " failed\n";
}

int Run(const Options& options) {
  const auto paths = FindPolicyTestFiles(options.paths);
  if (!paths) return CannotAnswer("test", paths.error());
  Outcome outcome;
  for (const std::string& path : *paths) {
    auto file = ReadPolicyTestFile(path);
    if (!file) return CannotAnswer("test", file.error());
    outcome.files.push_back(*std::move(file));
  }
  for (const PolicyTestFile& file : outcome.files) outcome.results.push_back(outcome.runner.Run(file));
  options.format == "json" ? PrintJson(outcome) : PrintText(outcome);
  return outcome.Passed() == outcome.Count() ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddPolicyTest(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("test", "Run the tests that stand beside policies, and say which rules they cover.");
  command->footer(
      std::string(PolicyTestFileHelp()) +
      "Afterwards the coverage of each policy: rules that never fired, and rules with conditions that never failed to fire, so that\n"
      "no test shows what they are there for. Configuration rules see no claims and are not counted.\n"
      "Exit status: 0 every test passed, 1 some failed, 2 wrong usage, or a file that cannot be read or is no test file.");
  command->add_option("path", options->paths, "Test files, or folders to search for *.test.json")->required()->type_name("PATH");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
