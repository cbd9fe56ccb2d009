#include "service/policy_trial.h"

#include <memory>
#include <utility>

#include "policy/trial.h"
#include "service/draft_policy.h"
#include "service/policy_findings.h"

namespace vidimus {
namespace {

Result<Json> CheckNow(const PolicyTrialRequest& request) {
  VIDIMUS_TRY(const std::string text, DraftPolicyText(request.policy));
  const Findings findings = FindIn(text, request.type);
  if (findings.compilation.program) VIDIMUS_CHECK_OK(CheckDraftRules(*findings.compilation.program));
  return FindingsToJson(text, findings, request.type);
}

Result<Json> EvaluateNow(const PolicyTrialRequest& request) {
  VIDIMUS_TRY(const std::string text, DraftPolicyText(request.policy));
  Trial trial{Compile(text), std::nullopt};
  if (auto& program = trial.compilation.program) {
    VIDIMUS_CHECK_OK(CheckDraftRules(*program));
    program->step_limit = limits::kDraftPolicySteps;
    trial.explanation = Explain(*program, request.claims);
  }
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
