// Lint: what a policy that compiles may mean though its author does not (policy-language section 8).
#pragma once

#include <string_view>

#include "claims/attestation_type.h"
#include "policy/compile.h"

namespace vidimus {

// Adds warnings whose codes begin with "lint."; docs/reference/policy.md gives each its reason. `compilation` is of `text` and has a
// program.
void LintPolicy(std::string_view text, const Compilation& compilation, AttestationType type, Diagnostics& diagnostics);

}  // namespace vidimus
