// Splits a JMESPath query into tokens and decodes its literals.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace vidimus::jmespath {

enum class TokenKind {
  kIdentifier,
  kQuotedIdentifier,
  kNumber,
  kLiteral,  // a JSON value in back-ticks or a raw string in apostrophes
  kDot,
  kStar,
  kFlatten,  // []
  kFilter,   // [?
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kLeftParenthesis,
  kRightParenthesis,
  kComma,
  kColon,
  kCurrent,
  kReference,  // &
  kAnd,
  kOr,
  kPipe,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t offset = 0;      // in characters
  std::string_view text;  // as written
  Json value;             // of an identifier its name, of a literal its value, of a number an int64: the nearest where it is out of range
};

// The tokens of `query`, the last of kind kEnd. Errors: jmespath.size, jmespath.syntax.
Result<std::vector<Token>> Lex(std::string_view query);

// "at character N: " for the details of errors.
std::string At(size_t offset);

}  // namespace vidimus::jmespath
