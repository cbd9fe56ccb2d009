#include "policy/diagnostic.h"

#include <algorithm>
#include <numeric>

#include "base/bytes.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kLongestWord = 64;  // a longer one is no misspelling of ours

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !IsContinuation(c); }));
}

// Takes the first character off `text`: one octet, and the continuation octets after it.
std::string_view TakeCharacter(std::string_view& text) {
  size_t size = 1;
  while (size < text.size() && IsContinuation(text[size])) ++size;
  const std::string_view out = text.substr(0, size);
  text.remove_prefix(size);
  return out;
}

// Octets that a terminal would act on instead of showing: C0 and C1 controls, line separators, marks that turn the direction of text.
std::string_view Shown(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first == '\t') return " ";
  if (first < 0x20 || first == 0x7f || !IsUtf8(AsBytes(character))) return "?";
  if (character >= "\xc2\x80" && character <= "\xc2\x9f") return "?";
  const bool hidden = (character >= "\xe2\x80\x8b" && character <= "\xe2\x80\x8f") ||  // U+200B to U+200F
                      (character >= "\xe2\x80\xa8" && character <= "\xe2\x80\xae") ||  // U+2028 to U+202E
                      (character >= "\xe2\x81\xa0" && character <= "\xe2\x81\xaf") ||  // U+2060 to U+206F
                      character == kByteOrderMark;
  return hidden ? "?" : character;
}

// The line that `offset` stands on, without its line end.
Span LineOf(std::string_view text, size_t offset) {
  Span line;
  if (offset > 0) {
    const size_t before = text.rfind('\n', offset - 1);
    line.begin = before == std::string_view::npos ? 0 : before + 1;
  }
  line.end = std::min(text.find('\n', offset), text.size());
  if (line.begin == 0 && text.starts_with(kByteOrderMark)) line.begin = kByteOrderMark.size();
  if (line.end > line.begin && text[line.end - 1] == '\r') --line.end;
  return line;
}

// A part of a source line, as it is shown, and where the caret stands in it.
struct Excerpt {
  std::string text;
  size_t caret = 0;      // characters before it
  size_t underline = 1;  // characters under the caret and its tail
};

Excerpt ExcerptOf(std::string_view text, const Span& span) {
  constexpr std::string_view kDots = "...";
  const Span line = LineOf(text, span.begin);
  std::string_view rest = text.substr(line.begin, line.end - line.begin);
  const size_t begin = std::clamp(span.begin, line.begin, line.end);
  const size_t end = std::clamp(span.end, begin, line.end);
  const size_t caret = CountCharacters(text.substr(line.begin, begin - line.begin));
  const size_t marked = std::max<size_t>(1, CountCharacters(text.substr(begin, end - begin)));
  const size_t all = CountCharacters(rest);
  size_t from = 0;
  size_t to = all;
  if (all > limits::kDiagnosticLineCharacters) {
    const size_t room = limits::kDiagnosticLineCharacters - 2 * kDots.size();
    from = std::min(caret - std::min(caret, room / 2), all - room);
    to = from + room;
  }
  Excerpt out;
  if (from > 0) out.text = kDots;
  for (size_t at = 0; !rest.empty() && at < to; ++at) {
    const std::string_view character = TakeCharacter(rest);
    if (at >= from) out.text += Shown(character);
  }
  out.caret = caret - from + (from > 0 ? kDots.size() : 0);
  out.underline = std::clamp<size_t>(to - std::min(to, caret), 1, marked);
  if (to < all) out.text += kDots;
  return out;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Insertions, deletions, replacements and swaps of neighbours, case aside.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) && Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

Position PositionOf(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const size_t begin = std::min(LineOf(text, offset).begin, offset);
  return {static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1, CountCharacters(before.substr(begin)) + 1};
}

std::string At(std::string_view text, size_t offset) {
  const Position position = PositionOf(text, offset);
  return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column) + ": ";
}

void Diagnostics::Add(Diagnostic diagnostic) {
  if (all_.size() >= limits::kPolicyDiagnostics) {
    const auto warning = std::find_if(all_.rbegin(), all_.rend(), [](const Diagnostic& d) { return d.severity == Severity::kWarning; });
    if (diagnostic.severity == Severity::kWarning || warning == all_.rend()) return;
    all_.erase(std::next(warning).base());
  }
  all_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const {
  return std::any_of(all_.begin(), all_.end(), [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

bool Diagnostics::full() const {
  return all_.size() >= limits::kPolicyDiagnostics &&
         std::all_of(all_.begin(), all_.end(), [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::vector<Diagnostic> Diagnostics::Sorted() const {
  std::vector<Diagnostic> out = all_;
  std::stable_sort(out.begin(), out.end(), [](const Diagnostic& a, const Diagnostic& b) { return a.span.begin < b.span.begin; });
  return out;
}

std::string RenderDiagnostic(std::string_view file, std::string_view text, const Diagnostic& diagnostic) {
  const Span span{std::min(diagnostic.span.begin, text.size()), std::min(diagnostic.span.end, text.size())};
  const Position position = PositionOf(text, span.begin);
  const std::string line = std::to_string(position.line);
  const std::string margin(line.size() + 2, ' ');
  const Excerpt excerpt = ExcerptOf(text, span);
  std::string out(file);
  out += ":" + line + ":" + std::to_string(position.column) + ": ";
  out += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  out += diagnostic.message + " [" + std::string(diagnostic.code) + "]\n";
  out += " " + line + " |" + (excerpt.text.empty() ? "" : " ") + excerpt.text + "\n";
  out += margin + "| " + std::string(excerpt.caret, ' ') + "^" + std::string(excerpt.underline - 1, '~') + "\n";
  if (!diagnostic.hint.empty()) out += margin + "= hint: " + diagnostic.hint + "\n";
  return out;
}

std::string Printable(std::string_view text, size_t characters) {
  std::string out;
  for (size_t count = 0; !text.empty(); ++count) {
    if (count == characters) return out + "...";
    out += Shown(TakeCharacter(text));
  }
  return out;
}

std::string_view ClosestWord(std::string_view found, const std::vector<std::string_view>& words) {
  std::string_view closest;
  size_t least = kLongestWord;
  if (found.size() > kLongestWord) return closest;
  for (const std::string_view word : words) {
    if (word.size() > kLongestWord) continue;
    const size_t distance = EditDistance(found, word);
    // A third of the word may be wrong: one letter of two, two of five, none of one.
    if (distance > (std::max(found.size(), word.size()) + 1) / 3 || distance >= least) continue;
    least = distance;
    closest = word;
  }
  return closest;
}

}  // namespace vidimus
