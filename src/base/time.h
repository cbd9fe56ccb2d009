// Time as Vidimus judges it: whole seconds since 1970-01-01T00:00:00Z, always given by the caller, never read here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vidimus {

using UnixTime = int64_t;

// Seconds of a proleptic Gregorian date and time, UTC; refuses dates that do not exist, years outside 0
// to 9999, and leap seconds (:60).
Result<UnixTime> TimeFromParts(int year, int month, int day, int hour, int minute, int second);

// Exactly YYYY-MM-DDThh:mm:ssZ (intel-dcap section 3.5).
Result<UnixTime> ParseRfc3339Utc(std::string_view text);

// YYYY-MM-DDThh:mm:ssZ.
std::string FormatRfc3339Utc(UnixTime time);

}  // namespace vidimus
