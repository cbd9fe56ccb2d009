// PolicyTrials: the use case of authors. A policy is checked, or tried on claims, before it is live; nothing is kept.
#pragma once

#include <functional>
#include <string>

#include "base/worker_pool.h"
#include "claims/attestation_type.h"
#include "claims/claim.h"
#include "codec/json.h"

namespace vidimus {

struct PolicyTrialRequest {
  std::string policy;  // text, or the JWS that an upload would be; limited as drafts are
  AttestationType type = AttestationType::kSgxEnclave;
  ClaimSet claims;          // of Evaluate: what evidence of that type would give
  bool with_trace = false;  // of Evaluate: rule by rule
};

// Anyone may ask, so all trials together get one thread, beside the event loops: they cannot hold up who attests.
class PolicyTrials {
 public:
  // Called once, at once or later, by any thread.
  using Done = std::function<void(Result<Json>)>;

  // FindingsToJson of service/policy_findings.h.
  // Errors, of both: those of DraftPolicyText and CheckDraftRules; service.busy when too many wait.
  void Check(PolicyTrialRequest request, Done done) const;
  // TrialReport, at most limits::kDraftPolicySteps.
  void Evaluate(PolicyTrialRequest request, Done done) const;

  size_t queued() const { return pool_.queued(); }

 private:
  void Run(Result<Json> (*work)(const PolicyTrialRequest&), PolicyTrialRequest request, Done done) const;

  mutable WorkerPool pool_{1, limits::kQueuedTrials};
};

}  // namespace vidimus
