// vidimus endorsements forecast: what platforms, of evidence or as an instance has seen them, are worth by the newest evaluation number and
// by the standard one, what they are short of, and when each document runs out.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/limits.h"
#include "commands.h"
#include "endorsement/calendar.h"
#include "endorsements/inputs.h"
#include "endorsements/server.h"
#include "endorsements/verbs.h"
#include "policy/inputs.h"
#include "verify/tcb_forecast.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::vector<std::string> evidence, paths, sim_roots;
  std::string at, format = "text";
};

// What a running service answers, of evidence and files: {"at", "platforms", "calendar"}.
Result<Json> OfFiles(const Options& options) {
  VIDIMUS_TRY(const UnixTime at, ReadInstant(options.at));
  VIDIMUS_TRY(const IntelEndorsements held, ReadHeld(options.paths, options.sim_roots));
  VIDIMUS_TRY(const auto platforms, ReadQuotedPlatforms(options.evidence, held, at));
  JsonArray forecasts, calendar;
  for (const QuotedPlatform& one : platforms)
    forecasts.push_back(
        JsonObject{{"evidence", Shown(one.name)},
                   {"platform", PlatformTcbToJson(one.platform)},
                   {"early", ForecastToJson(ForecastTcb(one.platform, held, {TcbBaseline::Kind::kEarly, 0}, {}, at))},
                   {"standard", ForecastToJson(ForecastTcb(one.platform, held, {TcbBaseline::Kind::kStandard, 0}, {}, at))}});
  for (const CalendarEntry& one : ExpiryCalendar(held, at)) calendar.emplace_back(CalendarEntryToJson(one, at));
  return Json(JsonObject{{"at", FormatRfc3339Utc(at)}, {"platforms", std::move(forecasts)}, {"calendar", std::move(calendar)}});
}

// Of an answer, which may be anything: what is not there is empty.
std::string Text(const Json& object, const char* member) {
  const Json* const value = object.Find(member);
  return value == nullptr || value->AsString() == nullptr ? std::string() : Shown(*value->AsString());
}
int64_t Number(const Json& object, const char* member) {
  const Json* const value = object.Find(member);
  return value == nullptr || value->AsInt() == nullptr ? 0 : *value->AsInt();
}
const JsonArray& List(const Json& object, const char* member) {
  static const JsonArray kNone;
  const Json* const value = object.Find(member);
  return value == nullptr || value->AsArray() == nullptr ? kNone : *value->AsArray();
}

// No verdict is none in its favour, but where no list says what is standard.
bool IsRefused(const Json& platform, const char* baseline) {
  const Json* const forecast = platform.Find(baseline);
  if (forecast == nullptr) return false;
  const Json* const error = forecast->Find("error");
  if (error != nullptr) return Text(*error, "code") != "intel.select.standard";
  return forecast->Find("refusal") != nullptr;
}

// "detail (where)"
std::string Reason(const Json& reason) { return Text(reason, "message") + " (" + Text(reason, "code") + ")"; }

void PrintForecast(const std::string& baseline, const Json& forecast) {
  const std::string indent(12, ' ');
  std::cout << "  " << baseline << std::string(10 - baseline.size(), ' ');
  if (const Json* const error = forecast.Find("error"); error != nullptr) {
    std::cout << "no verdict: " << Reason(*error) << '\n';
    return;
  }
  const std::string status = Text(forecast, "status");
  const Json* const refusal = forecast.Find("refusal");
  std::cout << "number " << Number(forecast, "evaluationDataNumber") << ": "
            << (status.empty() ? "below every level" : status + ", of " + Text(forecast, "tcbDate"))
            << (refusal != nullptr ? "; would be refused" : "; would be accepted") << '\n';
  if (refusal != nullptr) std::cout << indent << Reason(*refusal) << '\n';
  std::string advisories;
  for (const Json& one : List(forecast, "advisoryIds"))
    if (one.AsString() != nullptr) advisories.append(advisories.empty() ? "" : ", ").append(Shown(*one.AsString()));
  if (!advisories.empty()) std::cout << indent << advisories << '\n';
  for (const Json& one : List(forecast, "short"))
    std::cout << indent << Text(one, "component") << ": " << Number(one, "found") << ", needs " << Number(one, "needed") << '\n';
}

