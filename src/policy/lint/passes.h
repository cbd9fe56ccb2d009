// The parts of the linter, each a job of its own. Their codes are explained in docs/reference/policy.md.
#pragma once

#include <string_view>

#include "policy/lint/findings.h"
#include "policy/lint/policy_view.h"

namespace vidimus::lint {

// lint.byte_order_mark, lint.keyword_case
void LintText(std::string_view text, const PolicyView& policy, Findings& findings);

// What decides, of the whole policy: lint.debug_untested, lint.no_measurement, lint.gate_in_issuance, lint.issuer, lint.permit_by_absence,
// lint.always_true of rules
void LintGates(const PolicyView& policy, Findings& findings);

// lint.unreachable, lint.shadowed
void LintReach(const PolicyView& policy, Findings& findings);

// Condition by condition: lint.condition_type, lint.unknown_claim, lint.old_name, lint.value_type, lint.hex, lint.several_values,
// lint.always_true of conditions
void LintConditions(const PolicyView& policy, Findings& findings);

// Action by action, and every call: lint.reserved_name, lint.read_only, lint.unknown_property, lint.property_section,
// lint.conditional_configuration, lint.jmespath
void LintActions(const PolicyView& policy, Findings& findings);

}  // namespace vidimus::lint
