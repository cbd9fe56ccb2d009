#include "appraise/appraise.h"

#include <algorithm>
#include <charconv>

#include "base/base64url.h"
#include "base/limits.h"
#include "evidence/open_enclave.h"
#include "policy/parser.h"

namespace vidimus {
namespace {

constexpr std::string_view kTcbIdentifier = "x-ms-sgx-tcbidentifier";
constexpr std::string_view kDefaultTcbIdentifier = "azuredefault";

// One value of a claim type is a scalar in the token, several are an array in order of issue (policy-language section 2.7).
void AddIssued(const Claim& claim, JsonObject& out) {
  const auto at = std::find_if(out.begin(), out.end(), [&](const JsonMember& member) { return member.first == claim.type; });
  if (at == out.end()) {
    out.emplace_back(claim.type, ClaimValueToJson(claim.value));
    return;
  }
  JsonArray several = at->second.AsArray() == nullptr ? JsonArray{at->second} : *at->second.AsArray();
  several.push_back(ClaimValueToJson(claim.value));
  at->second = Json(std::move(several));
}

Result<Json> ParseBoundJson(const ByteVector& bytes, std::string_view where) {
  std::string_view text = AsText(bytes);
  if (text.ends_with('\0')) text.remove_suffix(1);
  auto json = ParseJson(text);
  if (!json) return Fail(ErrorCode::kMalformed, where, json.error().detail);
  return json;
}

class Pipeline {
 public:
  Pipeline(const AppraisalRequest& request, const IntelEndorsements& endorsements, const AppraisalSettings& settings, UnixTime now)
      : request_(request), endorsements_(endorsements), settings_(settings), now_(now) {}

  Appraisal Run(std::string_view policy) {
    if (const Status status = Stages(policy); !status) out_.error = status.error();
    else out_.accepted = true;
    return std::move(out_);
  }

 private:
  Status Stages(std::string_view policy) {
    VIDIMUS_CHECK_OK(Decode());
    out_.stage = "configure";
    VIDIMUS_TRY(program_, ParsePolicy(policy));
    VIDIMUS_CHECK_OK(Configure());
    out_.stage = "gather";
    VIDIMUS_CHECK_OK(Verify());
    out_.stage = "decide";
    return Decide();
  }

  Status Decode() {
    evidence_.quote = request_.evidence;
    if (request_.type == EvidenceType::kOpenEnclave) {
      VIDIMUS_TRY(const OpenEnclaveEvidence framed, ParseOpenEnclave(request_.evidence));
      evidence_.quote = framed.quote;
      if (framed.has_custom_claims) evidence_.custom_claims = framed.custom_claims;
    }
    VIDIMUS_CHECK_OK(ParseSgxQuote(evidence_.quote).map([](const SgxQuote&) {}));
    VIDIMUS_CHECK_OK(DecodeBound(request_.runtime_data, "request.runtime_data", evidence_.runtime_data, runtime_));
    return DecodeBound(request_.init_time_data, "request.init_time_data", evidence_.init_time_data, init_time_);
  }

  static Status DecodeBound(const std::optional<BoundData>& data, std::string_view where, std::optional<Bytes>& bytes, Json& json) {
    if (!data) return {};
    if (data->bytes.size() > limits::kRuntimeDataBytes)
      return Fail(ErrorCode::kLimit, where, "found " + std::to_string(data->bytes.size()) + " bytes, expected at most " + std::to_string(limits::kRuntimeDataBytes));
    bytes = data->bytes;
    if (!data->is_json) return {};
    VIDIMUS_TRY(json, ParseBoundJson(data->bytes, where));
    return {};
  }