std::string TimeLeft(int64_t seconds) {
  const int64_t size = std::max(seconds, -seconds);
  const std::string text = size < 2 * 86'400 ? std::to_string(size / 3600) + " h" : std::to_string(size / 86'400) + " d";
  return seconds < 0 ? text + " ago" : text + " left";
}

void PrintText(const Json& answer) {
  if (List(answer, "platforms").empty()) std::cout << "no platform seen in the last " << limits::kPlatformSeconds / 86'400 << " days\n";
  for (const Json& one : List(answer, "platforms")) {
    const Json* const platform = one.Find("platform");
    if (platform == nullptr) continue;
    const std::string evidence = Text(one, "evidence"), seen = Text(one, "lastSeen");
    std::cout << (evidence.empty() ? "" : evidence + ": ") << Text(*platform, "tee") << " platform of FMSPC " << Text(*platform, "fmspc")
              << (seen.empty() ? "" : ", seen last at " + seen) << '\n';
    for (const char* const baseline : {"early", "standard"})
      if (const Json* const forecast = one.Find(baseline); forecast != nullptr) PrintForecast(baseline, *forecast);
  }
  std::cout << "calendar at " << Text(answer, "at") << '\n';
  const auto padded = [](std::string text, size_t width) { return text.append(width - std::min(width, text.size()), ' '); };
  for (const Json& one : List(answer, "calendar"))
    std::cout << "  " << Text(one, "nextUpdate") << "  " << padded(TimeLeft(Number(one, "secondsLeft")), 11) << "  "
              << padded(Text(one, "state"), 10) << "  " << Text(one, "document") << '\n';
}

int Print(const Json& answer, const std::string& format) {
  if (format == "json")
    std::cout << WriteJson(answer) << '\n';
  else
    PrintText(answer);
  const JsonArray& platforms = List(answer, "platforms");
  const bool good = std::none_of(platforms.begin(), platforms.end(),
                                 [](const Json& one) { return IsRefused(one, "early") || IsRefused(one, "standard"); });
  return good ? kExitAccepted : kExitRefused;
}

int Run(const Options& options) {
  if (options.paths.empty()) {
    int status = kExitAccepted;
    const int asked = Session::Run("endorsements forecast", options.remote, [&](Session& session) -> Result<Json> {
      VIDIMUS_TRY(const InstanceClient instance, session.Instance());
      VIDIMUS_TRY(const Json answer, session.BodyOf(instance.Forecast()));
      status = Print(answer, options.format);
      return Json();
    });
    return asked == kExitAccepted ? status : asked;
  }
  const auto answer = OfFiles(options);
  if (answer) return Print(*answer, options.format);
  SayWhyNot("forecast", answer.error());
  return answer.error().code == ErrorCode::kIo || answer.error().where.starts_with("time.") ? kExitUsage : kExitRefused;
}

}  // namespace

void AddEndorsementsForecast(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      endorsements.add_subcommand("forecast", "See what platforms are worth by the newest evaluation number and by the standard one.");
  command->footer(
      "Of the evidence after --for, by the files or folders of PATH and the TCB statuses that are accepted by default. Without both, of "
      "the\n"
      "platforms that an instance of a running service has seen in the last 30 days, by its settings, for its readers: signs in with the\n"
      "profile of `vidimus login`, or takes the access token in VIDIMUS_ACCESS_TOKEN. Then the calendar: when each document and each\n"
      "certificate runs out.\n"
      "Exit status: 0 every platform would be accepted by both numbers, 1 one would be refused, or its evidence or something that is held\n"
      "does not verify, 2 wrong usage or unreadable file. That there is no list of numbers, and so no standard one, does not count.");
  AddPathsOrServer(*command, options->paths, options->remote);
  CLI::Option* const paths = command->get_option("paths");
  paths->needs(command->add_option("--for", options->evidence, "Quotes or Open Enclave evidence, binary, hexadecimal or base64")
                   ->needs(paths)
                   ->type_name("EVIDENCE"));
  command->add_option("--at", options->at, "Judge as of this time; default: now")->needs(paths)->type_name("RFC3339");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")
      ->needs(paths)
      ->type_name("PEM");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
