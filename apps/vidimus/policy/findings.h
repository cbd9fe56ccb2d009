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

// {"type", "version": "1.1" or null, "hash", "rules": {section: count} or null, "valid", "diagnostics"}
Json FindingsToJson(std::string_view text, const Findings& findings, AttestationType type);

// "2 errors, 1 warning"
std::string CountOf(const Diagnostics& diagnostics);

}  // namespace vidimus
