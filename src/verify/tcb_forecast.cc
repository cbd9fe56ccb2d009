#include "verify/tcb_forecast.h"

#include <algorithm>

#include "verify/tcb.h"

namespace vidimus {
namespace {

// TCB info of version 3 says with each component who updates it, and what it is; the same in every level.
std::string ComponentName(const TcbInfo& info, IntelTee tee, size_t index) {
  std::string out = std::string(IntelTeeName(tee)) + " component " + std::to_string(index + 1);
  const Json* levels = info.document.value.Find("tcbLevels");
  const Json* tcb = levels == nullptr || levels->AsArray() == nullptr ? nullptr : levels->AsArray()->front().Find("tcb");
  const Json* list = tcb == nullptr ? nullptr : tcb->Find(tee == IntelTee::kSgx ? "sgxtcbcomponents" : "tdxtcbcomponents");
  if (list == nullptr || list->AsArray() == nullptr) return out;
  std::string words;
  for (const char* member : {"category", "type"}) {
    const Json* text = list->AsArray()->at(index).Find(member);
    if (text != nullptr && text->AsString() != nullptr) words.append(words.empty() ? "" : ": ").append(*text->AsString());
  }
  return words.empty() ? out : out + " (" + words + ")";
}

// Of a list from best to worst: the level the platform is at when that is UpToDate, else the best there is.
template <typename Level>
const Level& BestLevel(const std::vector<Level>& levels, const Level* at) {
  if (at != nullptr && at->verdict.status == TcbStatus::kUpToDate) return *at;
  const auto best = std::find_if(levels.begin(), levels.end(), [](const Level& one) { return one.verdict.status == TcbStatus::kUpToDate; });
  return best == levels.end() ? levels.front() : *best;
}

class Shortfalls {
 public:
  Shortfalls(const PlatformTcb& platform, const TcbInfo& info) : platform_(platform), info_(info) {}

  // Of the platform's levels; of a TD, with these SVNs and those of its module.
  void AddPlatform(const std::array<uint8_t, 16>* svn, const std::string& when) {
    const TcbLevel& best = BestLevel(info_.levels, FindPlatformLevel(info_, platform_, svn));
    for (size_t i = 0; i < platform_.components.size(); ++i)
      if (platform_.components[i] < best.components[i])
        Add(ComponentName(info_, IntelTee::kSgx, i), platform_.components[i], best.components[i]);
    Add("PCE SVN", platform_.pce_svn, best.pce_svn);
    if (svn == nullptr) return;
    const uint8_t major = (*svn)[1];
    for (size_t i = major > 0 ? 2 : 0; i < svn->size(); ++i)
      if ((*svn)[i] < best.tdx_components[i]) Add(ComponentName(info_, IntelTee::kTdx, i) + when, (*svn)[i], best.tdx_components[i]);
    const TdxModuleIdentity* identity = major > 0 ? FindModuleIdentity(info_, major) : nullptr;
    if (identity != nullptr) AddSvn(identity->levels, "TDX module " + std::to_string(major) + " SVN" + when, (*svn)[0]);
  }

  void AddSvn(const std::vector<SvnTcbLevel>& levels, const std::string& component, int64_t svn) {
    Add(component, svn, BestLevel(levels, FindSvnLevel(levels, static_cast<uint16_t>(svn))).isv_svn);
  }

  std::vector<TcbShortfall> Take() { return std::move(out_); }

 private:
  // Each once: launch and today share what is not the TD's.
  void Add(std::string component, int64_t found, int64_t needed) {
    if (found >= needed) return;
    TcbShortfall one{std::move(component), found, needed};
    if (std::find(out_.begin(), out_.end(), one) == out_.end()) out_.push_back(std::move(one));
  }

