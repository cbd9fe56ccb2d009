#include "appraise/appraise.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "evidence/open_enclave.h"

namespace vidimus {
namespace {

constexpr std::string_view kTcbIdentifier = "x-ms-sgx-tcbidentifier";

Result<Json> ParseBoundJson(const ByteVector& bytes, std::string_view where) {
  std::string_view text = AsText(bytes);
  if (text.ends_with('\0')) text.remove_suffix(1);
  auto json = ParseJson(text);
  // Without the detail, which quotes the text: runtime data reaches no log (design, invariant 9).
  if (!json) return Fail(ErrorCode::kMalformed, where, "not the JSON it is declared to be: " + std::string(json.error().where));
  return json;
}

class Pipeline {
 public:
  Pipeline(const AppraisalRequest& request, const IntelEndorsements& endorsements, const Program& policy, const AppraisalSettings& settings,
           UnixTime now, IntelVerificationCache* cache)
      : request_(request), endorsements_(endorsements), policy_(policy), settings_(settings), now_(now), cache_(cache) {}

  Appraisal Run() {
    if (const Status status = Stages(); !status)
      out_.error = status.error();
    else
      out_.accepted = true;
    return std::move(out_);
  }

 private:
  Status Stages() {
    VIDIMUS_CHECK_OK(Decode());
    out_.stage = "configure";
    VIDIMUS_CHECK_OK(Configure());
    out_.stage = "gather";
    VIDIMUS_CHECK_OK(Verify());
    out_.stage = "decide";
    return Decide();
  }

  Status Decode() {
    quote_ = request_.evidence;
    if (request_.type == AttestationType::kOpenEnclave) {
      VIDIMUS_TRY(const OpenEnclaveEvidence framed, ParseOpenEnclave(request_.evidence));
      quote_ = framed.quote;
      if (framed.has_custom_claims) custom_claims_ = framed.custom_claims;
    }
    VIDIMUS_CHECK_OK(RequireQuote());
    VIDIMUS_CHECK_OK(DecodeBound(request_.runtime_data, "request.runtime_data", runtime_data_, runtime_));
    return DecodeBound(request_.init_time_data, "request.init_time_data", init_time_data_, init_time_);
  }

  Status RequireQuote() const {
    switch (request_.type) {
      case AttestationType::kSgxEnclave:
      case AttestationType::kOpenEnclave: return ParseSgxQuote(quote_).map([](const SgxQuote&) {});
      case AttestationType::kTdxVm: return ParseTdxQuote(quote_).map([](const TdxQuote&) {});
      default: break;
    }
    const std::string name(AttestationTypeName(request_.type));
    return Fail(ErrorCode::kUnsupported, "request.evidence_type",
                "found evidence of " + name + ", expected SgxEnclave, OpenEnclave or TdxVm: this version keeps the policies of " + name +
                    " and judges none of its evidence");
  }

  static Status DecodeBound(const std::optional<BoundData>& data, std::string_view where, std::optional<Bytes>& bytes,
                            std::optional<Json>& json) {
    if (!data) return {};
    if (data->bytes.size() > limits::kRuntimeDataBytes)
      return Fail(ErrorCode::kLimit, where,
                  "found " + std::to_string(data->bytes.size()) + " bytes, expected at most " + std::to_string(limits::kRuntimeDataBytes));
    bytes = data->bytes;
    if (!data->is_json) return {};
    VIDIMUS_TRY(json, ParseBoundJson(data->bytes, where));
    return {};
  }

  // Which evaluation number the owner wants judged by: the settings', else the policy's; else verification goes by its baseline.
  Status Configure() {
    VIDIMUS_TRY(identifier_, TcbIdentifierOf(policy_));
    number_ = settings_.evaluation_data_number;
    if (number_) identifier_ = std::to_string(*number_);
    if (number_ || identifier_ == kDefaultTcbIdentifier) return {};
    int64_t value = 0;
    const char* end = identifier_.data() + identifier_.size();
    const auto [stop, ec] = std::from_chars(identifier_.data(), end, value);
    if (ec != std::errc() || stop != end || value < 0)
      return Fail(ErrorCode::kUnsupported, "policy.tcb_identifier",
                  "found \"" + identifier_ + "\", expected \"azuredefault\" or an evaluation number");
    number_ = value;
    return {};
  }

