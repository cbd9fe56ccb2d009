// What the text looks like, whatever it says.
#include "policy/lint/passes.h"

namespace vidimus::lint {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

void LintText(std::string_view text, const PolicyView& policy, Findings& findings) {
  if (text.starts_with(kByteOrderMark))
    findings.Add("lint.byte_order_mark", {0, kByteOrderMark.size()},
                 "found a byte order mark before the policy: it counts for the policy's hash, and other readers may refuse it",
                 "save the file as UTF-8 without byte order mark", "policy");
  const auto keyword = [&](Span span) {
    const std::string_view word = text.substr(span.begin, span.end - span.begin);
    const std::string lower = Lowered(word);
    if (lower == word) return;
    findings.Add("lint.keyword_case", span, "found the keyword " + Quoted(word) + ", which other readers may refuse in this case",
                 "write `" + lower + "`", "policy");
  };
  // The tree keeps the number only; the word is the last one before it.
  constexpr std::string_view kVersion = "version";
  const size_t version = Lowered(text.substr(0, policy.syntax().version.begin)).rfind(kVersion);
  if (version != std::string::npos) keyword({version, version + kVersion.size()});
  for (const SectionSyntax& section : policy.syntax().sections) keyword(section.keyword.span);
}

}  // namespace vidimus::lint
