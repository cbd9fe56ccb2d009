#include "service/policy_trial.h"

#include <memory>
#include <utility>

#include "policy/lint.h"
#include "policy/trial.h"
#include "service/draft_policy.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

Result<Json> CheckNow(const PolicyTrialRequest& request) {
  VIDIMUS_TRY(const std::string text, DraftPolicyText(request.policy));
  const Compilation compilation = Compile(text);
  Diagnostics diagnostics = compilation.diagnostics;
  Json version;
  if (compilation.program) {
    VIDIMUS_CHECK_OK(CheckDraftRules(*compilation.program));
    LintPolicy(text, compilation, request.type, diagnostics);
    version = "1." + std::to_string(compilation.program->minor_version);
  }
  JsonObject out = *CheckReport(text, diagnostics).AsObject();
  out.emplace_back("version", std::move(version));
  out.emplace_back("hash", PolicyHash(text));
  return Json(std::move(out));
}

Result<Json> EvaluateNow(const PolicyTrialRequest& request) {
  VIDIMUS_TRY(const std::string text, DraftPolicyText(request.policy));
  const Trial trial = TryPolicy(text, request.claims, limits::kDraftPolicySteps);
  if (trial.compilation.program) VIDIMUS_CHECK_OK(CheckDraftRules(*trial.compilation.program));
  return TrialReport(text, trial, request.with_trace);
}

}  // namespace

void PolicyTrials::Check(PolicyTrialRequest request, Done done) const { Run(CheckNow, std::move(request), std::move(done)); }

void PolicyTrials::Evaluate(PolicyTrialRequest request, Done done) const { Run(EvaluateNow, std::move(request), std::move(done)); }

void PolicyTrials::Run(Result<Json> (*work)(const PolicyTrialRequest&), PolicyTrialRequest request, Done done) const {
  const auto shared = std::make_shared<const PolicyTrialRequest>(std::move(request));
  if (pool_.Post([work, shared, done] { done(work(*shared)); })) return;
  done(Fail(ErrorCode::kBusy, "service.busy", "too many policies wait to be tried; try again"));
}

}  // namespace vidimus
