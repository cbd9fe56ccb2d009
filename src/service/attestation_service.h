// AttestationService: the use case of the data plane. Finds what a request is judged by, appraises it, and signs what it saw.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "appraise/appraise.h"
#include "base/limits.h"
#include "base/worker_pool.h"
#include "service/collateral.h"
#include "service/instance.h"

namespace vidimus {

struct AttestRequest {
  AppraisalRequest evidence;
  std::optional<std::string> nonce;         // copied into the token; proves nothing about the evidence
  std::optional<std::string> draft_policy;  // text, or a JWS whose AttestationPolicy is base64url of it; at most limits::kDraftPolicyBytes
};

// Why there is no token, for whoever must act on it (design, invariant 5).
struct AttestRefusal {
  Error error;
  std::string stage;                         // decode, configure, gather, verify, decide, issue
  std::string found, expected;               // of the check that failed; empty when none did
  std::optional<Decision::Reason> decision;  // of the policy, once it was asked
  std::string rule;                          // the policy rule that decided, as written; empty when none did
  int line = 0;                              // where it begins in the policy, from 1
  JsonObject claims;                         // what the rule looked at, as it was; null for a claim that the evidence does not give
  std::string policy;                        // the text of a draft that does not compile ...
  std::vector<Diagnostic> diagnostics;       // ... and what is wrong with it, by place
};

using AttestResult = tl::expected<std::string, AttestRefusal>;  // a token in compact serialisation

class AttestationService {
 public:
  // `collateral` must outlive the service. `judging_clock` governs verification, policies and tokens; `clock`, which of an instance's
  // keys signs, and when a platform was seen. They differ on dev servers only.
  AttestationService(Collateral& collateral, std::function<UnixTime()> judging_clock, std::function<UnixTime()> clock)
      : collateral_(collateral), judging_clock_(std::move(judging_clock)), clock_(std::move(clock)) {}

  // Judges by `instance` as it is now. `done` is called once, at once or later, by any thread: slow signing takes place elsewhere, and a
  // platform whose endorsements are not held, or past their time, waits for a source where the instance lets its caller have them fetched
  // (InstanceSettings::gather_for_anyone). Refuses with service.busy when too many requests wait for a signature; and with gather.* where
  // a document could not be had.
  void Attest(const std::shared_ptr<const Instance>& instance, const AttestRequest& request,
              const std::function<void(AttestResult)>& done) const;

  // Requests that wait for a slow signer.
  size_t queued() const { return slow_signing_.queued(); }

 private:
  static constexpr size_t kSlowSigningThreads = 2;

  // What came of a request, and what the platform lacks where that was the reason.
  struct Judgement {
    AttestResult result;
    std::optional<IntelNeeds> lacks = std::nullopt;
  };
  struct Pending;

  Judgement Judge(const Instance& instance, const AttestRequest& request) const;
  void GatherThenJudge(std::shared_ptr<Pending> pending, Judgement judgement) const;

  Collateral& collateral_;
  std::function<UnixTime()> judging_clock_, clock_;
  mutable WorkerPool slow_signing_{kSlowSigningThreads};  // last, so that its threads end first
};

}  // namespace vidimus
