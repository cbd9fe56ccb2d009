// vidimus endorsements list: the documents held, in files or by a running service.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "endorsements/inputs.h"
#include "endorsements/server.h"
#include "endorsements/verbs.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::vector<std::string> paths, sim_roots;
  std::string at, format = "text";
};

void PrintLine(const Json& document) {
  const auto text = [&](const char* member) {
    const Json* const value = document.Find(member);
    return value == nullptr || value->AsString() == nullptr ? std::string() : Shown(*value->AsString());
  };
  std::cout << text("issued") << "  " << text("nextUpdate") << "  " << text("state") << "  " << text("name")
            << (text("trustAnchor").empty() ? ", unverified: the CA is not held" : "") << '\n';
}

void Print(const Json& listed, bool json) {
  if (json) {
    std::cout << WriteJson(listed) << '\n';
    return;
  }
  const JsonArray& documents = *listed.Find("documents")->AsArray();
  for (const Json& one : documents) PrintLine(one);
  std::cout << Count(documents.size(), "document") << '\n';
}

Result<Json> ListFiles(const Options& options) {
  VIDIMUS_TRY(const UnixTime at, ReadInstant(options.at));
  VIDIMUS_TRY(const IntelEndorsements held, ReadHeld(options.paths, options.sim_roots));
  std::vector<HeldIntelDocument> documents = held.Held();
  SortDocuments(documents);
  JsonArray out;
  for (const HeldIntelDocument& one : documents) out.push_back(DocumentToJson(one, at));
  return Json(JsonObject{{"at", FormatRfc3339Utc(at)}, {"documents", std::move(out)}});
}

int Run(const Options& options) {
  const bool json = options.format == "json";
  if (options.paths.empty())
    return Session::Run("endorsements list", options.remote, [&](Session& session) -> Result<Json> {
      VIDIMUS_TRY(const Json listed, ListHeld(session, options.at));
      Print(listed, json);
      return Json();
    });
  const auto listed = ListFiles(options);
  if (listed) {
    Print(*listed, json);
    return kExitAccepted;
  }
  SayWhyNot("list", listed.error());
  return listed.error().code == ErrorCode::kIo || listed.error().where.starts_with("time.") ? kExitUsage : kExitRefused;
}

}  // namespace

void AddEndorsementsList(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("list", "List the documents of files or of a running service, once they have verified.");
  command->footer(
      "A line a document: issued, next update, in force or not, and what it speaks for. Without a PATH it asks a running service what it\n"
      "holds, as its operator: signs in with the profile of `vidimus login`, or takes the access token in VIDIMUS_ACCESS_TOKEN.\n"
      "Exit status: 0 listed, 1 something is no endorsement or does not verify, 2 wrong usage or unreadable file.");
  AddPathsOrServer(*command, options->paths, options->remote);
  command->add_option("--at", options->at, "What is in force at this time; default: now")->type_name("RFC3339");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
