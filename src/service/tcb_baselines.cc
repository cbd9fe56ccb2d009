#include "service/tcb_baselines.h"

#include <algorithm>
#include <map>

#include "appraise/appraise.h"

namespace vidimus {
namespace {

// What Microsoft has published of them, maa-rest-api section 1.7.
struct PlatformSoftware {
  int64_t number;
  std::string_view released, linux_version, windows_version;
};
constexpr PlatformSoftware kPlatformSoftware[] = {
    {10, "2020-11-10T00:00:00Z", "2.9", "2.7.101.2"},     {11, "2021-06-08T00:00:00Z", "2.13.3", "2.13.100.2"},
    {12, "2021-11-10T00:00:00Z", "2.13.3", "2.13.100.2"}, {13, "2022-08-09T00:00:00Z", "2.17", "2.16"},
    {14, "2022-11-08T00:00:00Z", "2.17", "2.16"},         {15, "2023-02-14T00:00:00Z", "2.17", "2.16"}};

TcbBaselineEntry EntryOf(int64_t number, std::optional<UnixTime> released) {
  TcbBaselineEntry out;
  out.identifier = std::to_string(number);
  out.number = number;
  out.released = released;
  for (const PlatformSoftware& one : kPlatformSoftware) {
    if (one.number != number) continue;
    out.psw_linux = one.linux_version;
    out.psw_windows = one.windows_version;
    if (!out.released) out.released = ParseRfc3339Utc(one.released).value();
  }
  return out;
}

// The numbers of one TEE, of whatever root: an instance tells them apart by platform only.
class Numbers {
 public:
  Numbers(const IntelEndorsements& endorsements, IntelTee tee, UnixTime now) : endorsements_(endorsements), tee_(tee), now_(now) {
    for (const TrustAnchor& anchor : endorsements.anchors())
      if (const EvaluationNumbers* list = endorsements.NumbersAt(tee, anchor.key, now); list != nullptr)
        for (const EvaluationNumber& one : list->numbers) released_.emplace(one.number, one.recovery_event_date);
    const bool listed = !released_.empty();
    for (const HeldIntelDocument& held : endorsements.Held()) {
      if (held.key.kind != IntelDocumentKind::kTcbInfo || held.key.tee != tee || held.issued > now) continue;
      const int64_t number = held.key.evaluation_data_number.value_or(0);
      if (!listed) released_.emplace(number, std::nullopt);
      if (now <= held.next_update) early_ = std::max(early_, std::optional(number));
    }
  }

  const std::map<int64_t, std::optional<UnixTime>>& released() const { return released_; }

  // None where nothing held says what it is.
  std::optional<int64_t> Of(const TcbSettings& settings) const {
    switch (settings.baseline.kind) {
      case TcbBaseline::Kind::kNumber: return settings.baseline.number;
      case TcbBaseline::Kind::kEarly: return early_ ? early_ : Highest();
      case TcbBaseline::Kind::kStandard: break;
    }
    std::optional<int64_t> out;
    for (const TrustAnchor& anchor : endorsements_.anchors())
      out = std::max(out, endorsements_.StandardNumber(tee_, anchor.key, now_, settings.expiry));
    return out;
  }

 private:
  std::optional<int64_t> Highest() const { return released_.empty() ? std::nullopt : std::optional(released_.rbegin()->first); }

  const IntelEndorsements& endorsements_;
  const IntelTee tee_;
  const UnixTime now_;
  std::map<int64_t, std::optional<UnixTime>> released_;
  std::optional<int64_t> early_;
};

}  // namespace

Result<std::vector<TcbBaselineEntry>> TcbBaselines(const Instance& instance, AttestationType type, const IntelEndorsements& endorsements,
                                                   UnixTime now) {
  const bool of_tdx = type == AttestationType::kTdxVm;
  if (!of_tdx && type != AttestationType::kSgxEnclave && type != AttestationType::kOpenEnclave)
    return Fail(
        ErrorCode::kUnsupported, "request.evidence_type",
        "found " + std::string(AttestationTypeName(type)) + ", expected SgxEnclave, OpenEnclave or TdxVm: no others have TCB baselines");
  const auto& policy = instance.policies.at(type);
  if (!policy) return tl::unexpected(policy.error());
  VIDIMUS_TRY(const std::string selected, TcbIdentifierOf((*policy)->program));
  const Numbers numbers(endorsements, of_tdx ? IntelTee::kTdx : IntelTee::kSgx, now);
  const AppraisalSettings& settings = instance.settings.appraisal;
  const TcbSettings& tcb = of_tdx ? static_cast<const TcbSettings&>(settings.tdx) : settings.sgx;
  std::vector<TcbBaselineEntry> out;
  if (const auto number = numbers.Of(tcb)) {
    const auto known = numbers.released().find(*number);
    out.push_back(EntryOf(*number, known == numbers.released().end() ? std::nullopt : known->second));
    out.back().identifier = kDefaultTcbIdentifier;
  }
  for (auto one = numbers.released().rbegin(); one != numbers.released().rend(); ++one) out.push_back(EntryOf(one->first, one->second));
  for (TcbBaselineEntry& entry : out) entry.selected = entry.identifier == selected;
  return out;
}

}  // namespace vidimus
