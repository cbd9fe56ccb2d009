// What a program says about a set of claims (policy-language section 2). Pure; records nothing.
#pragma once

#include <span>

#include "base/result.h"
#include "policy/matcher.h"
#include "policy/program.h"

namespace vidimus {

struct Decision {
  enum class Reason { kPermitted, kDenyAction, kNoPermit };
  Reason reason = Reason::kNoPermit;
  const Rule* rule = nullptr;  // the deny that fired; null otherwise. Points into the program
  ClaimSet issued;             // outgoing, in order of issue, without duplicates
  ClaimSet properties;
  bool permitted() const { return reason == Reason::kPermitted; }
};

// Who wants to see how a decision comes about. Seeing changes nothing: neither the decision nor what it may cost.
class EvaluationObserver {
 public:
  virtual ~EvaluationObserver() = default;
  // Before a rule acts, for every rule in order, those that no claim woke too. `claims` is what the rule sees.
  virtual void Saw(PolicySection section, size_t number, bool fires, const WorkingSet& claims) = 0;
  // A rule ended the evaluation with an error: of one of its conditions, or of its action after it was seen.
  virtual void Failed(PolicySection /*section*/, size_t /*number*/) {}
  // After a rule that fired has acted: what it made, by number in `claims`; a claim that was held already is among them.
  virtual void Acted(PolicySection section, size_t number, std::span<const uint32_t> made, const WorkingSet& claims) = 0;
};

// The configuration rules, run with no evidence claims, since they steer how evidence is judged (section 2.1).
// Errors: as Evaluate.
Result<ClaimSet> EvaluateConfiguration(const Program& program);

// Deny overrides (A1); a rule fires at most once and references are sets (A3); types never convert (A4).
// Errors, with the line of the rule in the detail: policy.claims when limits::kClaims or limits::kPolicyClaimOctets would be passed,
// policy.steps when the program's step limit is, policy.value, policy.json, policy.jmespath of its functions, policy.read_only.
Result<Decision> Evaluate(const Program& program, const ClaimSet& incoming, EvaluationObserver* observer = nullptr);

}  // namespace vidimus
