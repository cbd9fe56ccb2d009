// Text to program in one call: the parser, then the checker.
#pragma once

#include <optional>
#include <string_view>

#include "policy/checker.h"

namespace vidimus {

struct Compilation {
  Diagnostics diagnostics;             // of every stage that could run
  std::optional<PolicySyntax> syntax;  // null when the text could not be read at all
  std::optional<Program> program;      // null when some diagnostic is an error
};

// As an upload is judged (section 5.2).
Compilation Compile(std::string_view text);

// The program, or the first error by its place: its code, and "line L, column C: " before its message.
Result<Program> ProgramOf(std::string_view text, Compilation compilation);
// Both in one call.
Result<Program> CompileProgram(std::string_view text);

}  // namespace vidimus
