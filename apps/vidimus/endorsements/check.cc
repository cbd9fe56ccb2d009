// vidimus endorsements check: what is missing or expired, of everything held or for the platforms of evidence.
#include <iostream>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/hex.h"
#include "commands.h"
#include "endorsements/inputs.h"
#include "endorsements/server.h"
#include "endorsements/verbs.h"
#include "offline.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

struct Options {
  RemoteOptions remote;
  std::vector<std::string> paths, evidence, sim_roots;
  std::string at, format = "text";
};

struct Finding {
  std::string of;  // the evidence's file, or empty
  std::string name;
  std::string_view state;
  std::optional<UnixTime> next_update;
  bool needed = true;  // else only the baseline `standard` wants it
};

// The best answer held to each need: one that is in force rather than one that has expired.
Finding Answer(const std::string& of, const IntelDocumentKey& key, const std::vector<HeldIntelDocument>& held, UnixTime at) {
  Finding out{of, IntelDocumentName(key), "missing", std::nullopt, key.kind != Kind::kEvaluationNumbers};
  for (const HeldIntelDocument& one : held) {
    if (!Answers(one, key) || at < one.issued || (out.next_update && one.next_update <= *out.next_update)) continue;
    out.state = StateAt(one, at);
    out.next_update = one.next_update;
  }
  return out;
}

std::vector<Finding> ForEvidence(const std::vector<NeedyPlatform>& platforms, const std::vector<HeldIntelDocument>& held, UnixTime at) {
  std::vector<Finding> out;
  for (const auto& [file, needs] : platforms)
    for (const IntelDocumentKey& key : {IntelDocumentKey{Kind::kRootCrl, IntelTee::kSgx, "", std::nullopt},
                                        IntelDocumentKey{Kind::kPckCrl, IntelTee::kSgx, needs.pck_ca, std::nullopt},
                                        IntelDocumentKey{Kind::kTcbInfo, needs.tee, HexEncode(needs.fmspc), std::nullopt},
                                        IntelDocumentKey{Kind::kQeIdentity, needs.tee, "", std::nullopt},
                                        IntelDocumentKey{Kind::kEvaluationNumbers, needs.tee, "", std::nullopt}})
      out.push_back(Answer(file, key, held, at));
  return out;
}

// The latest issue of everything that is held.
std::vector<Finding> OfAll(const std::vector<HeldIntelDocument>& held, UnixTime at) {
  std::map<IntelDocumentKey, const HeldIntelDocument*> current;
  for (const HeldIntelDocument& one : held) {
    if (at < one.issued) continue;
    const HeldIntelDocument*& place = current[one.key];
    if (place == nullptr || place->issued < one.issued) place = &one;
  }
  std::vector<Finding> out;
  for (const auto& [key, one] : current) out.push_back({"", IntelDocumentName(key), StateAt(*one, at), one->next_update, true});
  return out;
}

void Print(const std::vector<Finding>& findings, UnixTime at, bool good, bool json) {
  JsonArray all;
  for (const Finding& one : findings) {
    const std::string until = one.next_update ? FormatRfc3339Utc(*one.next_update) : "";
    if (json)
      all.push_back(JsonObject{{"evidence", one.of.empty() ? Json() : Json(one.of)},
                               {"name", one.name},
                               {"state", one.state},
                               {"needed", one.needed},
                               {"nextUpdate", one.next_update ? Json(until) : Json()}});
    else
      std::cout << (one.of.empty() ? "" : Shown(one.of) + ": ") << one.name << ": " << one.state
                << (one.next_update ? ", next update " + until : "")
                << (one.needed || one.state == "in force" ? "" : "; only the baseline standard needs it") << '\n';
  }
  if (json)
    std::cout << WriteJson(JsonObject{{"at", FormatRfc3339Utc(at)}, {"complete", good}, {"documents", std::move(all)}}) << '\n';
  else
    std::cout << (good ? "complete at " : "not complete at ") << FormatRfc3339Utc(at) << '\n';
}

int Check(const Options& options, const Result<IntelEndorsements>& held) {
  const auto fail = [](const Error& error) {
    SayWhyNot("check", error);
    return error.code == ErrorCode::kIo || error.where.starts_with("time.") ? kExitUsage : kExitRefused;
  };
  const auto at = ReadInstant(options.at);
  if (!at) return fail(at.error());
  if (!held) return fail(held.error());
  const auto platforms = ReadPlatforms(options.evidence, held->anchors(), *at);
  if (!platforms) return fail(platforms.error());
  const std::vector<HeldIntelDocument> documents = held->Held();
  const auto findings = platforms->empty() ? OfAll(documents, *at) : ForEvidence(*platforms, documents, *at);
  bool good = !findings.empty();
  for (const Finding& one : findings) good = good && (one.state == "in force" || !one.needed);
  // Evidence names what it needs; without it there must at least be something of each kind.
  const Status some = platforms->empty() ? held->RequireSome() : Status();
  if (!some) SayWhyNot("check", some.error());
  Print(findings, *at, good && some, options.format == "json");
  return good && some ? kExitAccepted : kExitRefused;
}

// What a service holds is verified here again, so that the answer is the same as of files.
int Run(const Options& options) {
  if (!options.paths.empty()) return Check(options, ReadHeld(options.paths, options.sim_roots));
  Result<IntelEndorsements> held = IntelEndorsements({});
  const int status = Session::Run("endorsements check", options.remote, [&](Session& session) -> Result<Json> {
    VIDIMUS_TRY(std::vector<TrustAnchor> anchors, ReadAnchors(options.sim_roots));
    VIDIMUS_TRY(held, DownloadHeld(session, std::move(anchors)));
    return Json();
  });
  return status == kExitAccepted ? Check(options, held) : status;
}

}  // namespace

void AddEndorsementsCheck(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("check", "See whether what is held is enough, and until when.");
  command->footer(
      "With --for, of what the platform of each piece of evidence needs, of any evaluation number; else of the latest issue of every\n"
      "document held. Certificates are judged by `vidimus appraise`. Without a PATH it fetches what a running service holds, as its\n"
      "operator: signs in with the profile of `vidimus login`, or takes the access token in VIDIMUS_ACCESS_TOKEN.\n"
      "Exit status: 0 nothing is missing or expired, 1 something is, or does not verify, 2 wrong usage or unreadable file.");
  AddPathsOrServer(*command, options->paths, options->remote);
  command->add_option("--for", options->evidence, "Quotes or Open Enclave evidence, binary, hexadecimal or base64")->type_name("EVIDENCE");
  command->add_option("--at", options->at, "Judge as of this time; default: now")->type_name("RFC3339");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
