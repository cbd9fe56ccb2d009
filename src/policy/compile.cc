#include "policy/compile.h"

#include <algorithm>

#include "policy/parser.h"

namespace vidimus {
namespace {

// What callers act on; the text says the rest.
ErrorCode CodeOf(const Diagnostic& diagnostic) {
  if (diagnostic.code == "policy.version") return ErrorCode::kUnsupported;
  for (const std::string_view limit : {"policy.size", "policy.rules", "policy.conditions", "policy.depth"})
    if (diagnostic.code == limit) return ErrorCode::kLimit;
  return ErrorCode::kMalformed;
}

}  // namespace

Compilation Compile(std::string_view text) {
  Compilation out;
  out.syntax = ParsePolicy(text, out.diagnostics);
  if (out.syntax && !out.diagnostics.has_errors()) out.program = CheckPolicy(text, *out.syntax, out.diagnostics);
  return out;
}

Result<Program> ProgramOf(std::string_view text, Compilation compilation) {
  if (compilation.program) return *std::move(compilation.program);
  const std::vector<Diagnostic> sorted = compilation.diagnostics.Sorted();
  const auto first = std::find_if(sorted.begin(), sorted.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; });
  return Fail(CodeOf(*first), first->code, At(text, first->span.begin) + first->message);
}

Result<Program> CompileProgram(std::string_view text) { return ProgramOf(text, Compile(text)); }

}  // namespace vidimus
