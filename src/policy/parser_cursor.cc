#include "policy/parser_cursor.h"

namespace vidimus {
namespace {

constexpr size_t kFoundCharacters = 40;  // of the text, in a message

}  // namespace

bool ParserCursor::AtCondition(size_t ahead) const { return Is("[", ahead) || Is("!", ahead) || (IsWord(ahead) && Is(":", ahead + 1)); }

const Token& ParserCursor::Take() {
  const Token& token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

Name ParserCursor::TakeName() {
  const Token& token = Take();
  return {token.text, token.span};
}

bool ParserCursor::TakeIf(std::string_view punctuation) {
  const bool there = Is(punctuation);
  if (there) Take();
  return there;
}

void ParserCursor::Unexpected(std::string_view expected, std::string hint) {
  if (Is(TokenKind::kInvalid) || reported_ == begin() || Full()) return;
  if (hint.empty() && Is(TokenKind::kPlaceholder)) hint = "put your own text in its place";
  Report("policy.syntax", Peek().span, "found " + Found() + ", expected " + std::string(expected), std::move(hint));
}

void ParserCursor::Report(std::string_view code, Span span, std::string message, std::string hint) {
  reported_ = span.begin;
  diagnostics_.Add({Severity::kError, code, span, std::move(message), std::move(hint), path_});
}

std::string ParserCursor::Found() const {
  const std::string written = Written();
  switch (Peek().kind) {
    case TokenKind::kEnd: return "the end of the text";
    case TokenKind::kString: return "the string " + written;
    case TokenKind::kInteger: return "the integer " + written;
    case TokenKind::kPlaceholder: return "the placeholder '" + written + "'";
    default: return "'" + written + "'";
  }
}

std::string ParserCursor::Written(size_t count) const {
  const size_t end = Peek(count - 1).span.end;
  return Printable(text_.substr(begin(), end - begin()), kFoundCharacters);
}

std::string ParserCursor::Place(size_t offset) const {
  const Position position = PositionOf(text_, offset);
  return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
}

std::string ParserCursor::Belongs(std::string_view punctuation) const {
  if (Full()) return "";  // nobody will read it
  return "put '" + std::string(punctuation) + "' at " + Place(end());
}

void ParserCursor::SkipRule() {
  size_t depth = 0;
  while (!AtEnd() && !AtSection()) {
    if (depth == 0 && Is("}")) return;
    if (Is("{")) ++depth;
    if (Is("}")) --depth;
    const Token& token = Take();
    if (depth > 0) continue;
    if (token.kind == TokenKind::kPunctuation && token.text == ";") return;
    // A string without its end holds the rest of its line, and with it the end of its rule.
    const std::string_view written = text_.substr(token.span.begin, token.span.end - token.span.begin);
    if (token.kind == TokenKind::kInvalid && written.find(';') != std::string_view::npos) return;
  }
}

void ParserCursor::SkipToSection() {
  while (!AtEnd() && !AtSection()) Take();
}

}  // namespace vidimus
