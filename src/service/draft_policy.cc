#include "service/draft_policy.h"

#include "base/limits.h"
#include "token/policy_jws.h"

namespace vidimus {

Result<std::string> DraftPolicyText(const std::string& draft) {
  if (draft.size() > limits::kDraftPolicyBytes)
    return Fail(
        ErrorCode::kLimit, "policy.size",
        "found a draft of " + std::to_string(draft.size()) + " bytes, expected at most " + std::to_string(limits::kDraftPolicyBytes));
  if (!LooksLikePolicyJws(draft)) return draft;
  return PolicyOf(draft);
}

Status CheckDraftRules(const Program& program) {
  const size_t rules = program.configuration.rules.size() + program.authorization.rules.size() + program.issuance.rules.size();
  if (rules <= limits::kDraftPolicyRules) return {};
  return Fail(ErrorCode::kLimit, "policy.rules",
              "found a draft of " + std::to_string(rules) + " rules, expected at most " + std::to_string(limits::kDraftPolicyRules));
}

}  // namespace vidimus
