#include "endorsements/server.h"

#include <CLI/CLI.hpp>

#include "gather/bundle.h"

namespace vidimus {
namespace {

tl::unexpected<Error> NotOurs(const std::string& what) {
  return Fail(ErrorCode::kMalformed, "client.answer", "found no " + what + " in the answer; see that the URL is a Vidimus service's");
}

const Json* Refused(const ServiceAnswer& answer) {
  if (answer.accepted()) return answer.body.Find("refused");
  const Json* const more = answer.error.Find("vidimus");
  return more == nullptr ? nullptr : more->Find("refused");
}

}  // namespace

void AddPathsOrServer(CLI::App& command, std::vector<std::string>& paths, RemoteOptions& remote) {
  AddInstanceOptions(command, remote);
  CLI::Option* const files = command.add_option("paths", paths, "Bundles, files or folders")->type_name("PATH");
  for (const char* option : {"--url", "--profile"}) files->excludes(command.get_option(option));
}

Result<Json> ListHeld(Session& session, const std::string& at) {
  VIDIMUS_TRY(const InstanceClient service, session.InstanceAsOperator());
  JsonObject out;
  JsonArray documents;
  for (size_t skip = 0;;) {
    VIDIMUS_TRY(const Json page, session.BodyOf(service.Endorsements(skip, at)));
    const Json* const shown = page.Find("documents");
    const Json* const as_of = page.Find("at");
    if (shown == nullptr || shown->AsArray() == nullptr || as_of == nullptr || as_of->AsString() == nullptr) return NotOurs("documents");
    documents.insert(documents.end(), shown->AsArray()->begin(), shown->AsArray()->end());
    if (out.empty()) out.emplace_back("at", *as_of);
    const Json* const next = page.Find("next");
    if (next == nullptr) break;
    if (next->AsInt() == nullptr || *next->AsInt() <= static_cast<int64_t>(skip)) return NotOurs("further page");
    skip = static_cast<size_t>(*next->AsInt());
  }
  out.emplace_back("documents", std::move(documents));
  return Json(std::move(out));
}

Result<std::string> DownloadBundle(Session& session, bool history) {
  VIDIMUS_TRY(const InstanceClient service, session.InstanceAsOperator());
  VIDIMUS_TRY(ServiceAnswer answer, service.ExportEndorsements(history));
  VIDIMUS_CHECK_OK(session.BodyOf(answer));
  VIDIMUS_CHECK_OK(ReadEndorsementBundle(AsBytes(answer.content)));
  return std::move(answer.content);
}

Result<IntelEndorsements> DownloadHeld(Session& session, std::vector<TrustAnchor> anchors) {
  VIDIMUS_TRY(const std::string text, DownloadBundle(session, true));
  VIDIMUS_TRY(const EndorsementBundle bundle, ReadEndorsementBundle(AsBytes(text)));
  const bool intel_alone = anchors.size() == 1;
  return IntelEndorsements::Load(bundle.documents, std::move(anchors)).map_error([&](Error error) {
    if (intel_alone) error.detail += "; what a dev server's vendor signs takes --sim-root";
    return error;
  });
}

Status SendPart(Session& session, const InstanceClient& service, const std::string& bundle, ImportOutcome& outcome) {
  VIDIMUS_TRY(const ServiceAnswer answer, service.ImportEndorsements(bundle));
  const Json* const refused = Refused(answer);
  if (!answer.accepted() && refused == nullptr) return session.BodyOf(answer).map([](const Json&) {});
  const Json* const added = answer.accepted() ? answer.body.Find("added") : nullptr;
  const Json* const held = answer.accepted() ? answer.body.Find("held") : nullptr;
  if (refused == nullptr || refused->AsArray() == nullptr) return NotOurs("list of what was refused");
  if (answer.accepted() && (added == nullptr || added->AsInt() == nullptr || held == nullptr || held->AsInt() == nullptr))
    return NotOurs("count of what was added");
  if (added != nullptr) outcome.added += *added->AsInt();
  if (held != nullptr) outcome.held += *held->AsInt();
  for (const Json& one : *refused->AsArray())
    if (outcome.said.insert(WriteJson(one)).second) outcome.refused.push_back(one);
  return {};
}

}  // namespace vidimus
