// The clock that programs judge by: the machine's, or one that a developer starts at another instant.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"

namespace vidimus {

using JudgingClock = std::function<UnixTime()>;

UnixTime SystemNow();

// The system's clock when `start` is empty; else one that stands at `start` now and runs on. Errors: time.format, time.range
Result<JudgingClock> MakeClock(const std::string& start);

}  // namespace vidimus
