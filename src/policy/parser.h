// Policy text to a syntax tree (policy-language sections 1.1 to 1.5).
#pragma once

#include <optional>
#include <string_view>

#include "policy/diagnostic.h"
#include "policy/syntax.h"

namespace vidimus {

// Hand-written recursive descent with a depth limit. It knows the shape of the language and none of its words: whether a section, an
// action, a property, a function or a version exists is for the checker. Goes on after an error at the next ';' or section, so that one
// run reports several; the tree then holds what could be read. Null when the text is too large or not UTF-8.
// Adds: policy.size, policy.encoding, policy.character, policy.quotes, policy.comment, policy.integer, policy.string, policy.escape,
// policy.syntax, policy.equals, policy.condition, policy.depth, policy.rules, policy.conditions.
std::optional<PolicySyntax> ParsePolicy(std::string_view text, Diagnostics& diagnostics);

}  // namespace vidimus
