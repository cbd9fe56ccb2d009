// vidimus: the command line.
#include <iostream>

#include <CLI/CLI.hpp>

#include "commands.h"

int main(int argc, char** argv) {
  CLI::App app("Vidimus judges evidence from trusted execution environments and explains its answer.", "vidimus");
  app.require_subcommand(1);
  app.set_version_flag("--version", "vidimus " VIDIMUS_VERSION);
  std::function<int()> run;
  vidimus::AddServeCommand(app, run);
  vidimus::AddConfigCommand(app, run);
  vidimus::AddBackupCommands(app, run);
  vidimus::AddAttestCommand(app, run);
  vidimus::AddVerifyCommand(app, run);
  vidimus::AddAppraiseCommand(app, run);
  vidimus::AddEndorsementsCommand(app, run);
  vidimus::AddInspectCommand(app, run);
  vidimus::AddPolicyCommand(app, run);
  vidimus::AddLoginCommand(app, run);
  vidimus::AddLogoutCommand(app, run);
  vidimus::AddInstanceCommand(app, run);
  vidimus::AddSignerCommand(app, run);
  vidimus::AddKeysCommand(app, run);
  vidimus::AddSimCommand(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : vidimus::kExitUsage;
  }
  const int status = run();
  // What was asked for may not have arrived, on a full disk for example.
  if (std::cout.flush()) return status;
  std::cerr << "vidimus: standard output could not be written\n";
  return vidimus::kExitUsage;
}