  Status Verify() { return request_.type == AttestationType::kTdxVm ? VerifyTdxEvidence() : VerifySgxEvidence(); }

  Status VerifySgxEvidence() {
    const SgxEvidence evidence{quote_, custom_claims_, runtime_data_, init_time_data_};
    auto verification = VerifySgx(evidence, endorsements_, number_, settings_.sgx, now_, cache_);
    VIDIMUS_TRY(const VerifiedSgx verified, Taken(verification));
    SgxClaimsContext context{request_.evidence, identifier_, settings_.sgx.expiry, {}, std::move(runtime_), std::move(init_time_)};
    if (runtime_data_ && !context.runtime) context.held_data = runtime_data_;
    out_.verified = SgxClaims(verified, std::move(context));
    return {};
  }

  Status VerifyTdxEvidence() {
    auto verification = VerifyTdx({quote_, runtime_data_, init_time_data_}, endorsements_, number_, settings_.tdx, now_, cache_);
    VIDIMUS_TRY(const VerifiedTdx verified, Taken(verification));
    const TdReportBody& report = verified.quote().report;
    const auto& paravisors = settings_.tdx.paravisors;
    const bool compliant = std::find(paravisors.begin(), paravisors.end(), TdMeasurement{report.mr_td, report.mr_seam}) != paravisors.end();
    out_.verified = TdxClaims(verified, {compliant, settings_.tdx.expiry, std::move(runtime_), std::move(init_time_)});
    return {};
  }

  template <typename Verified>
  Result<Verified> Taken(IntelVerification<Verified>& verification) {
    if (verification.gathered || verification.verified || verification.verified.error().code != ErrorCode::kMissing) out_.stage = "verify";
    out_.checks = std::move(verification.checks);
    out_.platform = std::move(verification.platform);
    out_.tcb = std::move(verification.tcb);
    out_.lacks = verification.lacks;
    return std::move(verification.verified);
  }

  Status Decide() {
    auto decision = Evaluate(policy_, out_.verified->incoming());
    const bool permitted = decision && decision->permitted();
    if (!permitted) out_.explanation = Explain(policy_, out_.verified->incoming());
    if (!decision) return tl::unexpected(std::move(decision).error());
    out_.decision = *std::move(decision);
    if (permitted) return {};
    return Fail(ErrorCode::kDenied, "policy.decision", Summarise(policy_, *out_.explanation));
  }

  const AppraisalRequest& request_;
  const IntelEndorsements& endorsements_;
  const Program& policy_;
  const AppraisalSettings& settings_;
  const UnixTime now_;
  IntelVerificationCache* const cache_;
  Appraisal out_;
  Bytes quote_;
  std::optional<Bytes> custom_claims_, runtime_data_, init_time_data_;
  std::optional<Json> runtime_;
  std::optional<Json> init_time_;
  std::string identifier_;
  std::optional<int64_t> number_;
};

}  // namespace

Result<std::string> TcbIdentifierOf(const Program& policy) {
  VIDIMUS_TRY(const ClaimSet properties, EvaluateConfiguration(policy));
  std::string out(kDefaultTcbIdentifier);
  for (const Claim& property : properties)
    if (property.type == kTcbIdentifier)
      if (const auto* text = std::get_if<std::string>(&property.value)) out = *text;
  return out;
}

Appraisal Appraise(const AppraisalRequest& request, const IntelEndorsements& endorsements, const Program& policy,
                   const AppraisalSettings& settings, UnixTime now, IntelVerificationCache* cache) {
  return Pipeline(request, endorsements, policy, settings, now, cache).Run();
}

}  // namespace vidimus
