// Draft policies: policies that are tried and not kept. Anyone may send one, so they have smaller limits than those in force.
#pragma once

#include <string>

#include "policy/program.h"

namespace vidimus {

// A draft is the text itself, as MAA takes it, or the JWS that a policy upload would be (client-compatibility section 4 item 5).
// Errors: policy.size past limits::kDraftPolicyBytes as sent; those of PolicyOf
Result<std::string> DraftPolicyText(const std::string& draft);

// Error: policy.rules past limits::kDraftPolicyRules in all sections together.
Status CheckDraftRules(const Program& program);

}  // namespace vidimus
