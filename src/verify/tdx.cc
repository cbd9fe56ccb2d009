#include "verify/tdx.h"

#include "base/hex.h"
#include "crypto/digest.h"
#include "verify/tcb.h"

namespace vidimus {
namespace {

using TeeTcbSvn = std::array<uint8_t, 16>;

struct AttributeRule {
  TdxAttribute attribute;
  uint64_t bits;  // of TDATTRIBUTES
  std::string_view where, name, expected;
};

constexpr std::array<AttributeRule, 4> kAttributeRules = {
    {{TdxAttribute::kDebug, kTdAttributesDebug, "tdx.report.debug", "debug", "DEBUG clear"},
     {TdxAttribute::kUntrusted, kTdAttributesTud & ~kTdAttributesDebug, "tdx.report.untrusted", "untrusted", "TUD bits 1 to 7 clear"},
     {TdxAttribute::kUnknown, ~kTdAttributesKnown, "tdx.report.unknown_attributes", "unknown_attributes", "no unknown attribute bit"},
     {TdxAttribute::kServiceTd, 0, "tdx.report.service_td", "service_td", "no service TD: MRSERVICETD zero"}}};

bool MatchesModule(const std::array<uint8_t, 8>& attributes, const TdxModule& module) {
  for (size_t i = 0; i < attributes.size(); ++i)
    if ((attributes[i] & module.attributes_mask[i]) != module.attributes[i]) return false;
  return AllZero(attributes);  // section 5.3: whatever the mask
}

}  // namespace

// One verification in progress.
class TdxVerifier {
 public:
  TdxVerifier(const TdxEvidence& evidence, const TdxQuote& quote, const TdxSettings& settings, const IntelContext& context, Checks& checks)
      : evidence_(evidence),
        quote_(quote),
        settings_(settings),
        checks_(checks),
        intel_(IntelTee::kTdx, kTdxChecks, quote, context, checks) {}

  void Run(std::optional<int64_t> evaluation_data_number, TdxVerification& out) {
    const Status status = Verify(evaluation_data_number);
    out.gathered = intel_.gathered();
    out.tcb = intel_.tcb();
    out.lacks = intel_.lacks();
    if (status)
      out.verified = VerifiedTdx(quote_, intel_.findings());
    else
      out.verified = tl::unexpected(status.error());
  }

 private:
  Status Verify(std::optional<int64_t> number) {
    VIDIMUS_CHECK_OK(intel_.VerifyPlatform(number));
    VIDIMUS_CHECK_OK(VerifyModule(quote_.report.tee_tcb_svn));
    VIDIMUS_CHECK_OK(intel_.VerifyQuote());
    VIDIMUS_CHECK_OK(VerifyReport());
    VIDIMUS_CHECK_OK(VerifyBindings());
    VIDIMUS_TRY(const SvnTcbLevel* qe_level, intel_.FindQeLevel());
    VIDIMUS_TRY(const TcbLevelVerdict launch, EvaluateTcb(quote_.report.tee_tcb_svn, *qe_level));
    if (quote_.body_type == 2) return intel_.VerifyVerdict(launch);
    // Section 5.6: the module may have been updated under the TD.
    const TeeTcbSvn& current_svn = quote_.report.v1_5->tee_tcb_svn_2;
    VIDIMUS_CHECK_OK(VerifyModule(current_svn));
    VIDIMUS_TRY(const TcbLevelVerdict current, EvaluateTcb(current_svn, *qe_level));
    return intel_.VerifyVerdict(ConvergeLaunch(launch, current));
  }

