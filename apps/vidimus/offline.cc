#include "offline.h"

#include <utility>

#include "clock.h"
#include "codec/pem.h"
#include "files.h"
#include "service/intel_settings.h"

namespace vidimus {
namespace {

Result<TrustAnchor> ReadSimulatedRoot(const std::string& path) {
  VIDIMUS_TRY(const ByteVector text, ReadFile(path));
  VIDIMUS_TRY(const auto blocks, ParsePem(AsText(text), 1));
  VIDIMUS_TRY(const Certificate root, ParseCertificate(blocks.front().der));
  return SimulatedAnchor(root);
}

}  // namespace

Result<std::vector<TrustAnchor>> ReadAnchors(const std::vector<std::string>& sim_roots) {
  std::vector<TrustAnchor> out = {IntelRootAnchor()};
  for (const std::string& path : sim_roots) {
    VIDIMUS_TRY(TrustAnchor anchor, ReadSimulatedRoot(path));
    out.push_back(std::move(anchor));
  }
  return out;
}

Result<OfflineEvidence> ReadOfflineEvidence(const EvidenceFiles& files) {
  OfflineEvidence out;
  out.request.type = files.type;
  VIDIMUS_TRY(out.request.evidence, ReadFile(files.evidence));
  if (!files.runtime_data.empty()) {
    VIDIMUS_TRY(ByteVector bytes, ReadFile(files.runtime_data));
    out.request.runtime_data = BoundData{std::move(bytes), files.runtime_data_is_json};
  }
  if (files.type == AttestationType::kTdxVm) {
    VIDIMUS_TRY(out.settings.tdx, ReadTdxSettings(files.settings));
  } else {
    VIDIMUS_TRY(out.settings.sgx, ReadSgxSettings(files.settings));
  }
  out.settings.evaluation_data_number = files.evaluation;
  VIDIMUS_TRY(out.documents, ReadDocuments(files.endorsements));
  VIDIMUS_TRY(out.anchors, ReadAnchors(files.sim_roots));
  out.now = SystemNow();
  if (!files.at.empty()) {
    VIDIMUS_TRY(out.now, ParseRfc3339Utc(files.at));
  }
  return out;
}

Appraisal AppraiseOffline(OfflineEvidence evidence, const Program& policy) {
  auto endorsements = IntelEndorsements::Load(evidence.documents, std::move(evidence.anchors));
  if (endorsements) return Appraise(evidence.request, *endorsements, policy, evidence.settings, evidence.now);
  Appraisal out;
  out.stage = "gather";
  out.error = std::move(endorsements).error();
  return out;
}

}  // namespace vidimus
