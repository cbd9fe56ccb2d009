// vidimus policy: write, try and compare policies before they are live; set and see those that are.
#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/verbs.h"

namespace vidimus {

void AddPolicyCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* policy = app.add_subcommand(
      "policy", "Check, try, explain, test, compare and wrap policies before they are live; set and see those that are.");
  policy->footer(
      "`vidimus policy VERB --help` describes each. A policy is a text file in the claim rule language of the service, versions 1.0 to\n"
      "1.2. set, show, reset, history and rollback manage a running service, after `vidimus login`; no other verb needs one. FILE may be "
      "-\n"
      "for standard input. Results go to standard output, in words or, with --format json, as one JSON document; what prevents a result\n"
      "goes to standard error.\n"
      "Exit status: 0 yes, 1 no, 2 wrong usage or unreadable file; what yes means is said by each verb.");
  policy->require_subcommand(1);
  AddPolicyCheck(*policy, run);
  AddPolicyLint(*policy, run);
  AddPolicyEval(*policy, run);
  AddPolicyExplain(*policy, run);
  AddPolicyTest(*policy, run);
  AddPolicyFmt(*policy, run);
  AddPolicyDiff(*policy, run);
  AddPolicyHash(*policy, run);
  AddPolicyWrap(*policy, run);
  AddPolicyUnwrap(*policy, run);
  AddRemotePolicyVerbs(*policy, run);
}

}  // namespace vidimus
