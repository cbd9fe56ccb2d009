// Evidence from files, judged offline: what `vidimus appraise` and `vidimus policy test` do with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "appraise/appraise.h"
#include "service/intel_settings.h"

namespace vidimus {

// Paths, and options as command lines spell them.
struct EvidenceFiles {
  AttestationType type = AttestationType::kSgxEnclave;
  std::string evidence;
  std::string runtime_data;  // empty: none
  bool runtime_data_is_json = false;
  std::vector<std::string> endorsements;  // files or folders
  std::vector<std::string> sim_roots;     // of simulated vendors to trust
  IntelSettingsText settings;
  std::optional<int64_t> evaluation;
  std::string at;  // RFC 3339; empty: now
};

// What they hold.
struct OfflineEvidence {
  AppraisalRequest request;
  AppraisalSettings settings;
  std::vector<NamedDocument> documents;
  std::vector<TrustAnchor> anchors;
  UnixTime now = 0;
};

// Intel's root, and those of the simulated vendors in these PEM files. Errors: as ReadFile, ParsePem, ParseCertificate and SimulatedAnchor.
Result<std::vector<TrustAnchor>> ReadAnchors(const std::vector<std::string>& sim_roots);

// Errors: as ReadFile, ReadAnchors, ReadSgxSettings and ParseRfc3339Utc.
Result<OfflineEvidence> ReadOfflineEvidence(const EvidenceFiles& files);

// Endorsements that cannot be used are a refusal at the stage gather. Points into `policy`.
Appraisal AppraiseOffline(OfflineEvidence evidence, const Program& policy);

}  // namespace vidimus
