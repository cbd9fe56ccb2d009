// vidimus instance settings.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace vidimus {

// `run` is set when the command line chooses one of its verbs.
void AddInstanceSettings(CLI::App& instance, std::function<int()>& run);

}  // namespace vidimus
