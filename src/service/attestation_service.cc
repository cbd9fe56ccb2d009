#include "service/attestation_service.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/limits.h"
#include "policy/parser.h"
#include "token/jws.h"

namespace vidimus {
namespace {

using PolicyPointer = std::shared_ptr<const PolicyInForce>;

AttestRefusal Refusal(std::string_view stage, Error error) {
  AttestRefusal out;
  out.error = std::move(error);
  out.stage = stage;
  return out;
}

// A draft is the text itself, as the service takes it, or the JWS that a policy upload would be (client-compatibility section 4).
Result<std::string> DraftText(const std::string& draft) {
  if (draft.size() > limits::kDraftPolicyBytes)
    return Fail(
        ErrorCode::kLimit, "policy.size",
        "found a draft of " + std::to_string(draft.size()) + " bytes, expected at most " + std::to_string(limits::kDraftPolicyBytes));
  const bool is_jws = draft.starts_with("ey") && std::count(draft.begin(), draft.end(), '.') == 2;
  if (!is_jws) return draft;
  VIDIMUS_TRY(const Jws jws, ParseJws(draft));
  const Json* policy = jws.payload.Find("AttestationPolicy");
  if (policy == nullptr || policy->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "policy.jws", "found no string \"AttestationPolicy\" in the draft's payload");
  const auto text = Base64UrlDecodeStrict(*policy->AsString());
  if (!text) return Fail(ErrorCode::kMalformed, "policy.jws", "AttestationPolicy: " + text.error().detail);
  return std::string(AsText(*text));
}

Result<PolicyPointer> CompileDraft(const std::string& draft) {
  VIDIMUS_TRY(const std::string text, DraftText(draft));
  VIDIMUS_TRY(PolicyPointer policy, CompilePolicy(text, limits::kDraftPolicySteps));
  const Program& program = policy->program;
  const size_t rules = program.configuration.size() + program.authorization.size() + program.issuance.size();
  if (rules > limits::kDraftPolicyRules)
    return Fail(ErrorCode::kLimit, "policy.rules",
                "found a draft of " + std::to_string(rules) + " rules, expected at most " + std::to_string(limits::kDraftPolicyRules));
  return policy;
}

constexpr size_t kClaimsShown = 64;

// The claims of the types that `rule` names, so that a reader sees what it saw.
JsonObject ClaimsLookedAt(const Rule& rule, const ClaimSet& claims) {
  JsonObject out;
  for (const Condition& condition : rule.conditions)
    for (const PropertyCondition& property : condition.properties) {
      const auto* literal = std::get_if<ClaimValue>(&property.operand);
      const auto* type = literal == nullptr ? nullptr : std::get_if<std::string>(literal);
      if (property.property != ClaimProperty::kType || property.comparison != Comparison::kEqual || type == nullptr) continue;
      if (std::any_of(out.begin(), out.end(), [&](const JsonMember& one) { return one.first == *type; })) continue;
      if (out.size() == kClaimsShown) return out;
      const auto claim = std::find_if(claims.begin(), claims.end(), [&](const Claim& one) { return one.type == *type; });
      out.emplace_back(*type, claim == claims.end() ? Json() : ClaimValueToJson(claim->value));
    }
  return out;
}

// The deny that fired, or the first permit that did not.
const Rule* DecidingRule(const Decision& decision, const Program& program) {
  if (decision.rule != nullptr) return decision.rule;
  const auto permit = std::find_if(program.authorization.begin(), program.authorization.end(),
                                   [](const Rule& rule) { return rule.action == ActionKind::kPermit; });
  return permit == program.authorization.end() ? nullptr : &*permit;
}

AttestRefusal Explain(const Appraisal& appraisal, const Program& program) {
  AttestRefusal out = Refusal(appraisal.stage, *appraisal.error);
  for (const Check& check : appraisal.checks.all())
    if (!check.passed && check.name == out.error.where) {
      out.found = check.found;
      out.expected = check.expected;
    }
  if (!appraisal.decision) return out;
  out.decision = appraisal.decision->reason;
  if (const Rule* rule = DecidingRule(*appraisal.decision, program); rule != nullptr) {
    out.rule = Shortened(rule->text, limits::kErrorDetailBytes);
    out.line = rule->line;
    out.claims = ClaimsLookedAt(*rule, appraisal.verified->incoming());
  }
  return out;
}

}  // namespace

Result<PolicyPointer> CompilePolicy(std::string_view text, size_t step_limit) {
  auto out = std::make_shared<PolicyInForce>();
  VIDIMUS_TRY(out->program, ParsePolicy(text));
  out->program.step_limit = step_limit;
  out->hash = PolicyHash(text);
  return PolicyPointer(std::move(out));
}

AttestResult AttestationService::Judge(const AttestRequest& request) const {
  const UnixTime now = clock_();
  const auto refuse = [](std::string_view stage, Error error) { return tl::unexpected(Refusal(stage, std::move(error))); };
  Result<PolicyPointer> policy = settings_.policies.at(request.evidence.type);
  if (request.draft_policy) policy = CompileDraft(*request.draft_policy);
  if (!policy) return refuse("configure", policy.error());
  const auto endorsements = endorsements_.At(now);
  if (!endorsements) return refuse("gather", endorsements.error());
  const Program& program = (*policy)->program;
  Appraisal appraisal = Appraise(request.evidence, **endorsements, program, settings_.appraisal, now, cache_.get());
  if (!appraisal.accepted) return tl::unexpected(Explain(appraisal, program));
  AttestationClaims claims(*std::move(appraisal.verified), appraisal.decision->issued, request.nonce, (*policy)->hash);
  auto token = request.draft_policy ? signer_.IssueDraft(std::move(claims), now) : signer_.IssueAttestation(std::move(claims), now);
  if (!token) return refuse("issue", token.error());
  return *std::move(token);
}

void AttestationService::Attest(const AttestRequest& request, const std::function<void(AttestResult)>& done) const {
  if (!slow_signing_) return done(Judge(request));
  if (slow_signing_->Post([this, request, done] { done(Judge(request)); })) return;
  done(tl::unexpected(Refusal("issue", {ErrorCode::kBusy, "service.busy", "too many requests wait for a signature; try again"})));
}

}  // namespace vidimus
