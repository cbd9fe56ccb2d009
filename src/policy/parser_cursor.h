// A place in the tokens of a policy: looks at what follows, takes it, and says what else was expected there.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/lexer.h"
#include "policy/syntax.h"

namespace vidimus {

class ParserCursor {
 public:
  // `tokens` ends with a kEnd. All three outlive the cursor.
  ParserCursor(std::string_view text, const std::vector<Token>& tokens, Diagnostics& diagnostics)
      : text_(text), tokens_(tokens), diagnostics_(diagnostics) {}

  // The token `ahead` places on; the last one, kEnd, for all beyond.
  const Token& Peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool Is(TokenKind kind, size_t ahead = 0) const { return Peek(ahead).kind == kind; }
  bool Is(std::string_view punctuation, size_t ahead = 0) const {
    return Is(TokenKind::kPunctuation, ahead) && Peek(ahead).text == punctuation;
  }
  bool IsWord(size_t ahead = 0) const { return Is(TokenKind::kIdentifier, ahead); }
  bool AtEnd() const { return Is(TokenKind::kEnd); }

  // `issuancerules {`, which begins a section wherever it stands.
  bool AtSection() const { return IsWord() && Is("{", 1); }
  bool AtCondition(size_t ahead = 0) const;  // its '[', its '!' or its `c :`
  bool AtRule(size_t ahead = 0) const { return Is("=>", ahead) || AtCondition(ahead); }
  bool AtAction() const { return IsWord() && Is("(", 1); }

  // Stays at kEnd.
  const Token& Take();
  Name TakeName();
  // Whether `punctuation` was there to take.
  bool TakeIf(std::string_view punctuation);
  size_t at() const { return at_; }
  size_t begin() const { return Peek().span.begin; }  // of the token that is next
  TokenKind Before() const { return at_ == 0 ? TokenKind::kEnd : tokens_[at_ - 1].kind; }
  size_t end() const { return at_ == 0 ? 0 : tokens_[at_ - 1].span.end; }  // of the token before

  // "found X, expected Y" at the next token. Silent where something was reported already, here or by the lexer.
  void Unexpected(std::string_view expected, std::string hint);
  void Report(std::string_view code, Span span, std::string message, std::string hint);
  // Whether more would be dropped, so that going on is of no use.
  bool Full() const { return diagnostics_.full(); }

  // Hints. "put ';' at line 1, column 12": after the token before.
  std::string Belongs(std::string_view punctuation) const;
  std::string Place(size_t offset) const;
  // The next tokens as written, shortened for a message.
  std::string Written(size_t count = 1) const;

  // To the end of a rule: past its ';', or before the '}' or the section that ends it.
  void SkipRule();
  void SkipToSection();

  // Names a grammar rule in the paths of diagnostics while it lives.
  class Within {
   public:
    Within(ParserCursor& cursor, std::string_view rule) : cursor_(cursor), size_(cursor.path_.size()) { (cursor.path_ += " > ") += rule; }
    ~Within() { cursor_.path_.resize(size_); }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

   private:
    ParserCursor& cursor_;
    size_t size_;
  };

 private:
  std::string Found() const;

  std::string_view text_;
  const std::vector<Token>& tokens_;
  Diagnostics& diagnostics_;
  size_t at_ = 0;
  size_t reported_ = std::string_view::npos;  // where the last error was
  std::string path_ = "policy";
};

}  // namespace vidimus
