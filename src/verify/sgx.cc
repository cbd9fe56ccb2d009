#include "verify/sgx.h"

#include "base/hex.h"
#include "crypto/digest.h"

namespace vidimus {
namespace {

constexpr uint64_t kKnownFlags = kSgxFlagInit | kSgxFlagDebug | kSgxFlagMode64 | kSgxFlagProvisionKey | kSgxFlagEinittokenKey |
                                 kSgxFlagCet | kSgxFlagKss | kSgxFlagAexNotify;

struct AttributeRule {
  SgxAttribute attribute;
  uint64_t bits;
  std::string_view where, name, expected;
};

constexpr std::array<AttributeRule, 4> kAttributeRules = {
    {{SgxAttribute::kDebug, kSgxFlagDebug, "sgx.report.debug", "debug", "DEBUG clear"},
     {SgxAttribute::kProvisionKey, kSgxFlagProvisionKey, "sgx.report.provision_key", "provision_key", "PROVISION_KEY clear"},
     {SgxAttribute::kEinittokenKey, kSgxFlagEinittokenKey, "sgx.report.einittoken_key", "einittoken_key", "EINITTOKEN_KEY clear"},
     {SgxAttribute::kUnknown, ~kKnownFlags, "sgx.report.unknown_attributes", "unknown_attributes", "no unknown attribute bit"}}};

}  // namespace

// One verification in progress.
class SgxVerifier {
 public:
  SgxVerifier(const SgxEvidence& evidence, const SgxQuote& quote, const SgxSettings& settings, const IntelContext& context, Checks& checks)
      : evidence_(evidence), quote_(quote), settings_(settings), checks_(checks), intel_(quote, nullptr, context, checks) {}

  void Run(std::optional<int64_t> evaluation_data_number, SgxVerification& out) {
    const Status status = Verify(evaluation_data_number);
    intel_.Report(out);
    if (status)
      out.verified = VerifiedSgx(quote_, intel_.findings());
    else
      out.verified = tl::unexpected(status.error());
  }

 private:
  Status Verify(std::optional<int64_t> number) {
    VIDIMUS_CHECK_OK(intel_.VerifyPlatform(number));
    VIDIMUS_CHECK_OK(intel_.VerifyQuote());
    VIDIMUS_CHECK_OK(VerifyReport());
    VIDIMUS_CHECK_OK(VerifyBindings());
    return intel_.VerifyTcb();
  }

  // Section 6, "Beyond QVL": reserved fields refuse; the attribute bits are noted, for a policy to judge.
  Status VerifyReport() {
    const SgxReportBody& report = quote_.report;
    const uint64_t flags = SgxFlags(report);
    const Bytes shown = Bytes(report.attributes).first(8);
    for (const AttributeRule& rule : kAttributeRules) {
      const bool clear = (flags & rule.bits) == 0;
      checks_.Note(rule.where, clear, {ShowHex(shown)}, {rule.expected});
      if (!clear && settings_.refused_attributes.contains(rule.attribute))
        return Fail(ErrorCode::kUnacceptable, rule.where,
                    "found ATTRIBUTES.FLAGS " + HexEncode(shown) + ", expected " + std::string(rule.expected) + " by setting");
    }
    const bool zero = AllZero(report.reserved1) && AllZero(report.reserved2) && AllZero(report.reserved3) && AllZero(report.reserved4);
    return checks_.Require(ErrorCode::kMalformed, "sgx.report.reserved", zero, {zero ? "zero" : "not zero"}, {"zero"});
  }

  Status RequireDigest(Bytes data, Bytes bound, std::string_view where) {
    const Sha256Digest digest = Sha256(data);
    return checks_.Require(ErrorCode::kUntrusted, where, Equal(digest, bound), {ShowHex(bound)},
                           {"SHA-256 of the data, ", ShowHex(digest)});
  }

  Status VerifyBindings() {
    const SgxReportBody& report = quote_.report;
    const Bytes report_data = Bytes(report.report_data).first(32);
    if (evidence_.custom_claims) VIDIMUS_CHECK_OK(RequireDigest(*evidence_.custom_claims, report_data, "sgx.binding.custom_claims"));
    if (evidence_.runtime_data) VIDIMUS_CHECK_OK(RequireDigest(*evidence_.runtime_data, report_data, "sgx.binding.runtime_data"));
    if (!evidence_.init_time_data) return {};
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnsupported, "sgx.binding.kss", (SgxFlags(report) & kSgxFlagKss) != 0,
                                     {"an enclave without KSS"}, {"KSS, whose CONFIGID binds init-time data"}));
    return RequireDigest(*evidence_.init_time_data, Bytes(report.config_id).first(32), "sgx.binding.init_time_data");
  }

  const SgxEvidence& evidence_;
  const SgxQuote& quote_;
  const SgxSettings& settings_;
  Checks& checks_;
  IntelVerifier intel_;
};

std::string_view SgxAttributeName(SgxAttribute attribute) { return kAttributeRules[static_cast<size_t>(attribute)].name; }

SgxVerification VerifySgx(const SgxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const SgxSettings& settings, UnixTime now, IntelVerificationCache* cache) {
  SgxVerification out;
  const auto quote = ParseSgxQuote(evidence.quote);
  if (const Status format = out.checks.Step("sgx.quote.format", quote ? Status{} : tl::unexpected(quote.error())); !format) {
    out.verified = tl::unexpected(format.error());
    return out;
  }
  const IntelVerificationCache::Lease lease(cache);
  const IntelContext context{endorsements, settings, now, lease.part()};
  SgxVerifier(evidence, *quote, settings, context, out.checks).Run(evaluation_data_number, out);
  return out;
}

}  // namespace vidimus
