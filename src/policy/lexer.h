// Policy text to tokens (policy-language sections 1.1 and 1.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace vidimus {

enum class TokenKind {
  kString,
  kInteger,
  kIdentifier,
  kPunctuation,
  kBareText,     // no token of the language: a text that lacks its quotes, such as x-ms-sgx-svn or $is-debuggable
  kPlaceholder,  // the same: <your-id>, left in a template
  kInvalid,      // reported by the lexer; the parser finds nothing to add
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  std::string text;     // a string's value with escapes resolved; else as written, and empty when kInvalid or kEnd
  int64_t integer = 0;  // of kInteger
};

struct Tokens {
  std::vector<Token> tokens;   // in the order of the text; the last one is kEnd
  std::vector<Span> comments;  // from "//" to the end of the line, without it
};

// A byte order mark at the beginning is skipped. Goes on after an error, with the token that was most likely meant; null when the text is
// too large or not UTF-8. Adds: policy.size, policy.encoding, policy.character, policy.quotes, policy.comment, policy.integer,
// policy.string, policy.escape.
std::optional<Tokens> LexPolicy(std::string_view text, Diagnostics& diagnostics);

}  // namespace vidimus
