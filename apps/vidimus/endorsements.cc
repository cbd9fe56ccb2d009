// vidimus endorsements: get what Intel publishes, see what is held, what evidence still needs and what platforms will be worth, and carry
// it to where no source is.
#include <CLI/CLI.hpp>

#include "commands.h"
#include "endorsements/verbs.h"

namespace vidimus {

void AddEndorsementsCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* endorsements = app.add_subcommand("endorsements", "Fetch, list, check and carry what Intel publishes about its platforms.");
  endorsements->footer(
      "`vidimus endorsements VERB --help` describes each. A bundle is one file with many documents; whatever takes files of endorsements\n"
      "takes bundles. Nothing is listed, checked or put into a bundle that has not been verified to Intel's root.\n"
      "Exit status: 0 yes, 1 no, 2 wrong usage or unreadable file; what yes means is said by each verb.");
  endorsements->require_subcommand(1);
  AddEndorsementsPull(*endorsements, run);
  AddEndorsementsList(*endorsements, run);
  AddEndorsementsCheck(*endorsements, run);
  AddEndorsementsForecast(*endorsements, run);
  AddEndorsementsImport(*endorsements, run);
  AddEndorsementsExport(*endorsements, run);
}

}  // namespace vidimus
