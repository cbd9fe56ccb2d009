// The subcommands of `vidimus`, one file each.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace vidimus {

// What a subcommand returns to the shell.
inline constexpr int kExitAccepted = 0, kExitRefused = 1, kExitUsage = 2;

// Each adds its subcommand; `run` is set when the command line chooses it.
void AddServeCommand(CLI::App& app, std::function<int()>& run);
void AddBackupCommands(CLI::App& app, std::function<int()>& run);
void AddConfigCommand(CLI::App& app, std::function<int()>& run);
void AddAttestCommand(CLI::App& app, std::function<int()>& run);
void AddVerifyCommand(CLI::App& app, std::function<int()>& run);
void AddAppraiseCommand(CLI::App& app, std::function<int()>& run);
void AddEndorsementsCommand(CLI::App& app, std::function<int()>& run);
void AddInspectCommand(CLI::App& app, std::function<int()>& run);
void AddSimCommand(CLI::App& app, std::function<int()>& run);
void AddPolicyCommand(CLI::App& app, std::function<int()>& run);
void AddLoginCommand(CLI::App& app, std::function<int()>& run);
void AddLogoutCommand(CLI::App& app, std::function<int()>& run);
void AddInstanceCommand(CLI::App& app, std::function<int()>& run);
void AddSignerCommand(CLI::App& app, std::function<int()>& run);
void AddKeysCommand(CLI::App& app, std::function<int()>& run);

}  // namespace vidimus
