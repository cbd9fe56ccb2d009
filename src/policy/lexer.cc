#include "policy/lexer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/bytes.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::array<std::string_view, 6> kTwoCharacters = {"=>", "==", "!=", "<=", ">=", "&&"};
constexpr std::string_view kOneCharacter = "!<>=&[](){},;:.";  // '&' is for the parser to refuse
constexpr size_t kQuotedCharacters = 40;                       // of the text, in a message

// What people write who come from other languages, and the token they mean by it (empty: none).
struct Foreign {
  std::string_view written;
  std::string_view meant;
  std::string_view hint;
};
constexpr std::string_view kNoOr = "there is no 'or': write two rules";
constexpr std::string_view kNoPatterns = "there are no patterns: compare with a whole value";
constexpr std::string_view kNoArithmetic = "there is no arithmetic, and no wildcards";
constexpr std::array<Foreign, 10> kForeign = {{
    {"||", "", kNoOr},
    {"|", "", kNoOr},
    {"=~", "==", kNoPatterns},
    {"!~", "!=", kNoPatterns},
    {"~", "==", kNoPatterns},
    {"->", "=>", "the arrow is written =>"},
    {"+", "", "there is no arithmetic; AppendString(a, b) joins strings in version 1.2"},
    {"-", "", kNoArithmetic},
    {"*", "", kNoArithmetic},
    {"%", "", kNoArithmetic},
}};

