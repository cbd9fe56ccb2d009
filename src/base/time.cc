#include "base/time.h"

#include <chrono>
#include <cstdio>

namespace vidimus {

Result<UnixTime> TimeFromParts(int year, int month, int day, int hour, int minute, int second) {
  using namespace std::chrono;
  // The calendar types keep a month and a day in eight bits and a year in sixteen, so the ranges are checked before.
  const bool calendar = year >= 0 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  const bool clock = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
  if (!calendar || !clock) return Fail(ErrorCode::kMalformed, "time.range", "no such date or time of day");
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return Fail(ErrorCode::kMalformed, "time.range", "no such date or time of day");
  return sys_days{date}.time_since_epoch().count() * int64_t{86400} + hour * 3600 + minute * 60 + second;
}

Result<UnixTime> ParseRfc3339Utc(std::string_view text) {
  static constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  bool fits = text.size() == kShape.size();
  for (size_t i = 0; fits && i < kShape.size(); ++i) fits = kShape[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == kShape[i];
  if (!fits) return Fail(ErrorCode::kMalformed, "time.format", "a time must have the form YYYY-MM-DDThh:mm:ssZ");
  const auto number = [&](size_t from, size_t size) {
    int value = 0;
    for (size_t i = from; i < from + size; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  return TimeFromParts(number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2));
}

std::string FormatRfc3339Utc(UnixTime time) {
  using namespace std::chrono;
  const sys_seconds point{seconds{time}};
  const auto midnight = floor<days>(point);
  const year_month_day date{midnight};
  const hh_mm_ss clock{point - midnight};
  char out[48];
  const int size =
      std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()));
  return {out, static_cast<size_t>(size)};
}

}  // namespace vidimus
