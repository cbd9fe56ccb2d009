// Policies of few rules, and what the linter finds in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policy/lint.h"

namespace vidimus::testing {

// A policy whose first rule stands on line 3 ...
inline std::string Authorization(const std::string& rules, const std::string& version = "1.0") {
  return "version=" + version + ";\nauthorizationrules{\n" + rules + "\n};\n";
}
// ... or on line 4.
inline std::string Issuance(const std::string& rules, const std::string& version = "1.0") {
  return "version=" + version + ";\nauthorizationrules{=>permit();};\nissuancerules{\n" + rules + "\n};\n";
}

inline std::vector<Diagnostic> Lint(AttestationType type, std::string_view text) {
  const Compilation compilation = Compile(text);
  if (!compilation.program) {
    ADD_FAILURE() << "does not compile: " << text;
    return {};
  }
  Diagnostics diagnostics;
  LintPolicy(text, compilation, type, diagnostics);
  for (const Diagnostic& one : diagnostics.all()) {
    EXPECT_EQ(one.severity, Severity::kWarning);
    EXPECT_TRUE(one.path.starts_with("policy")) << one.path;
    EXPECT_TRUE(one.message.starts_with("found ") && !one.hint.empty()) << one.message;
  }
  return diagnostics.Sorted();
}

// "line:column `text of the span` message; hint" of the findings of one code.
inline std::vector<std::string> Findings(std::string_view code, AttestationType type, const std::string& text) {
  std::vector<std::string> out;
  for (const Diagnostic& one : Lint(type, text)) {
    if (one.code != code) continue;
    const Position at = PositionOf(text, one.span.begin);
    out.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " `" +
                  text.substr(one.span.begin, one.span.end - one.span.begin) + "` " + one.message + "; " + one.hint);
  }
  return out;
}

// "code" once for each finding.
inline std::vector<std::string> Codes(AttestationType type, std::string_view text) {
  std::vector<std::string> out;
  for (const Diagnostic& one : Lint(type, text)) out.emplace_back(one.code);
  return out;
}

}  // namespace vidimus::testing
