#include "verify/tcb_evaluation.h"

#include <algorithm>

#include "verify/tcb.h"

namespace vidimus {
namespace {

bool MatchesModule(const std::array<uint8_t, 8>& attributes, const TdxModule& module) {
  for (size_t i = 0; i < attributes.size(); ++i)
    if ((attributes[i] & module.attributes_mask[i]) != module.attributes[i]) return false;
  return AllZero(attributes);  // section 5.3: whatever the mask
}

}  // namespace

std::string_view TcbBaselineName(TcbBaseline::Kind kind) {
  static constexpr std::string_view kNames[] = {"early", "standard", "number"};
  return kNames[static_cast<size_t>(kind)];
}

TcbSettings::TcbSettings()
    : accepted_tcb{TcbStatus::kUpToDate, TcbStatus::kSwHardeningNeeded, TcbStatus::kConfigurationNeeded,
                   TcbStatus::kConfigurationAndSwHardeningNeeded} {}

Result<std::optional<int64_t>> EvaluationNumberOf(const TcbBaseline& baseline, IntelTee tee, const P256PublicKey& root,
                                                  const IntelEndorsements& endorsements, UnixTime now, const Expiry& expiry) {
  if (baseline.kind == TcbBaseline::Kind::kEarly) return std::nullopt;
  if (baseline.kind == TcbBaseline::Kind::kNumber) return baseline.number;
  const auto standard = endorsements.StandardNumber(tee, root, now, expiry);
  if (standard) return standard;
  return Fail(ErrorCode::kMissing, "intel.select.standard",
              "the standard baseline is asked for, and no list of " + std::string(IntelTeeName(tee)) +
                  " evaluation numbers is held that is in force and names one of twelve months ago");
}

Status TcbEvaluation::RequireCurrent() {
  VIDIMUS_CHECK_OK(RequireInForce(info_.issue_date, info_.next_update, names().tcb_info_validity));
  return RequireInForce(identity_.issue_date, identity_.next_update, names().qe_identity_validity);
}

Status TcbEvaluation::RequireInForce(UnixTime issued, UnixTime next_update, std::string_view where) {
  return checks_.Require(ErrorCode::kExpired, where, issued <= now_ && settings_.expiry.Covers(next_update, now_), {ShowTime(now_)},
                         {ShowTime(issued), " to ", ShowTime(next_update), LeniencyText(settings_.expiry)});
}

Status TcbEvaluation::RequirePlatform() {
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, names().tcb_info_fmspc, info_.fmspc == platform_.fmspc, {ShowHex(info_.fmspc)},
                                   {ShowHex(platform_.fmspc)}));
  return checks_.Require(ErrorCode::kMismatch, names().tcb_info_pce_id, info_.pce_id == platform_.pce_id, {ShowHex(info_.pce_id)},
                         {ShowHex(platform_.pce_id)});
}

Status TcbEvaluation::RequireModule(const std::array<uint8_t, 16>& svn, const TdReportBody* report) {
  const TdxModule* module = &info_.module;
  if (svn[1] > 0) {
    const TdxModuleIdentity* identity = FindModuleIdentity(info_, svn[1]);
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "tdx.module.identity", identity != nullptr,
                                     {"a TDX module of major version ", ShowNumber(svn[1])}, {"one whose identity the TCB info has"}));
    module = &identity->module;
  }
  if (report == nullptr) return {};
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "tdx.module.mr_signer", report->mr_signer_seam == module->mr_signer,
                                   {ShowHex(report->mr_signer_seam)}, {ShowHex(module->mr_signer)}));
  return checks_.Require(ErrorCode::kMismatch, "tdx.module.attributes", MatchesModule(report->seam_attributes, *module),
                         {ShowHex(report->seam_attributes)},
                         {"zero, and ", ShowHex(module->attributes), " under mask ", ShowHex(module->attributes_mask)});
}

Status TcbEvaluation::Evaluate(const TdReportBody* report) {
  VIDIMUS_TRY(TcbLevelVerdict levels, Levels(report));
  verdict_ = {levels.status, std::move(levels.advisory_ids), levels.date, evaluation_data_number(), baseline_};
  return RequireAccepted();
}

