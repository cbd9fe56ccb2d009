// vidimus serve: the attestation service.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "serve/config.h"
#include "serve/dev.h"

namespace vidimus {
namespace {

struct Options {
  bool dev = false;
  std::string config;
  DevOptions for_dev;
};

int Run(const Options& options) {
  auto plan = options.dev ? PlanDevServer(options.for_dev) : PlanConfiguredServer(options.config);
  if (!plan) {
    std::cerr << "vidimus serve: " << plan.error().detail << " (" << plan.error().where << ")\n";
    return kExitUsage;
  }
  return Serve(*std::move(plan));
}

}  // namespace

void AddServeCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  DevOptions& dev = options->for_dev;
  CLI::App* command = app.add_subcommand("serve", "Run the attestation service.");
  command->footer(
      "Prints \"listening https://…\" on standard output once it answers; logs JSON lines on standard error.\n"
      "TERM or INT stops it. With --dev, clients trust STATE/keys/ca.pem and sign in with STATE/client.json.");
  auto* mode = command->add_option_group("mode");
  CLI::Option* dev_flag = mode->add_flag("--dev", options->dev, "For developers: trusts software enclaves, needs no configuration");
  CLI::Option* config = mode->add_option("--config", options->config, "Serve as this TOML file says")->type_name("FILE");
  mode->require_option(1);
  const auto dev_option = [&](CLI::Option* option) {
    option->needs(dev_flag)->excludes(config)->group("With --dev");
    return option;
  };
  dev_option(command->add_option("--listen", dev.listen, "Where to listen; default 127.0.0.1:8443"))->type_name("ADDR:PORT");
  dev_option(command->add_option("--state", dev.state, "Folder for its keys and its vendor; default .vidimus"))->type_name("DIR");
  dev_option(command->add_option("--issuer", dev.issuer, "The URL that clients use; default https://localhost:PORT"))->type_name("URL");
  dev_option(command->add_option("--instance-listen", dev.instance_listen,
                                 "A listener of its own for an instance, whose URL it is then; may be given several times"))
      ->type_name("NAME=ADDR:PORT");
  dev_option(command->add_option("--dev-clock", dev.clock, "Judge from this instant on, e.g. 2025-06-26T17:19:45Z; never governs TLS"))
      ->type_name("RFC3339");
  dev_option(command->add_option("--endorsements", dev.endorsements, "Files or folders with real endorsements, besides the simulated"))
      ->type_name("PATH");
  dev_option(command->add_option("--accept-tcb", dev.settings.accept_tcb, "TCB statuses to accept, comma separated"))
      ->delimiter(',')
      ->type_name("LIST");
  dev_option(
      command->add_option("--tcb-baseline", dev.settings.tcb_baseline, "Judge by this evaluation number where the policy names none"))
      ->type_name("early|standard|N");
  dev_option(command->add_option("--expiry", dev.settings.expiry, kExpiryHelp))->type_name(kExpiryForms);
  dev_option(command->add_option("--refuse", dev.settings.refuse,
                                 "Attribute bits of enclaves to refuse: debug, provision_key, einittoken_key, unknown_attributes"))
      ->delimiter(',')
      ->type_name("LIST");
  dev_option(command->add_flag("--dev-remote", dev.remote, "Let --listen name an address that other machines can reach"));
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
