// Diagnostic: one finding about a policy text, where it stands, and what to write instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vidimus {

// A stretch of the policy text: byte offsets, `end` one past the last. Line and column follow from it and the text.
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

// From 1. A line ends with LF. A column counts characters, not bytes, as editors show it; a byte order mark is not one.
struct Position {
  size_t line = 1;
  size_t column = 1;
};

Position PositionOf(std::string_view text, size_t offset);

// "line L, column C: " for details.
std::string At(std::string_view text, size_t offset);

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string_view code;  // a literal such as "policy.syntax", listed in docs/reference/errors.md
  Span span;              // what to look at; empty at the end of the text
  std::string message;    // one sentence: what was found and what was expected
  std::string hint;       // how to mend it; may be empty
  std::string path;       // the grammar rules it was found in, outermost first: "policy > authorizationrules > rule > condition"
};

// What the stages of one run find; never more than limits::kPolicyDiagnostics, the rest is dropped.
class Diagnostics {
 public:
  // Once full, an error takes the place of the last warning, so that no warnings hide that there are errors.
  void Add(Diagnostic diagnostic);
  bool has_errors() const;
  // Whether another error would be dropped.
  bool full() const;
  const std::vector<Diagnostic>& all() const { return all_; }
  // By their place in the text, and in the order found for one place.
  std::vector<Diagnostic> Sorted() const;

 private:
  std::vector<Diagnostic> all_;
};

// As compilers print it, in several lines, each ended by a newline:
//   policy.txt:3:7: error: found '=', expected a comparison [policy.equals]
//    3 | [type="x"] => permit();
//      |      ^
//      = hint: two values are compared with ==
// A source line is shortened around the caret to limits::kDiagnosticLineCharacters; control characters are shown as '?'.
std::string RenderDiagnostic(std::string_view file, std::string_view text, const Diagnostic& diagnostic);

// At most `characters` of `text` on one line, for messages that quote it: "..." stands for the rest, '?' for control characters.
std::string Printable(std::string_view text, size_t characters);

// The word of `words` that `found` was most likely meant to be, by edit distance; empty when none is near.
// Case does not count.
std::string_view ClosestWord(std::string_view found, const std::vector<std::string_view>& words);

}  // namespace vidimus
