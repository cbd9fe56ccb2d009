// vidimus config check: what is wrong with a configuration, and what it would serve.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "serve/config.h"
#include "serve/config_check.h"

namespace vidimus {
namespace {

void Print(const std::string& file, const ConfigProblem& problem) {
  std::cerr << file;
  if (problem.line > 0) std::cerr << ":" << problem.line;
  std::cerr << ": " << (problem.key.empty() ? "" : problem.key + ": ") << problem.error.detail << " (" << problem.error.where << ")\n";
}

std::string Shown(const ListenAddress& listen) {
  const bool v6 = listen.host.find(':') != std::string::npos;
  return (v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

std::string Shown(const CollateralSource& source) {
  const auto* const http = std::get_if<HttpCollateralSource>(&source);
  return http != nullptr ? http->source.url : std::get<HeldCollateralSource>(source).path;
}

// No secret: neither keys nor the password that a store's URL may hold.
void Describe(const ServePlan& plan, const ConfigFindings& findings) {
  std::cout << "listens on " << Shown(plan.listen) << " as " << plan.issuer << "\n";
  for (const InstanceEndpoint& own : plan.own_endpoints)
    std::cout << "listens on " << Shown(own.listen) << " for instance " << own.instance << " as " << own.url << "\n";
  if (plan.health) std::cout << "listens on " << Shown(*plan.health) << " for health\n";
  if (plan.collateral_listen) std::cout << "listens on " << Shown(*plan.collateral_listen) << " for verifiers that need collateral\n";
  std::cout << "instances " << (plan.instance_url.empty() ? "none but the default" : plan.instance_url) << "\n"
            << "certificates " << plan.identities.size() << "\n"
            << "endorsements " << plan.documents.size() << " files\n";
  for (const CollateralSource& one : plan.sources) std::cout << "source " << Shown(one) << "\n";
  std::cout << "store " << ShownStoreUrl(plan.store_url) << "\n";
  for (const std::string& seen : findings.store) std::cout << "store has " << seen << "\n";
  if (plan.master_key) std::cout << "master key " << plan.master_key->id() << "\n";
  if (plan.previous_master_key) std::cout << "previous master key " << plan.previous_master_key->id() << "\n";
  if (plan.pkcs11) std::cout << "PKCS #11 token\n";
  for (const TrustedIssuer& trusted : plan.issuers)
    std::cout << "issuer " << trusted.issuer.issuer << (trusted.issuer.keys.empty() ? "" : " with keys from a file") << "\n";
  for (const ClaimMatch& match : plan.operators)
    std::cout << "operator " << match.claim << " = " << match.value << " of " << match.issuer << "\n";
}

int CheckFile(const std::string& file) {
  const Configuration configuration = ReadConfiguration(file);
  for (const ConfigProblem& problem : configuration.problems) Print(file, problem);
  const bool unreadable = !configuration.problems.empty() && configuration.problems.front().key.empty();
  if (unreadable) return kExitUsage;
  const bool documents_read = std::none_of(configuration.problems.begin(), configuration.problems.end(),
                                           [](const ConfigProblem& one) { return one.key == "endorsements"; });
  const ConfigFindings findings = CheckPlan(configuration.plan, documents_read);
  for (const ConfigProblem& problem : findings.problems) Print(file, problem);
  Describe(configuration.plan, findings);
  if (!configuration.problems.empty()) return kExitUsage;
  return findings.problems.empty() ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddConfigCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* config = app.add_subcommand("config", "Look at the configuration of a service.");
  config->require_subcommand(1);
  const auto file = std::make_shared<std::string>();
  CLI::App* check = config->add_subcommand("check", "Say everything that is wrong with it, and what it would serve.");
  check->add_option("--config", *file, "What `vidimus serve --config` would be given")->required()->type_name("FILE");
  check->footer(
      "Reads the files that it names, looks at the store without writing, and asks the issuers; waits no longer than some seconds for "
      "each.\n"
      "Exit status: 0 it would serve; 1 something that it names is not in order; 2 the file, or one that it names, is wrong.");
  check->callback([file, &run] { run = [file] { return CheckFile(*file); }; });
}

}  // namespace vidimus