  // Section 5.3: byte 1 of the SVNs says which identity the module must have.
  Status VerifyModule(const TeeTcbSvn& svn) {
    const TcbInfo& info = intel_.tcb_info();
    const TdxModule* module = &info.module;
    if (svn[1] > 0) {
      const TdxModuleIdentity* identity = FindModuleIdentity(info, svn[1]);
      VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "tdx.module.identity", identity != nullptr,
                                       {"a TDX module of major version ", ShowNumber(svn[1])}, {"one whose identity the TCB info has"}));
      module = &identity->module;
    }
    const TdReportBody& report = quote_.report;
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "tdx.module.mr_signer", report.mr_signer_seam == module->mr_signer,
                                     {ShowHex(report.mr_signer_seam)}, {ShowHex(module->mr_signer)}));
    return checks_.Require(ErrorCode::kMismatch, "tdx.module.attributes", MatchesModule(report.seam_attributes, *module),
                           {ShowHex(report.seam_attributes)},
                           {"zero, and ", ShowHex(module->attributes), " under mask ", ShowHex(module->attributes_mask)});
  }

  // Section 6, "Beyond QVL": noted, for a policy to judge.
  Status VerifyReport() {
    const TdReportBody& report = quote_.report;
    for (const AttributeRule& rule : kAttributeRules) {
      const bool of_service = rule.attribute == TdxAttribute::kServiceTd;
      const Bytes shown = !of_service ? Bytes(report.td_attributes) : report.v1_5 ? Bytes(report.v1_5->mr_service_td) : Bytes();
      const bool clear = of_service ? AllZero(shown) : (TdAttributes(report) & rule.bits) == 0;
      checks_.Note(rule.where, clear, {ShowHex(shown)}, {rule.expected});
      if (!clear && settings_.refused_attributes.contains(rule.attribute))
        return Fail(ErrorCode::kUnacceptable, rule.where,
                    "found " + HexEncode(shown) + ", expected " + std::string(rule.expected) + " by setting");
    }
    return {};
  }

  Status VerifyBindings() {
    const TdReportBody& report = quote_.report;
    if (evidence_.runtime_data) {
      const Sha256Digest digest = Sha256(*evidence_.runtime_data);
      const Bytes bound = Bytes(report.report_data).first(digest.size());
      VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, "tdx.binding.runtime_data", Equal(digest, bound), {ShowHex(bound)},
                                       {"SHA-256 of the data, ", ShowHex(digest)}));
    }
    if (!evidence_.init_time_data) return {};
    const Sha384Digest digest = Sha384(*evidence_.init_time_data);
    return checks_.Require(ErrorCode::kUntrusted, "tdx.binding.init_time_data", Equal(digest, report.mr_config_id),
                           {ShowHex(report.mr_config_id)}, {"SHA-384 of the data, ", ShowHex(digest)});
  }

  // The platform's level for these SVNs, with those of the module and the quoting enclave.
  Result<TcbLevelVerdict> EvaluateTcb(const TeeTcbSvn& svn, const SvnTcbLevel& qe_level) {
    VIDIMUS_TRY(const TcbLevel* level, intel_.FindLevel(&svn));
    TcbLevelVerdict verdict = Converge(level->verdict, qe_level.verdict);
    if (svn[1] == 0) return verdict;
    const TdxModuleIdentity* identity = FindModuleIdentity(intel_.tcb_info(), svn[1]);  // VerifyModule has found it
    const SvnTcbLevel* module_level = FindSvnLevel(identity->levels, svn[0]);
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, "tdx.tcb.module_level", module_level != nullptr,
                                     {"TDX module ", ShowNumber(svn[1]), " SVN ", ShowNumber(svn[0])},
                                     {"a level at or below it in the module's identity"}));
    return Converge(verdict, module_level->verdict);
  }

  const TdxEvidence& evidence_;
  const TdxQuote& quote_;
  const TdxSettings& settings_;
  Checks& checks_;
  IntelVerifier intel_;
};

std::string_view TdxAttributeName(TdxAttribute attribute) { return kAttributeRules[static_cast<size_t>(attribute)].name; }

TdxVerification VerifyTdx(const TdxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const TdxSettings& settings, UnixTime now, IntelVerificationCache* cache) {
  TdxVerification out;
  const auto quote = ParseTdxQuote(evidence.quote);
  if (const Status format = out.checks.Step("tdx.quote.format", quote ? Status{} : tl::unexpected(quote.error())); !format) {
    out.verified = tl::unexpected(format.error());
    return out;
  }
  const IntelVerificationCache::Lease lease(cache);
  const IntelContext context{endorsements, settings, now, lease.part()};
  TdxVerifier(evidence, *quote, settings, context, out.checks).Run(evaluation_data_number, out);
  return out;
}

}  // namespace vidimus
