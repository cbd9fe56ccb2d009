// The verbs of `vidimus policy`, one file each.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace vidimus {

// Each adds its verb; `run` is set when the command line chooses it.
void AddPolicyCheck(CLI::App& policy, std::function<int()>& run);
void AddPolicyLint(CLI::App& policy, std::function<int()>& run);
void AddPolicyEval(CLI::App& policy, std::function<int()>& run);
void AddPolicyExplain(CLI::App& policy, std::function<int()>& run);
void AddPolicyTest(CLI::App& policy, std::function<int()>& run);
void AddPolicyFmt(CLI::App& policy, std::function<int()>& run);
void AddPolicyDiff(CLI::App& policy, std::function<int()>& run);
void AddPolicyHash(CLI::App& policy, std::function<int()>& run);
void AddPolicyWrap(CLI::App& policy, std::function<int()>& run);
void AddPolicyUnwrap(CLI::App& policy, std::function<int()>& run);
// Those of a running instance: set, show, reset, history, rollback.
void AddRemotePolicyVerbs(CLI::App& policy, std::function<int()>& run);

}  // namespace vidimus
