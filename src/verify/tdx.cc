#include "verify/tdx.h"

#include "base/hex.h"
#include "crypto/digest.h"

namespace vidimus {
namespace {

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

}  // namespace

// One verification in progress.
class TdxVerifier {
 public:
  TdxVerifier(const TdxEvidence& evidence, const TdxQuote& quote, const TdxSettings& settings, const IntelContext& context, Checks& checks)
      : evidence_(evidence), quote_(quote), settings_(settings), checks_(checks), intel_(quote, &quote.report, context, checks) {}

  void Run(std::optional<int64_t> evaluation_data_number, TdxVerification& out) {
    const Status status = Verify(evaluation_data_number);
    intel_.Report(out);
    if (status)
      out.verified = VerifiedTdx(quote_, intel_.findings());
    else
      out.verified = tl::unexpected(status.error());
  }

 private:
  Status Verify(std::optional<int64_t> number) {
    VIDIMUS_CHECK_OK(intel_.VerifyPlatform(number));
    VIDIMUS_CHECK_OK(intel_.evaluation().RequireModule(quote_.report.tee_tcb_svn, &quote_.report));
    VIDIMUS_CHECK_OK(intel_.VerifyQuote());
    VIDIMUS_CHECK_OK(VerifyReport());
    VIDIMUS_CHECK_OK(VerifyBindings());
    return intel_.VerifyTcb();
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
