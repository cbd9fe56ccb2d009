// The checker: a syntax tree to a checked program (policy-language sections 1.3 to 1.7, 2.9). It knows every word of the language.
#pragma once

#include <optional>
#include <string_view>

#include "policy/diagnostic.h"
#include "policy/program.h"
#include "policy/syntax.h"

namespace vidimus {

// Null when it found an error. Adds: policy.version, policy.feature (of a later version than the policy's), policy.section,
// policy.property, policy.identifier, policy.function, policy.arity, policy.action, policy.argument, policy.type.
std::optional<Program> CheckPolicy(std::string_view text, const PolicySyntax& syntax, Diagnostics& diagnostics);

}  // namespace vidimus
