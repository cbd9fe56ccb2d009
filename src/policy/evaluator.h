// What a program says about a set of claims (policy-language section 2). Pure.
#pragma once

#include "base/result.h"
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

// The configuration rules, run with no evidence claims, since they steer how evidence is judged (section 2.1).
// Errors: policy.claims when limits::kClaims would be passed, policy.steps when the program's step limit is.
Result<ClaimSet> EvaluateConfiguration(const Program& program);

// Deny overrides (A1); a rule fires at most once and references are sets (A3); types never convert (A4).
Result<Decision> Evaluate(const Program& program, const ClaimSet& incoming);

}  // namespace vidimus
