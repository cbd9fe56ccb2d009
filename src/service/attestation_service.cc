#include "service/attestation_service.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"
#include "policy/compile.h"
#include "service/draft_policy.h"

namespace vidimus {
namespace {

using PolicyPointer = std::shared_ptr<const PolicyInForce>;

AttestRefusal Refusal(std::string_view stage, Error error) {
  AttestRefusal out;
  out.error = std::move(error);
  out.stage = stage;
  return out;
}

PolicyPointer InForce(std::string_view text, Program program, size_t step_limit) {
  program.step_limit = step_limit;
  return std::make_shared<const PolicyInForce>(PolicyInForce{PolicyHash(text), std::move(program), std::nullopt});
}

tl::expected<PolicyPointer, AttestRefusal> CompileDraft(const std::string& draft) {
  const auto refuse = [](Error error) { return tl::unexpected(Refusal("configure", std::move(error))); };
  const auto text = DraftPolicyText(draft);
  if (!text) return refuse(text.error());
  Compilation compilation = Compile(*text);
  if (!compilation.program) {
    AttestRefusal out;
    out.policy = *text;
    out.diagnostics = compilation.diagnostics.Sorted();
    out.stage = "configure";
    out.error = ProgramOf(*text, std::move(compilation)).error();
    return tl::unexpected(std::move(out));
  }
  if (const Status few = CheckDraftRules(*compilation.program); !few) return refuse(few.error());
  return InForce(*text, *std::move(compilation.program), limits::kDraftPolicySteps);
}

constexpr size_t kClaimsShown = 64;

// The claims of the types that `rule` names, so that a reader sees what it saw.
JsonObject ClaimsLookedAt(const Rule& rule, const ClaimSet& claims) {
  JsonObject out;
  for (const Condition& condition : rule.conditions)
    for (const PropertyCondition& property : condition.properties) {
      const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
      const auto* type = literal == nullptr ? nullptr : std::get_if<std::string>(literal);
      if (property.property != ClaimProperty::kType || property.comparison != Comparison::kEqual || type == nullptr) continue;
      if (std::any_of(out.begin(), out.end(), [&](const JsonMember& one) { return one.first == *type; })) continue;
      if (out.size() == kClaimsShown) return out;
      const auto claim = std::find_if(claims.begin(), claims.end(), [&](const Claim& one) { return one.type == *type; });
      out.emplace_back(*type, claim == claims.end() ? Json() : ClaimValueToJson(claim->value));
    }
  return out;
}

// The deny that fired, or the permit that came closest.
const Rule* DecidingRule(const Explanation& explanation) {
  if (explanation.decision && explanation.decision->rule != nullptr) return explanation.decision->rule;
  return explanation.closest ? explanation.rules[explanation.closest->rule].rule : nullptr;
}

AttestRefusal Explained(const Appraisal& appraisal, const Program& program) {
  AttestRefusal out = Refusal(appraisal.stage, *appraisal.error);
  for (const Check& check : appraisal.checks.all())
    if (!check.passed && check.name == out.error.where) {
      out.found = check.found;
      out.expected = check.expected;
    }
  if (appraisal.decision) out.decision = appraisal.decision->reason;
  if (!appraisal.explanation) return out;
  if (const Rule* rule = DecidingRule(*appraisal.explanation); rule != nullptr) {
    out.rule = Shortened(std::string(program.TextOf(rule->span)), limits::kErrorDetailBytes);
    out.line = static_cast<int>(rule->line);
    out.claims = ClaimsLookedAt(*rule, appraisal.verified->incoming());
  }
  return out;
}

}  // namespace

AttestationService::Judgement AttestationService::Judge(const Instance& instance, const AttestRequest& request) const {
  const UnixTime now = judging_clock_();
  const auto refuse = [](std::string_view stage, Error error) { return Judgement{tl::unexpected(Refusal(stage, std::move(error)))}; };
  PolicyPointer policy;
  if (request.draft_policy) {
    auto draft = CompileDraft(*request.draft_policy);
    if (!draft) return {tl::unexpected(std::move(draft).error())};
    policy = *std::move(draft);
  } else {
    const auto& in_force = instance.policies.at(request.evidence.type);
    if (!in_force) return refuse("configure", in_force.error());
    policy = *in_force;
  }
  const auto endorsements = collateral_.cache().At(now);
  if (!endorsements) return refuse("gather", endorsements.error());
  const Program& program = policy->program;
  const InstanceSettings& settings = instance.settings;
  Appraisal appraisal = Appraise(request.evidence, **endorsements, program, settings.appraisal, now, &instance.memory->intel);
  if (appraisal.platform) instance.memory->platforms.Note(*appraisal.platform, clock_());
  if (!appraisal.accepted) {
    Judgement out{tl::unexpected(Explained(appraisal, program))};
    out.lacks = appraisal.lacks;
    return out;
  }
  AttestationClaims claims(*std::move(appraisal.verified), appraisal.decision->issued, request.nonce, policy->hash, policy->signer);
  const TokenSigner& signer = instance.keys.SignerAt(clock_());
  auto token = request.draft_policy ? signer.IssueDraft(std::move(claims), now, settings.token_lifetime)
                                    : signer.IssueAttestation(std::move(claims), now, settings.token_lifetime);
  if (!token) return refuse("issue", SigningFailed(instance, token.error()));
  return {*std::move(token)};
}

// A request whose platform lacks endorsements.
struct AttestationService::Pending {
  std::shared_ptr<const Instance> instance;
  AttestRequest request;
  std::function<void(AttestResult)> done;
  int rounds = 0;
};

namespace {

// First the list of evaluation numbers, then, since only the list says which number is the standard one, the documents of that number.
constexpr int kGatherRounds = 2;

Error Unknown(const IntelNeeds& needs) {
  return {ErrorCode::kUnacceptable, "gather.anonymous",
          "nothing is held for the " + std::string(IntelTeeName(needs.tee)) + " platform of FMSPC " + HexEncode(needs.fmspc) +
              ", and this instance has the endorsements of an unknown platform fetched only for callers with a token "
              "(settings attestNeedsToken, gatherForAnyone)"};
}

// Why there is nothing better, and why what there is does not do.
Error Both(Error gathered, const Error& refused) {
  gathered.detail =
      Shortened(gathered.detail + " (and " + std::string(refused.where) + ": " + refused.detail + ")", limits::kErrorDetailBytes);
  return gathered;
}

}  // namespace

void AttestationService::GatherThenJudge(std::shared_ptr<Pending> pending, Judgement judgement) const {
  const InstanceSettings& settings = pending->instance->settings;
  if (!judgement.lacks || !collateral_.gathers() || pending->rounds == kGatherRounds) return pending->done(std::move(judgement.result));
  const bool stranger = !settings.gather_for_anyone && !settings.attest_needs_token.contains(pending->request.evidence.type);
  if (stranger && !IsKnownPlatform(*judgement.lacks, *collateral_.cache().Endorsements()))
    return pending->done(tl::unexpected(Refusal("gather", Unknown(*judgement.lacks))));
  ++pending->rounds;
  const bool number_is_ours = !pending->request.draft_policy;
  collateral_.Gather(*judgement.lacks, number_is_ours, [this, pending](const Status& gathered) {
    Judgement again = Judge(*pending->instance, pending->request);
    if (again.lacks && !gathered)
      return pending->done(tl::unexpected(Refusal("gather", Both(gathered.error(), again.result.error().error))));
    GatherThenJudge(pending, std::move(again));
  });
}

void AttestationService::Attest(const std::shared_ptr<const Instance>& instance, const AttestRequest& request,
                                const std::function<void(AttestResult)>& done) const {
  const auto judge = [this, instance, done](const AttestRequest& judged) {
    Judgement judgement = Judge(*instance, judged);
    if (!judgement.lacks || !collateral_.gathers()) return done(std::move(judgement.result));
    GatherThenJudge(std::make_shared<Pending>(Pending{instance, judged, done}), std::move(judgement));
  };
  if (!instance->keys.AnySignsSlowly()) return judge(request);
  if (slow_signing_.Post([judge, request] { judge(request); })) return;
  done(tl::unexpected(Refusal("issue", {ErrorCode::kBusy, "service.busy", "too many requests wait for a signature; try again"})));
}

}  // namespace vidimus