  // Which evaluation number the owner wants judged by: the settings', else the policy's, else the highest valid.
  Status Configure() {
    VIDIMUS_TRY(const ClaimSet properties, EvaluateConfiguration(program_));
    identifier_ = kDefaultTcbIdentifier;
    for (const Claim& property : properties)
      if (property.type == kTcbIdentifier)
        if (const auto* text = std::get_if<std::string>(&property.value)) identifier_ = *text;
    number_ = settings_.evaluation_data_number;
    if (number_) identifier_ = std::to_string(*number_);
    if (number_ || identifier_ == kDefaultTcbIdentifier) return {};
    int64_t value = 0;
    const char* end = identifier_.data() + identifier_.size();
    const auto [stop, ec] = std::from_chars(identifier_.data(), end, value);
    if (ec != std::errc() || stop != end || value < 0)
      return Fail(ErrorCode::kUnsupported, "policy.tcb_identifier", "found \"" + identifier_ + "\", expected \"azuredefault\" or an evaluation number");
    number_ = value;
    return {};
  }

  Status Verify() {
    SgxVerification verification = VerifySgx(evidence_, endorsements_, number_, settings_.sgx, now_);
    if (verification.gathered || verification.verified || verification.verified.error().code != ErrorCode::kMissing) out_.stage = "verify";
    out_.checks = std::move(verification.checks);
    out_.tcb = std::move(verification.tcb);
    if (!verification.verified) return tl::unexpected(verification.verified.error());
    const VerifiedClaims claims = SgxClaims(*verification.verified, request_.evidence, identifier_);
    out_.claims = claims.incoming();
    service_claims_ = claims.outgoing();
    return {};
  }

  Status Decide() {
    VIDIMUS_TRY(const Decision decision, Evaluate(program_, out_.claims));
    if (decision.reason == Decision::Reason::kDenyAction)
      return Fail(ErrorCode::kDenied, "policy.decision", "a deny rule fired, line " + std::to_string(decision.rule->line) + ": " + decision.rule->text);
    if (!decision.permitted()) return Fail(ErrorCode::kDenied, "policy.decision", "no permit rule fired: " + UnmetPermits());
    BuildToken(decision);
    return {};
  }

  std::string UnmetPermits() const {
    std::string out;
    for (const Rule& rule : program_.authorization)
      if (rule.action == ActionKind::kPermit) out += (out.empty() ? "line " : "; line ") + std::to_string(rule.line) + ": " + rule.text;
    return out.empty() ? "the policy has none" : out;
  }

  // maa-rest-api sections 2.4 and 2.5. Service claims win over policy-issued ones of the same name.
  void BuildToken(const Decision& decision) {
    out_.token = std::move(service_claims_);
    out_.token.emplace_back("x-ms-ver", "1.0");
    if (request_.nonce) out_.token.emplace_back("nonce", *request_.nonce);
    if (request_.runtime_data && request_.runtime_data->is_json) out_.token.emplace_back("x-ms-runtime", runtime_);
    else if (request_.runtime_data)
      for (const char* name : {"x-ms-sgx-ehd", "maa-ehd", "aas-ehd"}) out_.token.emplace_back(name, Base64UrlEncode(request_.runtime_data->bytes));
    if (request_.init_time_data && request_.init_time_data->is_json) out_.token.emplace_back("x-ms-inittime", init_time_);
    JsonObject issued;
    for (const Claim& claim : decision.issued) AddIssued(claim, issued);
    if (issued.empty()) return;
    const JsonObject service = out_.token;
    const auto taken = [&](const std::string& name) {
      return name == "x-ms-policy" || std::any_of(service.begin(), service.end(), [&](const JsonMember& m) { return m.first == name; });
    };
    for (const JsonMember& member : issued)
      if (!taken(member.first)) out_.token.push_back(member);
    out_.token.emplace_back("x-ms-policy", Json(std::move(issued)));
  }

  const AppraisalRequest& request_;
  const IntelEndorsements& endorsements_;
  const AppraisalSettings& settings_;
  const UnixTime now_;
  Appraisal out_;
  SgxEvidence evidence_;
  Json runtime_;
  Json init_time_;
  Program program_;
  std::string identifier_;
  std::optional<int64_t> number_;
  JsonObject service_claims_;
};

}  // namespace

Appraisal Appraise(const AppraisalRequest& request, const IntelEndorsements& endorsements, std::string_view policy,
                   const AppraisalSettings& settings, UnixTime now) {
  return Pipeline(request, endorsements, settings, now).Run(policy);
}

}  // namespace vidimus
