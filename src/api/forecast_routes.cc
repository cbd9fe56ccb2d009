#include "api/forecast_routes.h"

#include <set>

#include "api/errors.h"
#include "api/routes.h"
#include "base/hex.h"
#include "endorsement/calendar.h"

namespace vidimus {
namespace {

JsonObject PlatformJson(const PlatformForecast& one) {
  return {{"platform", PlatformTcbToJson(one.seen.platform)},
          {"firstSeen", FormatRfc3339Utc(one.seen.first_seen)},
          {"lastSeen", FormatRfc3339Utc(one.seen.last_seen)},
          {"early", ForecastToJson(one.early)},
          {"standard", ForecastToJson(one.standard)}};
}

// Of TCB infos those of the platforms of this instance: those of others' platforms are not its readers' business.
JsonArray Calendar(const std::vector<PlatformForecast>& platforms, const IntelEndorsements& endorsements, UnixTime now) {
  std::set<std::pair<IntelTee, std::string>> seen;
  for (const PlatformForecast& one : platforms) seen.emplace(one.seen.platform.tee, HexEncode(one.seen.platform.fmspc));
  JsonArray out;
  for (const CalendarEntry& entry : ExpiryCalendar(endorsements, now))
    if (!entry.key || entry.key->kind != IntelDocumentKind::kTcbInfo || seen.contains({entry.key->tee, entry.key->subject}))
      out.emplace_back(CalendarEntryToJson(entry, now));
  return out;
}

}  // namespace

void AddForecastRoute(const Platforms& platforms, const EndorsementCache& endorsements, const Gate& gate,
                      const std::function<UnixTime()>& clock, Router& router) {
  router.Add("GET", "/vidimus/v1/forecast", gate.Role(Role::kReader, [&platforms, &endorsements, clock](const Visit& call) {
    auto seen = platforms.Seen(*call.instance);
    if (!seen) return UseCaseErrorResponse(seen.error(), call.request.request_id);
    const UnixTime now = clock();
    const auto held = endorsements.Endorsements();
    const auto forecasts = ForecastPlatforms(*call.instance, *std::move(seen), *held, now);
    JsonArray out;
    for (const PlatformForecast& one : forecasts) out.emplace_back(PlatformJson(one));
    return JsonResponse(
        JsonObject{{"at", FormatRfc3339Utc(now)}, {"platforms", std::move(out)}, {"calendar", Calendar(forecasts, *held, now)}});
  }));
}

}  // namespace vidimus
