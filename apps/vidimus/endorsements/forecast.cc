// vidimus endorsements forecast: what the platforms of evidence are worth by the newest evaluation number and by the standard one, what
// they are short of, and when each document runs out.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/hex.h"
#include "commands.h"
#include "endorsement/calendar.h"
#include "endorsements/inputs.h"
#include "endorsements/verbs.h"
#include "policy/inputs.h"
#include "verify/tcb_forecast.h"

namespace vidimus {
namespace {

struct Options {
  std::vector<std::string> evidence, paths, sim_roots;
  std::string at, format = "text";
};

struct Outlook {
  SeenPlatform seen;
  Result<TcbForecast> early, standard;
};

std::vector<Outlook> Forecasts(const std::vector<SeenPlatform>& platforms, const IntelEndorsements& held, UnixTime at) {
  std::vector<Outlook> out;
  for (const SeenPlatform& one : platforms)
    out.push_back({one, ForecastTcb(one.platform, held, {TcbBaseline::Kind::kEarly, 0}, {}, at),
                   ForecastTcb(one.platform, held, {TcbBaseline::Kind::kStandard, 0}, {}, at)});
  return out;
}

void PrintForecast(std::string_view baseline, const Result<TcbForecast>& forecast) {
  const std::string indent(12, ' ');
  std::cout << "  " << baseline << std::string(10 - baseline.size(), ' ');
  if (!forecast) {
    std::cout << "no verdict: " << Shown(forecast.error().detail) << " (" << forecast.error().where << ")\n";
    return;
  }
  std::cout << "number " << forecast->evaluation_data_number << ": ";
  if (forecast->status)
    std::cout << TcbStatusName(*forecast->status) << ", of " << FormatRfc3339Utc(forecast->date);
  else
    std::cout << "below every level";
  std::cout << (forecast->refusal ? "; would be refused" : "; would be accepted") << '\n';
  if (forecast->refusal) std::cout << indent << Shown(forecast->refusal->detail) << " (" << forecast->refusal->where << ")\n";
  std::string advisories;
  for (const std::string& one : forecast->advisory_ids) advisories.append(advisories.empty() ? "" : ", ").append(one);
  if (!advisories.empty()) std::cout << indent << Shown(advisories) << '\n';
  for (const TcbShortfall& one : forecast->shortfalls)
    std::cout << indent << Shown(one.component) << ": " << one.found << ", needs " << one.needed << '\n';
}

std::string TimeLeft(int64_t seconds) {
  const int64_t size = std::max(seconds, -seconds);
  const std::string text = size < 2 * 86'400 ? std::to_string(size / 3600) + " h" : std::to_string(size / 86'400) + " d";
  return seconds < 0 ? text + " ago" : text + " left";
}

void PrintText(const std::vector<Outlook>& outlooks, const std::vector<CalendarEntry>& calendar, UnixTime at) {
  for (const auto& [seen, early, standard] : outlooks) {
    std::cout << Shown(seen.name) << ": " << IntelTeeName(seen.platform.tee) << " platform of FMSPC " << HexEncode(seen.platform.fmspc)
              << '\n';
    PrintForecast("early", early);
    PrintForecast("standard", standard);
  }
  std::cout << "calendar at " << FormatRfc3339Utc(at) << '\n';
  const auto padded = [](std::string text, size_t width) { return text.append(width - std::min(width, text.size()), ' '); };
  for (const CalendarEntry& one : calendar)
    std::cout << "  " << FormatRfc3339Utc(one.next_update) << "  " << padded(TimeLeft(one.next_update - at), 11) << "  "
              << padded(std::string(CalendarStateName(one.state)), 10) << "  " << Shown(one.document) << '\n';
}

void PrintJson(const std::vector<Outlook>& outlooks, const std::vector<CalendarEntry>& calendar, UnixTime at) {
  JsonArray platforms, entries;
  for (const auto& [seen, early, standard] : outlooks)
    platforms.push_back(JsonObject{{"evidence", Shown(seen.name)},
                                   {"platform", PlatformTcbToJson(seen.platform)},
                                   {"early", ForecastToJson(early)},
                                   {"standard", ForecastToJson(standard)}});
  for (const CalendarEntry& one : calendar) entries.emplace_back(CalendarEntryToJson(one, at));
  std::cout << WriteJson(JsonObject{{"at", FormatRfc3339Utc(at)}, {"platforms", std::move(platforms)}, {"calendar", std::move(entries)}})
            << '\n';
}

int Run(const Options& options) {
  const auto fail = [](const Error& error) {
    SayWhyNot("forecast", error);
    return error.code == ErrorCode::kIo || error.where.starts_with("time.") ? kExitUsage : kExitRefused;
  };
  const auto at = ReadInstant(options.at);
  if (!at) return fail(at.error());
  const auto held = ReadHeld(options.paths, options.sim_roots);
  if (!held) return fail(held.error());
  const auto platforms = ReadSeenPlatforms(options.evidence, *held, *at);
  if (!platforms) return fail(platforms.error());
  const std::vector<Outlook> outlooks = Forecasts(*platforms, *held, *at);
  const std::vector<CalendarEntry> calendar = ExpiryCalendar(*held, *at);
  (options.format == "json" ? PrintJson : PrintText)(outlooks, calendar, *at);
  const auto refused = [](const Result<TcbForecast>& forecast) { return forecast && forecast->refusal; };
  const bool good =
      std::none_of(outlooks.begin(), outlooks.end(), [&](const Outlook& one) { return refused(one.early) || refused(one.standard); });
  return good ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddEndorsementsForecast(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      endorsements.add_subcommand("forecast", "See what platforms are worth by the newest evaluation number and by the standard one.");
  command->footer(
      "By the TCB statuses that are accepted by default. Then the calendar: when each document and each certificate runs out.\n"
      "Exit status: 0 every platform would be accepted by both numbers, 1 one would be refused, or its evidence or something that is held\n"
      "does not verify, 2 wrong usage or unreadable file. That there is no list of numbers, and so no standard one, does not count.");
  command->add_option("--for", options->evidence, "Quotes or Open Enclave evidence, binary, hexadecimal or base64")
      ->required()
      ->type_name("EVIDENCE");
  command->add_option("--endorsements", options->paths, "Bundles, files or folders")->required()->type_name("PATH");
  command->add_option("--at", options->at, "Judge as of this time; default: now")->type_name("RFC3339");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
