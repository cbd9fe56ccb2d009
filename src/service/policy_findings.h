// Everything that can be said about one policy text: errors, and the linter's warnings when there are none.
#pragma once

#include <string_view>

#include "claims/attestation_type.h"
#include "policy/compile.h"

namespace vidimus {

struct Findings {
  Compilation compilation;
  Diagnostics diagnostics;  // the compilation's and the linter's
};

Findings FindIn(std::string_view text, AttestationType type);

// {"valid", "diagnostics", "type", "version": "1.1" or null, "rules": {section: count} or null, "hash": the x-ms-policy-hash}: what the
// service answers and the command line prints.
Json FindingsToJson(std::string_view text, const Findings& findings, AttestationType type);

}  // namespace vidimus
