#include "clock.h"

#include <chrono>

namespace vidimus {

UnixTime SystemNow() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<JudgingClock> MakeClock(const std::string& start) {
  if (start.empty()) return JudgingClock(SystemNow);
  VIDIMUS_TRY(const UnixTime first, ParseRfc3339Utc(start));
  using Steady = std::chrono::steady_clock;
  return JudgingClock(
      [first, began = Steady::now()] { return first + std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - began).count(); });
}

}  // namespace vidimus
