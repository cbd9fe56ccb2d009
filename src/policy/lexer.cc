#include "policy/lexer.h"

#include <array>
#include <limits>

#include "base/bytes.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::array<std::string_view, 6> kTwoCharacters = {"=>", "==", "!=", "<=", ">=", "&&"};
constexpr std::string_view kOneCharacter = "!<>=[](){},;:.";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  Result<std::vector<Token>> Run() {
    std::vector<Token> out;
    for (SkipBlank();; SkipBlank()) {
      Token token{TokenKind::kEnd, "", 0, line_, static_cast<int>(at_ - line_start_ + 1), at_, at_};
      if (at_ == text_.size()) {
        out.push_back(std::move(token));
        return out;
      }
      VIDIMUS_CHECK_OK(Read(token));
      token.end = at_;
      out.push_back(std::move(token));
    }
  }

 private:
  void SkipBlank() {
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (IsSpace(text_[at_])) {
        if (text_[at_++] == '\n') {
          ++line_;
          line_start_ = at_;
        }
      } else {
        return;
      }
    }
  }

  Status Read(Token& token) {
    const char c = text_[at_];
    if (c == '"') return ReadString(token);
    if (IsDigit(c)) return ReadInteger(token);
    if (IsWord(c)) {
      token.kind = TokenKind::kIdentifier;
      while (at_ < text_.size() && (IsWord(text_[at_]) || IsDigit(text_[at_]))) token.text += text_[at_++];
      return {};
    }
    token.kind = TokenKind::kPunctuation;
    for (const std::string_view two : kTwoCharacters)
      if (text_.substr(at_).starts_with(two)) {
        token.text = two;
        at_ += 2;
        return {};
      }
    if (kOneCharacter.find(c) == std::string_view::npos) return Unexpected(token);
    token.text = c;
    ++at_;
    return {};
  }

  Status Unexpected(const Token& token) const {
    const std::string_view rest = text_.substr(at_);
    // Quotes pasted from web pages: U+201C, U+201D, U+2018, U+2019.
    for (const std::string_view quote : {"\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x98", "\xe2\x80\x99"})
      if (rest.starts_with(quote))
        return Fail(ErrorCode::kMalformed, "policy.syntax", At(token) + "a typographic quote; strings stand in straight quotes \"");
    const bool printable = rest[0] > 0x20 && rest[0] < 0x7f;
    return Fail(ErrorCode::kMalformed, "policy.syntax",
                At(token) + (printable ? std::string("unexpected character '") + rest[0] + "'" : "unexpected byte"));
  }

  Status ReadInteger(Token& token) {
    token.kind = TokenKind::kInteger;
    for (; at_ < text_.size() && IsDigit(text_[at_]); ++at_) {
      const int digit = text_[at_] - '0';
      token.text += text_[at_];
      if (token.integer > (std::numeric_limits<int64_t>::max() - digit) / 10)
        return Fail(ErrorCode::kMalformed, "policy.syntax", At(token) + "an integer over 2^63-1");
      token.integer = token.integer * 10 + digit;
    }
    if (at_ < text_.size() && IsWord(text_[at_]))
      return Fail(ErrorCode::kMalformed, "policy.syntax", At(token) + "a letter within an integer; integers are decimal");
    return {};
  }

  Status ReadString(Token& token) {
    token.kind = TokenKind::kString;
    for (++at_; at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r'; ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return {};
      }
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\\'))
          return Fail(ErrorCode::kMalformed, "policy.syntax", At(token) + "only \\\" and \\\\ are escapes");
      }
      token.text += text_[at_];
    }
    return Fail(ErrorCode::kMalformed, "policy.syntax", At(token) + "a string that does not end on its line");
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

std::string At(const Token& token) { return "line " + std::to_string(token.line) + ", column " + std::to_string(token.column) + ": "; }

Result<std::vector<Token>> LexPolicy(std::string_view text) {
  if (text.size() > limits::kPolicyBytes)
    return Fail(ErrorCode::kLimit, "policy.size",
                "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limits::kPolicyBytes));
  // Section 1: a policy is UTF-8, and so are the tokens and refusals that quote it.
  if (!IsUtf8(AsBytes(text))) return Fail(ErrorCode::kMalformed, "policy.encoding", "found octets that are not UTF-8");
  return Lexer(text).Run();
}

}  // namespace vidimus
