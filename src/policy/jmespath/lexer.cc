#include "policy/jmespath/lexer.h"

#include <limits>
#include <utility>

#include "base/bytes.h"

namespace vidimus::jmespath {
namespace {

// Longer ones first.
constexpr std::pair<std::string_view, TokenKind> kPunctuation[] = {
    {"[]", TokenKind::kFlatten},
    {"[?", TokenKind::kFilter},
    {"&&", TokenKind::kAnd},
    {"||", TokenKind::kOr},
    {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},
    {"<=", TokenKind::kLessOrEqual},
    {">=", TokenKind::kGreaterOrEqual},
    {".", TokenKind::kDot},
    {"*", TokenKind::kStar},
    {"[", TokenKind::kLeftBracket},
    {"]", TokenKind::kRightBracket},
    {"{", TokenKind::kLeftBrace},
    {"}", TokenKind::kRightBrace},
    {"(", TokenKind::kLeftParenthesis},
    {")", TokenKind::kRightParenthesis},
    {",", TokenKind::kComma},
    {":", TokenKind::kColon},
    {"@", TokenKind::kCurrent},
    {"&", TokenKind::kReference},
    {"|", TokenKind::kPipe},
    {"!", TokenKind::kNot},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> out;
    while (true) {
      while (at_ < query_.size() && IsSpace(query_[at_])) Advance(1);
      Token token;
      token.offset = characters_;
      if (at_ < query_.size()) VIDIMUS_CHECK_OK(Read(token));
      out.push_back(std::move(token));
      if (out.back().kind == TokenKind::kEnd) return out;
    }
  }

 private:
  void Advance(size_t octets) {
    for (; octets > 0; --octets, ++at_) characters_ += StartsCharacter(query_[at_]) ? 1 : 0;
  }

  Status Read(Token& token) {
    const char c = query_[at_];
    const size_t start = at_;
    if (IsWord(c)) {
      token.kind = TokenKind::kIdentifier;
      while (at_ < query_.size() && (IsWord(query_[at_]) || IsDigit(query_[at_]))) Advance(1);
      token.text = query_.substr(start, at_ - start);
      token.value = token.text;
      return {};
    }
    if (IsDigit(c) || c == '-') return ReadNumber(token);
    if (c == '"' || c == '\'' || c == '`') return ReadQuoted(token);
    for (const auto& [text, kind] : kPunctuation)
      if (query_.substr(at_).starts_with(text)) {
        token.kind = kind;
        token.text = text;
        Advance(text.size());
        return {};
      }
    size_t end = at_ + 1;
    while (end < query_.size() && !StartsCharacter(query_[end])) ++end;
    return Fail(ErrorCode::kMalformed, "jmespath.syntax",
                At(token.offset) + "found \"" + std::string(query_.substr(at_, end - at_)) + "\", expected an expression or an operator");
  }

  Status ReadNumber(Token& token) {
    token.kind = TokenKind::kNumber;
    const size_t start = at_;
    const bool negative = query_[at_] == '-';
    if (negative) Advance(1);
    if (at_ == query_.size() || !IsDigit(query_[at_]))
      return Fail(ErrorCode::kMalformed, "jmespath.syntax", At(token.offset) + "found \"-\" alone, expected digits after it");
    int64_t value = 0;
    for (; at_ < query_.size() && IsDigit(query_[at_]); Advance(1)) {
      const int digit = query_[at_] - '0';
      // No array is as long: the nearest number selects the same.
      value = value > (std::numeric_limits<int64_t>::max() - digit) / 10 ? std::numeric_limits<int64_t>::max() : value * 10 + digit;
    }
    token.text = query_.substr(start, at_ - start);
    token.value = negative ? -value : value;
    return {};
  }

  // A back-slash keeps the character after it from ending the text.
  Status ReadQuoted(Token& token) {
    const size_t start = at_;
    const char quote = query_[at_];
    Advance(1);
    while (at_ < query_.size() && query_[at_] != quote) Advance(query_[at_] == '\\' && at_ + 1 < query_.size() ? 2 : 1);
    if (at_ == query_.size())
      return Fail(ErrorCode::kMalformed, "jmespath.syntax", At(token.offset) + "found no end of it, expected another " + quote);
    Advance(1);
    token.text = query_.substr(start, at_ - start);
    const std::string_view inner = token.text.substr(1, token.text.size() - 2);
    if (quote == '\'') {
      token.kind = TokenKind::kLiteral;
      token.value = WithoutEscapes(inner, quote);
      return {};
    }
    token.kind = quote == '"' ? TokenKind::kQuotedIdentifier : TokenKind::kLiteral;
    auto value = ParseJson(quote == '"' ? std::string(token.text) : WithoutEscapes(inner, quote));
    if (!value)
      return Fail(ErrorCode::kMalformed, "jmespath.syntax", At(token.offset) + "found no JSON, expected it here: " + value.error().detail);
    token.value = *std::move(value);
    return {};
  }

  // Only the quote itself can be escaped; before anything else a back-slash is itself.
  static std::string WithoutEscapes(std::string_view text, char quote) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        if (text[i + 1] != quote) out += '\\';
        ++i;
      }
      out += text[i];
    }
    return out;
  }

  std::string_view query_;
  size_t at_ = 0;          // in octets
  size_t characters_ = 0;  // the same place
};

}  // namespace

std::string At(size_t offset) { return "at character " + std::to_string(offset) + ": "; }

Result<std::vector<Token>> Lex(std::string_view query) {
  if (query.size() > limits::kJmesPathBytes)
    return Fail(ErrorCode::kLimit, "jmespath.size",
                "found a query of " + std::to_string(query.size()) + " octets, expected at most " + std::to_string(limits::kJmesPathBytes));
  if (!IsUtf8(AsBytes(query))) return Fail(ErrorCode::kMalformed, "jmespath.syntax", "found octets that are not UTF-8, expected UTF-8");
  return Lexer(query).Run();
}

}  // namespace vidimus::jmespath
