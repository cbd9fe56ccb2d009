// Trial: a policy tried on claims before it is live. What the command line prints as JSON and what the service answers are the same.
#pragma once

#include <optional>
#include <string_view>

#include "claims/attestation_type.h"
#include "policy/compile.h"
#include "policy/explanation.h"

namespace vidimus {

struct Trial {
  Compilation compilation;
  std::optional<Explanation> explanation;  // points into compilation.program; null when there is no program
};

Trial TryPolicy(std::string_view text, const ClaimSet& claims);

// {"outcome": "permit" | "deny" | "upload_error" | "evaluation_error",
//  "reason": "deny_action" | "no_permit" of a denial, the code of an error such as "policy.syntax", null of a permit,
//  "message": one sentence, "rule": {section, number, line, text} that decided, failed or is the closest miss, or null,
//  "claims": {...} issued, "properties": {...}, "diagnostics": [...] of an upload error, "trace": {...} when asked for}
Json TrialReport(std::string_view text, const Trial& trial, bool with_trace);

// {"valid": bool, "diagnostics": [...]}, by place.
Json CheckReport(std::string_view text, const Diagnostics& diagnostics);

// {"severity","code","message","hint","line","column","end_line","end_column","path","rendered"}; lines and columns from 1.
Json DiagnosticToJson(std::string_view text, const Diagnostic& diagnostic);

// {"section", "number", "line", "text"}: the number in its section from 0, the line from 1.
Json RuleToJson(const Program& program, PolicySection section, size_t number);

// {"rules": [{section, number, line, text, fired, conditions, made}], "complete": bool}
Json TraceToJson(const Program& program, const Explanation& explanation);

}  // namespace vidimus
