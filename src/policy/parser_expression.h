// The values of conditions and arguments, as the grammar of versions 1.0 to 1.2 has them (policy-language sections 1.3 and 1.5), and
// lists of them in parentheses.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"
#include "policy/parser_cursor.h"
#include "policy/syntax.h"

namespace vidimus {

// Functions that return bool: false when an error was reported and nothing sensible can follow within the rule.

// `calls` is how many calls it stands in.
bool ParseExpression(ParserCursor& at, ExpressionSyntax& expression, size_t calls = 0);

// What to say of a token that cannot follow the value before it.
std::string AfterValueHint(const ParserCursor& at);

// Reports policy.conditions; always false.
bool TooMany(ParserCursor& at, std::string_view what);

// `item { "," item } ")"`, or the ')' alone; past the ')'.
template <typename Item>
bool ParseList(ParserCursor& at, std::string_view what, const Item& item) {
  if (at.TakeIf(")")) return true;
  for (size_t count = 0;; ++count) {
    if (count == limits::kPolicyConditionsPerRule) return TooMany(at, what);
    if (!item()) return false;
    if (at.TakeIf(")")) return true;
    if (at.TakeIf(",")) {
      if (!at.Is(")")) continue;
      at.Unexpected("an argument", "remove the ',' before it");
      at.Take();
      return true;
    }
    constexpr std::string_view kExpected = "',' or ')'";
    if (at.Is(";") || at.Is("}") || at.Is("]")) {
      at.Unexpected(kExpected, at.Belongs(")"));
      return true;
    }
    if (!at.IsWord() && !at.Is(TokenKind::kString) && !at.Is(TokenKind::kInteger)) {
      at.Unexpected(kExpected, at.Is("=") ? "the arguments of a function have no names" : AfterValueHint(at));
      return false;
    }
    at.Unexpected(kExpected, at.Belongs(","));
  }
}

}  // namespace vidimus
