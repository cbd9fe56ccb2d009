// What the verbs of `vidimus endorsements` ask a running service for, as its operator.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "codec/json.h"
#include "endorsement/intel_endorsements.h"
#include "remote/session.h"

namespace vidimus {

// PATH…, or else --url, --ca and --profile: files, or a running service where there are none.
void AddPathsOrServer(CLI::App& command, std::vector<std::string>& paths, RemoteOptions& remote);

// What `vidimus endorsements list` shows, of what the service says that it holds: {"at", "documents"}, page by page until there is no more.
// `at`: RFC 3339, or empty for the service's now. Errors: as Session, client.answer
Result<Json> ListHeld(Session& session, const std::string& at);

// A bundle whose digests are right; nothing in it is verified. Errors: as Session, bundle.*
Result<std::string> DownloadBundle(Session& session, bool history);

// All that the service holds, verified here. Errors: as DownloadBundle and IntelEndorsements::Load
Result<IntelEndorsements> DownloadHeld(Session& session, std::vector<TrustAnchor> anchors);

// What became of the documents of an import, over all its parts.
struct ImportOutcome {
  int64_t added = 0, held = 0;
  JsonArray refused;           // {"document", "code", "message"}, each once: every part has all certificates
  std::set<std::string> said;  // those
};

// Sends a part of an import. That it was refused whole is an outcome too. Errors: as Session, client.answer
Status SendPart(Session& session, const InstanceClient& service, const std::string& bundle, ImportOutcome& outcome);

}  // namespace vidimus