Result<TcbLevelVerdict> TcbEvaluation::Levels(const TdReportBody* report) {
  if (!platform_.tee_tcb_svn) {
    VIDIMUS_TRY(const TcbLevel* level, FindLevel(nullptr));
    VIDIMUS_TRY(const SvnTcbLevel* qe_level, FindQeLevel());
    return Converge(level->verdict, qe_level->verdict);
  }
  VIDIMUS_TRY(const SvnTcbLevel* qe_level, FindQeLevel());
  VIDIMUS_TRY(TcbLevelVerdict launch, LevelOf(*platform_.tee_tcb_svn, *qe_level));
  if (!platform_.tee_tcb_svn_2) return launch;
  // Section 5.6: the module may have been updated under the TD.
  VIDIMUS_CHECK_OK(RequireModule(*platform_.tee_tcb_svn_2, report));
  VIDIMUS_TRY(const TcbLevelVerdict current, LevelOf(*platform_.tee_tcb_svn_2, *qe_level));
  return ConvergeLaunch(launch, current);
}

// The level of a TD with these SVNs, with those of its module and of the quoting enclave.
Result<TcbLevelVerdict> TcbEvaluation::LevelOf(const std::array<uint8_t, 16>& svn, const SvnTcbLevel& qe_level) {
  VIDIMUS_TRY(const TcbLevel* level, FindLevel(&svn));
  TcbLevelVerdict verdict = Converge(level->verdict, qe_level.verdict);
  if (svn[1] == 0) return verdict;
  const TdxModuleIdentity* identity = FindModuleIdentity(info_, svn[1]);  // RequireModule has found it
  const SvnTcbLevel* module_level = FindSvnLevel(identity->levels, svn[0]);
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, "tdx.tcb.module_level", module_level != nullptr,
                                   {"TDX module ", ShowNumber(svn[1]), " SVN ", ShowNumber(svn[0])},
                                   {"a level at or below it in the module's identity"}));
  return Converge(verdict, module_level->verdict);
}

// The first level at or below the platform, of a TD with these SVNs.
Result<const TcbLevel*> TcbEvaluation::FindLevel(const std::array<uint8_t, 16>* tee_tcb_svn) {
  const TcbLevel* level = FindPlatformLevel(info_, platform_, tee_tcb_svn);
  const Bytes td = tee_tcb_svn == nullptr ? Bytes() : Bytes(*tee_tcb_svn);
  VIDIMUS_CHECK_OK(checks_.Require(
      ErrorCode::kUnacceptable, names().platform_level, level != nullptr,
      {ShowHex(platform_.components), " PCESVN ", ShowNumber(platform_.pce_svn), td.empty() ? "" : " TEE_TCB_SVN ", ShowHex(td)},
      {"a level at or below it in the TCB info"}));
  return level;
}

Result<const SvnTcbLevel*> TcbEvaluation::FindQeLevel() {
  const SvnTcbLevel* level = FindSvnLevel(identity_.levels, platform_.qe_isv_svn);
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, names().qe_level, level != nullptr,
                                   {"ISVSVN ", ShowNumber(platform_.qe_isv_svn)}, {"a level at or below it in the QE identity"}));
  return level;
}

Status TcbEvaluation::RequireAccepted() {
  const TcbStatus status = verdict_->status;
  const std::string_view name = TcbStatusName(status);
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kRevoked, names().tcb_revoked, status != TcbStatus::kRevoked, {name}, {"not Revoked"}));
  std::string accepted;
  for (const TcbStatus one : settings_.accepted_tcb) accepted.append(accepted.empty() ? "" : ", ").append(TcbStatusName(one));
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, names().tcb_status, settings_.accepted_tcb.contains(status), {name},
                                   {"one of ", accepted}));
  VIDIMUS_CHECK_OK(RequireEvaluationNumber());
  return RequireAdvisories();
}

Status TcbEvaluation::RequireEvaluationNumber() {
  const int64_t number = verdict_->evaluation_data_number;
  const int64_t least = settings_.least_evaluation_number.value_or(0);
  return checks_.Require(ErrorCode::kUnacceptable, names().tcb_evaluation_number, number >= least,
                         {ShowNumber(number), ", chosen as ", TcbBaselineName(baseline_)}, {"at least ", ShowNumber(least)});
}

Status TcbEvaluation::RequireAdvisories() {
  if (!settings_.accepted_advisories) return {};
  const auto& accepted = *settings_.accepted_advisories;
  std::string others, list;
  for (const std::string& one : verdict_->advisory_ids)
    if (!accepted.contains(one)) others.append(others.empty() ? "" : ", ").append(one);
  for (const std::string& one : accepted) list.append(list.empty() ? "" : ", ").append(one);
  const std::string found = others.empty() ? std::to_string(verdict_->advisory_ids.size()) + " advisories, each accepted" : others;
  return checks_.Require(ErrorCode::kUnacceptable, names().tcb_advisories, others.empty(), {found},
                         {"none but ", list.empty() ? "none" : list});
}

}  // namespace vidimus
