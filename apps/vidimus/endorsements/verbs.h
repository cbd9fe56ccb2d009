// The verbs of `vidimus endorsements`, one file each.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace vidimus {

// Each adds its verb; `run` is set when the command line chooses it.
void AddEndorsementsExport(CLI::App& endorsements, std::function<int()>& run);
void AddEndorsementsImport(CLI::App& endorsements, std::function<int()>& run);
void AddEndorsementsPull(CLI::App& endorsements, std::function<int()>& run);
void AddEndorsementsList(CLI::App& endorsements, std::function<int()>& run);
void AddEndorsementsCheck(CLI::App& endorsements, std::function<int()>& run);
void AddEndorsementsForecast(CLI::App& endorsements, std::function<int()>& run);

}  // namespace vidimus
