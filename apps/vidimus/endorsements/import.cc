// vidimus endorsements import: bring documents into a running service, as into a network that reaches no source.
#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>

#include "clock.h"
#include "commands.h"
#include "endorsement/intel_recognition.h"
#include "endorsements/server.h"
#include "endorsements/verbs.h"
#include "files.h"
#include "gather/bundle.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::vector<std::string> paths;
};

// What there is to send. Nothing is verified here: who holds the documents judges them.
struct Offer {
  std::vector<NamedDocument> issuers;    // each once
  std::vector<NamedDocument> documents;  // the older before the newer: the service takes no older one afterwards
};

// What does not say when it was issued, which the service will refuse, goes last.
UnixTime IssuedAt(const Result<RecognisedDocument>& document) {
  constexpr UnixTime kNever = std::numeric_limits<UnixTime>::max();
  if (!document) return kNever;
  if (document->json) return TimeMember(document->json->value, "issueDate", "issueDate").value_or(kNever);
  return document->crls.empty() ? kNever : document->crls.front().this_update;
}

Offer Sorted(std::vector<NamedDocument> all, ImportOutcome& outcome) {
  Offer out;
  std::set<ByteVector> issuers;
  std::vector<std::pair<UnixTime, NamedDocument>> dated;
  for (NamedDocument& one : all) {
    one.name = Shown(one.name);
    if (one.content.size() > limits::kEndorsementBytes) {
      outcome.refused.push_back(JsonObject{{"document", one.name},
                                           {"code", "bundle.limit"},
                                           {"message", "found " + std::to_string(one.content.size()) + " octets, expected at most " +
                                                           std::to_string(limits::kEndorsementBytes)}});
      continue;
    }
    const auto recognised = RecogniseIntelDocument(one.content);
    if (recognised && !recognised->json && recognised->crls.empty()) {
      if (issuers.insert(one.content).second) out.issuers.push_back(std::move(one));
    } else {
      dated.emplace_back(IssuedAt(recognised), std::move(one));
    }
  }
  std::stable_sort(dated.begin(), dated.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [issued, document] : dated) out.documents.push_back(std::move(document));
  return out;
}

Status SendAll(Session& session, const std::vector<std::string>& parts, ImportOutcome& outcome) {
  VIDIMUS_TRY(const InstanceClient service, session.InstanceAsOperator());
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts.size() > 1) std::cerr << "part " << i + 1 << " of " << parts.size() << '\n';
    Status sent = SendPart(session, service, parts[i], outcome);
    if (sent) continue;
    if (i > 0) std::cerr << "what the parts before were taken of stays; run the same command again\n";
    return sent;
  }
  return {};
}

Result<Json> Import(Session& session, const Options& options) {
  ImportOutcome outcome;
  VIDIMUS_TRY(std::vector<NamedDocument> documents, ReadDocuments(options.paths));
  const Offer offer = Sorted(std::move(documents), outcome);
  std::cerr << Count(offer.documents.size(), "document") << " to import\n";
  const BundleBounds bounds{limits::kRequestBodyBytes, limits::kHistoryEntries, limits::kEndorsementBytes};
  VIDIMUS_TRY(const auto parts, WriteEndorsementBundles(offer.issuers, offer.documents, SystemNow(), bounds));
  VIDIMUS_CHECK_OK(SendAll(session, parts, outcome));
  for (const Json& one : outcome.refused)
    for (const auto& [name, prefix] : {std::pair("document", "refused: "), {"message", ": "}, {"code", " ("}})
      if (const Json* text = one.Find(name); text != nullptr && text->AsString() != nullptr)
        std::cerr << prefix << Shown(*text->AsString()) << (std::string_view(name) == "code" ? ")\n" : "");
  const size_t refused = outcome.refused.size();
  std::cout << WriteJson(JsonObject{{"added", outcome.added}, {"held", outcome.held}, {"refused", std::move(outcome.refused)}}) << '\n';
  if (refused == 0) return Json();
  return Fail(ErrorCode::kUnacceptable, "endorsements.refused", Count(refused, "document") + " refused; the others are held");
}

}  // namespace

void AddEndorsementsImport(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("import", "As operator: give documents to a running service, which keeps what verifies.");
  command->footer(
      std::string(
          "The service judges each document by itself, as one from a source: signatures, and that it holds no newer one. What verifies\n"
          "is kept in its store, whatever becomes of the others. Prints how many were added, how many were held already, and which were\n"
          "refused, for which the exit status is 1.\n") +
      kRemoteFooter);
  AddInstanceOptions(*command, options->remote);
  command->add_option("paths", options->paths, "Bundles, files or folders; - is standard input")->required()->type_name("PATH");
  command->callback([options, &run] {
    run = [options] {
      return Session::Run("endorsements import", options->remote, [&](Session& session) { return Import(session, *options); });
    };
  });
}

}  // namespace vidimus
