#include "api/collateral_index.h"

#include "codec/json.h"

namespace vidimus {
namespace {

using Choice = CollateralQuestion::Choice;

IntelDocumentKey WithoutNumber(IntelDocumentKey key) {
  key.evaluation_data_number.reset();
  return key;
}

bool HasNumber(const IntelDocumentKey& key) {
  return key.kind == IntelDocumentKind::kTcbInfo || key.kind == IntelDocumentKind::kQeIdentity;
}

// Of TDX there is version 3 only.
int TcbInfoVersion(const HeldIntelDocument& document) {
  if (document.key.kind != IntelDocumentKind::kTcbInfo) return 0;
  if (document.key.tee == IntelTee::kTdx) return 3;
  const auto json = ParseJson(AsText(document.content));
  const Json* const info = json ? json->Find("tcbInfo") : nullptr;
  const Json* const version = info == nullptr ? nullptr : info->Find("version");
  return version == nullptr || version->AsInt() == nullptr ? 0 : static_cast<int>(*version->AsInt());
}

// Of two issues of the same, as CheckNoRollback has it.
bool IsOlder(const HeldIntelDocument& a, const HeldIntelDocument& b) {
  if (IsSmallerCrlNumber(a.crl_number, b.crl_number)) return true;
  return !IsSmallerCrlNumber(b.crl_number, a.crl_number) && a.issued < b.issued;
}

std::string NotHeld(const CollateralQuestion& question) {
  std::string name = IntelDocumentName(question.key);
  if (question.key.kind == IntelDocumentKind::kTcbInfo) name += ", version " + std::to_string(question.tcb_info_version);
  return "found no " + name + " among the documents held; this service fetches nothing because it is asked for here";
}

}  // namespace

CollateralIndex::CollateralIndex(std::shared_ptr<const IntelEndorsements> endorsements) : endorsements_(std::move(endorsements)) {
  for (HeldIntelDocument& document : endorsements_->Held()) {
    if (!document.anchor) continue;
    IntelDocumentKey key = WithoutNumber(document.key);
    const int version = TcbInfoVersion(document);
    by_subject_[std::move(key)].push_back({std::move(document), version});
  }
}

Result<const HeldIntelDocument*> CollateralIndex::Find(const CollateralQuestion& question, UnixTime now) const {
  bool standard_known = false;
  for (const TrustAnchor& anchor : endorsements_->anchors())
    if (const auto* const found = FindOf(anchor, question, now, standard_known)) return found;
  if (HasNumber(question.key) && question.choice == Choice::kStandard && !standard_known)
    return Fail(ErrorCode::kMissing, "collateral.standard",
                "found no list of " + std::string(IntelTeeName(question.key.tee)) +
                    " evaluation numbers in force, without which no number is standard: give this service one, or ask with update=early");
  return Fail(ErrorCode::kMissing, "collateral.missing", NotHeld(question));
}

const HeldIntelDocument* CollateralIndex::FindOf(const TrustAnchor& anchor, const CollateralQuestion& question, UnixTime now,
                                                 bool& standard_known) const {
  const auto entries = by_subject_.find(WithoutNumber(question.key));
  const bool numbered = HasNumber(question.key);
  std::optional<int64_t> wanted;
  if (numbered && question.choice == Choice::kNumber) wanted = question.key.evaluation_data_number;
  if (numbered && question.choice == Choice::kStandard) {
    wanted = endorsements_->StandardNumber(question.key.tee, anchor.key, now);
    if (!wanted) return nullptr;
    standard_known = true;
  }
  if (entries == by_subject_.end()) return nullptr;
  std::map<int64_t, const HeldIntelDocument*> latest;  // by number; of CRLs and lists there is one
  for (const auto& [document, version] : entries->second) {
    if (document.issued > now || !(document.anchor->key == anchor.key)) continue;
    if (question.key.kind == IntelDocumentKind::kTcbInfo && version != question.tcb_info_version) continue;
    if (wanted && document.key.evaluation_data_number != wanted) continue;
    const HeldIntelDocument*& best = latest[document.key.evaluation_data_number.value_or(0)];
    if (best == nullptr || IsOlder(*best, document)) best = &document;
  }
  for (auto one = latest.rbegin(); one != latest.rend(); ++one)
    if (now <= one->second->next_update) return one->second;
  return latest.empty() ? nullptr : latest.rbegin()->second;
}

}  // namespace vidimus
