// Formatter: one layout for every policy. Comments stay, the meaning stays, the x-ms-policy-hash changes.
#pragma once

#include <string>
#include <string_view>

#include "policy/syntax.h"

namespace vidimus {

// `syntax` is of `text` and without errors. Idempotent. Strings and integers stay as written, section keywords become lower case. A rule
// takes one line where it fits in 100 columns and holds no comment, else one line per condition and one for its action. One blank line
// stands between sections; between rules one stays where there were any. The text may pass limits::kPolicyBytes when it came close to it.
std::string FormatPolicy(std::string_view text, const PolicySyntax& syntax);

}  // namespace vidimus
