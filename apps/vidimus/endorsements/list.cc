// vidimus endorsements list: the documents held.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "endorsements/inputs.h"
#include "endorsements/verbs.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

struct Options {
  std::vector<std::string> paths, sim_roots;
  std::string at, format = "text";
};

int Run(const Options& options) {
  const auto at = ReadInstant(options.at);
  if (!at) return SayWhyNot("list", at.error()), kExitUsage;
  const auto held = ReadHeld(options.paths, options.sim_roots);
  if (!held) return SayWhyNot("list", held.error()), held.error().code == ErrorCode::kIo ? kExitUsage : kExitRefused;
  std::vector<HeldIntelDocument> documents = held->Held();
  SortDocuments(documents);
  if (options.format == "json") {
    JsonArray out;
    for (const HeldIntelDocument& one : documents) out.push_back(DocumentToJson(one, *at));
    std::cout << WriteJson(JsonObject{{"at", FormatRfc3339Utc(*at)}, {"documents", std::move(out)}}) << '\n';
    return kExitAccepted;
  }
  for (const HeldIntelDocument& one : documents)
    std::cout << FormatRfc3339Utc(one.issued) << "  " << FormatRfc3339Utc(one.next_update) << "  " << StateAt(one, *at) << "  "
              << IntelDocumentName(one.key) << (one.anchor ? "" : ", unverified: the CA is not held") << '\n';
  std::cout << Count(documents.size(), "document") << '\n';
  return kExitAccepted;
}

}  // namespace

void AddEndorsementsList(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("list", "List the documents of bundles, files and folders, once they have verified.");
  command->footer(
      "A line a document: issued, next update, in force or not, and what it speaks for.\n"
      "Exit status: 0 listed, 1 something is no endorsement or does not verify, 2 wrong usage or unreadable file.");
  command->add_option("paths", options->paths, "Bundles, files or folders")->required()->type_name("PATH");
  command->add_option("--at", options->at, "What is in force at this time; default: now")->type_name("RFC3339");
  command->add_option("--sim-root", options->sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
