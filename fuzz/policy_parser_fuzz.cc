// The parser of policies: whatever the text, its findings are bounded, stand within the text and can be shown; and a tree without
// errors accounts for all of the text.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "policy/parser.h"

using namespace vidimus;

namespace {

bool Within(const Span& inner, const Span& outer) {
  return outer.begin <= inner.begin && inner.begin <= inner.end && inner.end <= outer.end;
}

// Between `from` and `to` stand only white space, comments and the characters of `others`.
void RequireNothingBetween(std::string_view text, const PolicySyntax& policy, size_t from, size_t to, std::string_view others) {
  size_t comment = 0;
  for (size_t at = from; at < to; ++at) {
    while (comment < policy.comments.size() && policy.comments[comment].end <= at) ++comment;
    if (comment < policy.comments.size() && policy.comments[comment].begin <= at) continue;
    const char c = text[at];
    fuzz::Require(c == ' ' || c == '\t' || c == '\r' || c == '\n' || others.find(c) != std::string_view::npos, "the tree covers the text");
  }
}

void RequireWhole(std::string_view text, const PolicySyntax& policy) {
  const Span all{0, text.size()};
  size_t at = 0;
  for (const Span& comment : policy.comments) {
    fuzz::Require(Within(comment, {at, text.size()}) && text.substr(comment.begin).starts_with("//"), "comments are ordered");
    at = comment.end;
  }
  fuzz::Require(Within(policy.version, all), "the version stands in the text");
  at = policy.version.end;
  for (const SectionSyntax& section : policy.sections) {
    fuzz::Require(Within(section.span, {at, text.size()}), "sections are ordered");
    RequireNothingBetween(text, policy, at, section.span.begin, ";");
    fuzz::Require(Within(section.keyword.span, section.span), "a keyword stands in its section");
    at = section.keyword.span.end;
    for (const RuleSyntax& rule : section.rules) {
      fuzz::Require(Within(rule.span, {at, section.span.end}) && Within(rule.action.span, rule.span), "rules are ordered");
      RequireNothingBetween(text, policy, at, rule.span.begin, "{;");
      at = rule.span.begin;
      for (const ConditionSyntax& condition : rule.conditions) {
        fuzz::Require(Within(condition.span, {at, rule.action.span.begin}), "conditions are ordered");
        fuzz::Require(!condition.properties.empty(), "a condition has properties");
        at = condition.span.end;
      }
      at = rule.span.end;
    }
    RequireNothingBetween(text, policy, at, section.span.end, "{};");
    at = section.span.end;
  }
  RequireNothingBetween(text, policy, at, text.size(), policy.sections.empty() ? ";" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  Diagnostics diagnostics;
  const auto policy = ParsePolicy(text, diagnostics);
  fuzz::Require(diagnostics.all().size() <= limits::kPolicyDiagnostics, "diagnostics are bounded");
  fuzz::Require(policy.has_value() || diagnostics.has_errors(), "a refusal says why");
  for (const Diagnostic& one : diagnostics.Sorted()) {
    fuzz::Require(Within(one.span, {0, text.size()}), "a diagnostic stands in the text");
    fuzz::Require(!one.message.empty() && one.message.find('\n') == std::string::npos, "a message is one line");
    const std::string shown = RenderDiagnostic("p", text, one);
    fuzz::Require(IsUtf8(AsBytes(shown)) && shown.size() <= 8 * limits::kDiagnosticLineCharacters + 1024, "a diagnostic can be shown");
    for (const char c : shown) fuzz::Require(c == '\n' || static_cast<unsigned char>(c) >= 0x20, "it holds no control characters");
  }
  if (policy && !diagnostics.has_errors()) RequireWhole(text, *policy);
  return 0;
}
