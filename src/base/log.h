// The log: one JSON object a line on standard error, written whole, by any thread (spdlog stays in log.cc).
//
// A field never holds a key, a bearer or attestation token, runtime data or a platform id (design, invariant 9).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace vidimus {

enum class LogLevel { kInfo, kWarning, kError };

using LogField = std::pair<std::string_view, std::string>;

// {"time":…,"level":…,"event":EVENT,…fields}. `event` is a short literal in lower case with spaces.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace vidimus
