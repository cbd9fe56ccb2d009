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
#include "token/token_signer.h"

namespace vidimus {

// A policy ready to decide; immutable.
struct PolicyInForce {
  std::string hash;  // x-ms-policy-hash
  Program program;
};

// Errors: those of CompileProgram.
Result<std::shared_ptr<const PolicyInForce>> CompilePolicy(std::string_view text, size_t step_limit = limits::kPolicySteps);

// Where a service gets the vendors' endorsements. Called by any thread; never waits for a network.
class EndorsementSource {
 public:
  virtual ~EndorsementSource() = default;
  virtual Result<std::shared_ptr<const IntelEndorsements>> At(UnixTime now) = 0;
};

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
  struct Settings {
    AppraisalSettings appraisal;
    std::map<EvidenceType, std::shared_ptr<const PolicyInForce>> policies;  // one of each type
  };

  // `endorsements` must outlive the service. `clock` governs verification, policies and tokens.
  AttestationService(TokenSigner signer, Settings settings, EndorsementSource& endorsements, std::function<UnixTime()> clock)
      : signer_(std::move(signer)), settings_(std::move(settings)), endorsements_(endorsements), clock_(std::move(clock)) {
    if (signer_.signs_slowly()) slow_signing_.emplace(kSlowSigningThreads);
  }

  // `done` is called once, at once or later, by any thread: slow signing takes place elsewhere. Refuses with service.busy when too
  // many requests wait for it.
  void Attest(const AttestRequest& request, const std::function<void(AttestResult)>& done) const;

  const TokenSigner& signer() const { return signer_; }

 private:
  static constexpr size_t kSlowSigningThreads = 2;

  AttestResult Judge(const AttestRequest& request) const;

  TokenSigner signer_;
  Settings settings_;
  EndorsementSource& endorsements_;
  std::function<UnixTime()> clock_;
  std::unique_ptr<SgxVerificationCache> cache_ = std::make_unique<SgxVerificationCache>();
  mutable std::optional<WorkerPool> slow_signing_;  // last, so that its threads end first
};

}  // namespace vidimus