// Quotes that editors and web pages put in place of ". Those that open a string, and what may close it.
struct Quotes {
  std::string_view open;
  std::array<std::string_view, 2> close;
};
constexpr std::array<Quotes, 11> kQuotes = {{
    {"\xe2\x80\x9c", {"\xe2\x80\x9d", "\xe2\x80\x9c"}},  // U+201C U+201D
    {"\xe2\x80\x9d", {"\xe2\x80\x9d", "\xe2\x80\x9c"}},  // U+201D
    {"\xe2\x80\x98", {"\xe2\x80\x99", "\xe2\x80\x98"}},  // U+2018 U+2019
    {"\xe2\x80\x99", {"\xe2\x80\x99", "\xe2\x80\x98"}},  // U+2019
    {"\xe2\x80\x9e", {"\xe2\x80\x9c", "\xe2\x80\x9d"}},  // U+201E, German
    {"\xe2\x80\x9a", {"\xe2\x80\x98", "\xe2\x80\x99"}},  // U+201A, German
    {"\xc2\xab", {"\xc2\xbb", "\xc2\xab"}},              // U+00AB U+00BB, French
    {"\xc2\xbb", {"\xc2\xab", "\xc2\xbb"}},              // U+00BB
    {"\xef\xbc\x82", {"\xef\xbc\x82", "\xef\xbc\x82"}},  // U+FF02, full width
    {"'", {"'", "\xe2\x80\x99"}},
    {"`", {"`", "'"}},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWordOrDigit(char c) { return IsWord(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class Lexer {
 public:
  Lexer(std::string_view text, Diagnostics& diagnostics) : text_(text), diagnostics_(diagnostics) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  Tokens Run() {
    while (SkipBlank() && !diagnostics_.full()) Read();
    out_.tokens.push_back({TokenKind::kEnd, {at_, at_}, "", 0});
    return std::move(out_);
  }

 private:
  // Whether any text is left.
  bool SkipBlank() {
    while (at_ < text_.size()) {
      const size_t begin = at_;
      if (Rest().starts_with("//")) {
        while (at_ < text_.size() && !IsLineEnd(text_[at_])) ++at_;
        out_.comments.push_back({begin, at_});
      } else if (IsSpace(text_[at_])) {
        ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  void Read() {
    const char c = text_[at_];
    if (c == '"') return ReadString();
    if (IsDigit(c)) return ReadInteger();
    if (IsWord(c) || c == '$') return ReadWord();
    if (ReadForeignQuotes() || ReadForeignComment() || ReadPlaceholder() || ReadForeign() || ReadInvisible()) return;
    for (const std::string_view two : kTwoCharacters)
      if (Rest().starts_with(two)) return Push(TokenKind::kPunctuation, 2, std::string(two));
    if (kOneCharacter.find(c) != std::string_view::npos) return Push(TokenKind::kPunctuation, 1, std::string(1, c));
    ReadUnexpected();
  }

  // Identifiers; and texts without their quotes, which no policy holds but many drafts do: an identifier that a '-' follows directly.
  void ReadWord() {
    size_t size = 0;
    while (at_ + size < text_.size() && IsWordOrDigit(text_[at_ + size])) ++size;
    const auto part_of_text = [&](size_t at) { return IsWordOrDigit(text_[at]) || text_[at] == '-' || text_[at] == '$'; };
    const size_t next = at_ + size;
    const bool bare = next < text_.size() && (text_[next] == '$' || (text_[next] == '-' && !Rest().substr(size).starts_with("->")));
    if (!bare) return Push(TokenKind::kIdentifier, size, std::string(Rest().substr(0, size)));
    while (at_ + size < text_.size() && part_of_text(at_ + size)) ++size;
    Push(TokenKind::kBareText, size, std::string(Rest().substr(0, size)));
  }

  void ReadInteger() {
    size_t size = 0;
    while (at_ + size < text_.size() && IsWordOrDigit(text_[at_ + size])) ++size;
    const std::string_view written = Rest().substr(0, size);
    const bool hexadecimal = size > 2 && (written.starts_with("0x") || written.starts_with("0X")) &&
                             std::all_of(written.begin() + 2, written.end(), [](char c) { return HexDigit(c) >= 0; });
    const auto value = hexadecimal ? ValueOf(written.substr(2), 16) : ValueOf(written, 10);
    if (hexadecimal) {
      Report("policy.integer", size, "found the hexadecimal integer " + Quoted(written) + ", expected decimal digits",
             value ? "in decimal it is " + std::to_string(*value) : "integers go to 9223372036854775807 (2^63-1)");
    } else if (std::any_of(written.begin(), written.end(), IsWord)) {
      Report("policy.integer", size, "found " + Quoted(written) + ", expected decimal digits only",
             "an integer has no letters; a text stands in quotes: \"" + Printable(written, kQuotedCharacters) + "\"");
    } else if (!value) {
      Report("policy.integer", size, "found an integer over 2^63-1, expected at most 9223372036854775807", "");
    }
    out_.tokens.push_back({TokenKind::kInteger, {at_, at_ + size}, std::string(written), value.value_or(0)});
    at_ += size;
  }

  static std::optional<int64_t> ValueOf(std::string_view digits, int base) {
    int64_t value = 0;
    for (const char c : digits) {
      const int digit = HexDigit(c);
      if (digit < 0 || digit >= base || value > (std::numeric_limits<int64_t>::max() - digit) / base) return std::nullopt;
      value = value * base + digit;
    }
    return value;
  }

  void ReadString() {
    const size_t begin = at_;
    std::string value;
    for (++at_; at_ < text_.size() && !IsLineEnd(text_[at_]); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        out_.tokens.push_back({TokenKind::kString, {begin, at_}, std::move(value), 0});
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && !IsLineEnd(text_[at_ + 1])) {
        const char escaped = text_[at_ + 1];
        if (escaped == '"' || escaped == '\\') {
          ++at_;
        } else {
          Report("policy.escape", 1 + CharacterSize(at_ + 1),
                 "found " + Quoted(text_.substr(at_, 1 + CharacterSize(at_ + 1))) + " in a string, expected \\\" or \\\\",
                 "a backslash itself is written \\\\");
        }
      }
      value += text_[at_];
    }
    const size_t end = at_;
    at_ = begin;
    Report("policy.string", end - begin, "found a string that does not end on its line, expected '\"'",
           "put '\"' at its end; within a string, a '\"' is written \\\"");
    Push(TokenKind::kInvalid, end - begin, "");
  }

  // A string in quotes of another kind is taken for the string it was meant to be, so that it gives one error.
  bool ReadForeignQuotes() {
    for (const auto& [open, closes] : kQuotes) {
      if (!Rest().starts_with(open)) continue;
      const bool ascii = open.size() == 1;
      std::string what = "the typographic quote " + Quoted(open);
      if (ascii) what = open == "'" ? "a single quote" : "a back-tick";
      size_t end = at_ + open.size();
      for (; end < text_.size() && !IsLineEnd(text_[end]); ++end)
        for (const std::string_view close : {closes[0], closes[1], std::string_view("\"")})
          if (text_.substr(end).starts_with(close)) {
            const std::string value(text_.substr(at_ + open.size(), end - at_ - open.size()));
            const size_t size = end + close.size() - at_;
            Report(ascii ? "policy.character" : "policy.quotes", size, "found " + what + ", expected '\"'",
                   "strings stand in straight double quotes: \"" + Printable(value, kQuotedCharacters) + "\"");
            Push(TokenKind::kString, size, value);
            return true;
          }
      Report(ascii ? "policy.character" : "policy.quotes", open.size(), "found " + what + ", expected '\"'",
             "strings stand in straight double quotes");
      Push(TokenKind::kInvalid, end - at_, "");
      return true;
    }
    return false;
  }

  // Comments of other languages are skipped like ours.
  bool ReadForeignComment() {
    if (Rest().starts_with("/*")) {
      const size_t close = text_.find("*/", at_ + 2);
      Report("policy.comment", 2, "found '/*', expected '//'", "comments begin with // and end with their line");
      at_ = close == std::string_view::npos ? text_.size() : close + 2;
      return true;
    }
    if (text_[at_] != '#') return false;
    const size_t end = std::min({text_.find('\n', at_), text_.find('\r', at_), text_.size()});
    Report("policy.character", 1, "found '#', expected '//'", "comments begin with //");
    at_ = end;
    return true;
  }

  // "<product-id>": a word in angle brackets, which comparisons do not make.
  bool ReadPlaceholder() {
    if (text_[at_] != '<' || at_ + 1 == text_.size() || !IsWord(text_[at_ + 1])) return false;
    size_t end = at_ + 1;
    while (end < text_.size() && (IsWordOrDigit(text_[end]) || text_[end] == '-' || text_[end] == ' ')) ++end;
    if (end == text_.size() || text_[end] != '>') return false;
    Push(TokenKind::kPlaceholder, end + 1 - at_, std::string(text_.substr(at_, end + 1 - at_)));
    return true;
  }

  bool ReadForeign() {
    const char c = text_[at_];
    if ((c == '-' || c == '+') && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) {
      Report("policy.character", 1, "found " + Quoted(Rest().substr(0, 1)) + ", expected an integer", "integers have no sign");
      ++at_;
      return true;
    }
    for (const auto& [written, meant, hint] : kForeign) {
      if (!Rest().starts_with(written)) continue;
      Report(
          "policy.character", written.size(),
          "found " + Quoted(written) + (meant.empty() ? ", which the language does not have" : ", expected '" + std::string(meant) + "'"),
          std::string(hint));
      Push(meant.empty() ? TokenKind::kInvalid : TokenKind::kPunctuation, written.size(), std::string(meant));
      return true;
    }
    return false;
  }

  // White space of other scripts, and what Printable would hide: pasted from web pages, and best not missed.
  bool ReadInvisible() {
    const size_t size = CharacterSize(at_);
    const std::string_view character = Rest().substr(0, size);
    constexpr std::array<std::string_view, 3> kSpaces = {"\xc2\xa0", "\xe2\x80\xaf", "\xe3\x80\x80"};  // U+00A0, U+202F, U+3000
    const bool space = std::find(kSpaces.begin(), kSpaces.end(), character) != kSpaces.end() ||
                       (character >= "\xe2\x80\x80" && character <= "\xe2\x80\x8a");  // U+2000 to U+200A
    if (!space && (character == "?" || Printable(character, 1) != "?")) return false;
    Report("policy.character", size, "found the invisible character " + CodePoint(character) + ", which the language does not have",
           space ? "write a plain space" : "remove it");
    at_ += size;
    return true;
  }

  // "U+00A0".
  static std::string CodePoint(std::string_view character) {
    unsigned value = static_cast<unsigned char>(character[0]);
    if (character.size() > 1) value &= 0xffu >> (character.size() + 1);
    for (const char c : character.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3fu);
    std::string out;
    for (; value > 0 || out.size() < 4; value >>= 4) out.insert(out.begin(), "0123456789ABCDEF"[value & 0xf]);
    return "U+" + out;
  }

  // Neighbours are reported together.
  void ReadUnexpected() {
    size_t size = 0;
    const auto unexpected = [&](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && !IsWordOrDigit(c) && c != '"' && c != '$' &&
             kOneCharacter.find(c) == std::string_view::npos;
    };
    while (at_ + size < text_.size() && unexpected(text_[at_ + size]) && !Rest().substr(size).starts_with("//")) ++size;
    if (size == 0) size = CharacterSize(at_);
    std::string hint = static_cast<unsigned char>(text_[at_]) >= 0x80 ? "text stands in straight double quotes" : "";
    if (text_[at_] == '\\') hint = "a backslash stands in strings only";
    if (text_[at_] == '/') hint = "comments begin with //";
    Report("policy.character", size, "found " + Quoted(Rest().substr(0, size)) + ", which the language does not have", std::move(hint));
    Push(TokenKind::kInvalid, size, "");
  }

  std::string_view Rest() const { return text_.substr(at_); }

  size_t CharacterSize(size_t at) const {
    size_t size = 1;
    while (at + size < text_.size() && (static_cast<unsigned char>(text_[at + size]) & 0xc0) == 0x80) ++size;
    return size;
  }

  static std::string Quoted(std::string_view text) { return "'" + Printable(text, kQuotedCharacters) + "'"; }

  // Of the `size` octets at the place that is read now.
  void Report(std::string_view code, size_t size, std::string message, std::string hint) {
    diagnostics_.Add({Severity::kError, code, {at_, at_ + size}, std::move(message), std::move(hint), "policy"});
  }

  void Push(TokenKind kind, size_t size, std::string text) {
    out_.tokens.push_back({kind, {at_, at_ + size}, std::move(text), 0});
    at_ += size;
  }

  std::string_view text_;
  Diagnostics& diagnostics_;
  Tokens out_;
  size_t at_ = 0;
};

// The first octet that does not belong to a whole character; the end when there is none.
size_t FirstNotUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (!IsUtf8(AsBytes(text.substr(at, size)))) break;
    at += size;
  }
  return std::min(at, text.size());
}

}  // namespace

std::optional<Tokens> LexPolicy(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > limits::kPolicyBytes) {
    diagnostics.Add({Severity::kError,
                     "policy.size",
                     {0, 0},
                     "found " + std::to_string(text.size()) + " octets, expected at most " + std::to_string(limits::kPolicyBytes),
                     "",
                     "policy"});
    return std::nullopt;
  }
  // Section 1.1: a policy is UTF-8, and so are the tokens and messages that quote it.
  if (!IsUtf8(AsBytes(text))) {
    const size_t at = FirstNotUtf8(text);
    diagnostics.Add({Severity::kError,
                     "policy.encoding",
                     {at, at + 1},
                     "found an octet that is not UTF-8",
                     text.starts_with("\xff\xfe") ? "it looks like UTF-16: save the file as UTF-8" : "save the file as UTF-8",
                     "policy"});
    return std::nullopt;
  }
  return Lexer(text, diagnostics).Run();
}

}  // namespace vidimus
