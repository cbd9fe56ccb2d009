// The formatter: what compiles compiles to the same rules once formatted, keeps its comments, and formatting again changes nothing.
#include "fuzz/fuzz.h"
#include "policy/compile.h"
#include "policy/diff.h"
#include "policy/formatter.h"

using namespace vidimus;

namespace {

std::string_view Trimmed(std::string_view text) { return text.substr(0, text.find_last_not_of(" \t") + 1); }

std::vector<std::string_view> CommentsOf(std::string_view text, const PolicySyntax& syntax) {
  std::vector<std::string_view> out;
  for (const Span& span : syntax.comments) out.push_back(Trimmed(text.substr(span.begin, span.end - span.begin)));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const Compilation before = Compile(text);
  if (!before.program) return 0;
  const std::string once = FormatPolicy(text, *before.syntax);
  const Compilation after = Compile(once);
  fuzz::Require(after.program.has_value(), "a formatted policy compiles");
  fuzz::Require(FormatPolicy(once, *after.syntax) == once, "formatting twice is formatting once");
  fuzz::Require(CommentsOf(once, *after.syntax) == CommentsOf(text, *before.syntax), "comments stay, in order");
  fuzz::Require(after.program->minor_version == before.program->minor_version, "the version stays");
  fuzz::Require(DiffRules(*before.program, *after.program).empty(), "rules stay");
  return 0;
}