  const PlatformTcb& platform_;
  const TcbInfo& info_;
  std::vector<TcbShortfall> out_;
};

std::vector<TcbShortfall> ShortfallsOf(const PlatformTcb& platform, const SelectedIntelEndorsements& endorsements) {
  Shortfalls out(platform, endorsements.tcb_info->document);
  const auto& launch = platform.tee_tcb_svn;
  const auto& current = platform.tee_tcb_svn_2;
  out.AddPlatform(current ? &*current : launch ? &*launch : nullptr, "");
  if (current && *current != *launch) out.AddPlatform(&*launch, " at launch");
  out.AddSvn(endorsements.qe_identity->document.levels, "quoting enclave ISVSVN", platform.qe_isv_svn);
  return out.Take();
}

// Endorsements of one of the roots that have the platform's anchor as their name: simulated vendors share one.
Result<SelectedIntelEndorsements> Choose(const PlatformTcb& platform, const IntelEndorsements& endorsements, const TcbBaseline& baseline,
                                         const TcbSettings& settings, UnixTime now) {
  Result<SelectedIntelEndorsements> out =
      Fail(ErrorCode::kUntrusted, "forecast.trust_anchor",
           "the platform was verified to the root \"" + platform.trust_anchor + "\", expected the name of one that is trusted");
  const std::string_view ca = platform.pck_ca == "platform" ? kIntelPlatformCaName : kIntelProcessorCaName;
  for (const TrustAnchor& anchor : endorsements.anchors()) {
    if (anchor.name != platform.trust_anchor) continue;
    out = EvaluationNumberOf(baseline, platform.tee, anchor.key, endorsements, now, settings.expiry)
              .and_then([&](std::optional<int64_t> number) {
                return endorsements.Select({platform.tee, platform.fmspc, std::string(ca), anchor, number, now, settings.expiry});
              });
    if (out) break;
  }
  return out;
}

// Of verification, what comes after the choice of endorsements and does not look at the quote.
Status Evaluate(TcbEvaluation& evaluation, const PlatformTcb& platform) {
  VIDIMUS_CHECK_OK(evaluation.RequirePlatform());
  if (platform.tee_tcb_svn) VIDIMUS_CHECK_OK(evaluation.RequireModule(*platform.tee_tcb_svn, nullptr));
  return evaluation.Evaluate();
}

JsonObject ErrorJson(const Error& error) { return {{"code", error.where}, {"message", error.detail}}; }

}  // namespace

Result<TcbForecast> ForecastTcb(const PlatformTcb& platform, const IntelEndorsements& endorsements, TcbBaseline baseline,
                                const TcbSettings& settings, UnixTime now) {
  VIDIMUS_TRY(const SelectedIntelEndorsements selected, Choose(platform, endorsements, baseline, settings, now));
  Checks checks;
  TcbEvaluation evaluation(platform, selected, baseline.kind, settings, now, checks);
  const Status current = evaluation.RequireCurrent();
  const Status evaluated = Evaluate(evaluation, platform);  // a verdict by what has expired is worth knowing, though refused
  const Status& status = current ? evaluated : current;
  TcbForecast out{evaluation.evaluation_data_number(), {}, {}, 0, {}, ShortfallsOf(platform, selected)};
  if (!status) out.refusal = status.error();
  if (const auto& verdict = evaluation.verdict()) {
    out.status = verdict->status;
    out.advisory_ids = verdict->advisory_ids;
    out.date = verdict->date;
  }
  return out;
}

JsonObject ForecastToJson(const Result<TcbForecast>& forecast) {
  if (!forecast) return {{"error", ErrorJson(forecast.error())}};
  const auto& status = forecast->status;
  JsonArray advisories, shortfalls;
  for (const std::string& one : forecast->advisory_ids) advisories.emplace_back(one);
  for (const TcbShortfall& one : forecast->shortfalls)
    shortfalls.push_back(JsonObject{{"component", one.component}, {"found", one.found}, {"needed", one.needed}});
  JsonObject out = {{"evaluationDataNumber", forecast->evaluation_data_number},
                    {"status", status ? Json(TcbStatusName(*status)) : Json()},
                    {"advisoryIds", std::move(advisories)},
                    {"tcbDate", status ? Json(FormatRfc3339Utc(forecast->date)) : Json()},
                    {"accepted", !forecast->refusal}};
  if (forecast->refusal) out.emplace_back("refusal", ErrorJson(*forecast->refusal));
  out.emplace_back("short", std::move(shortfalls));
  return out;
}

}  // namespace vidimus
