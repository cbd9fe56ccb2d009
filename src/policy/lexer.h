// Policy text to tokens (policy-language sections 1.1 and 1.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vidimus {

enum class TokenKind { kString, kInteger, kIdentifier, kPunctuation, kEnd };

struct Token {
  TokenKind kind;
  std::string text;     // a string's value with escapes resolved; else as written
  int64_t integer = 0;  // of kInteger
  int line = 1;         // from 1
  int column = 1;       // from 1, in bytes
  size_t offset = 0;    // of its first byte
  size_t end = 0;       // one past its last byte
};

// The last token is kEnd. A byte order mark is skipped. Errors: policy.size, policy.syntax with line and column in the detail.
Result<std::vector<Token>> LexPolicy(std::string_view text);

// "line L, column C: " for details.
std::string At(const Token& token);

}  // namespace vidimus
