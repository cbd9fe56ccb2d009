// Formatter: one layout for every policy. Comments stay, the meaning stays, the x-ms-policy-hash changes.
#pragma once

#include <string>
#include <string_view>

#include "policy/syntax.h"

namespace vidimus {

// `syntax` is of `text` and without errors. Idempotent.
std::string FormatPolicy(std::string_view text, const PolicySyntax& syntax);

}  // namespace vidimus
