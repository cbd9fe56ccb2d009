#include "policy/parser_expression.h"

#include <utility>

namespace vidimus {
namespace {

constexpr std::string_view kValue = "a value: a string, an integer, true, false or a reference such as c.value";

bool ParseCall(ParserCursor& at, CallSyntax& call, size_t calls) {
  const ParserCursor::Within within(at, "call");
  call.function = at.TakeName();
  if (calls == limits::kPolicyDepth) {
    const std::string most = std::to_string(limits::kPolicyDepth);
    at.Report("policy.depth", call.function.span, "found calls nested more than " + most + " deep, expected at most " + most,
              "add the result of an inner call as a claim, in a rule of its own");
    return false;
  }
  at.Take();  // its '('
  const auto argument = [&] {
    ExpressionSyntax expression;
    if (!ParseExpression(at, expression, calls + 1)) return false;
    call.arguments.push_back(std::move(expression));
    return true;
  };
  return ParseList(at, "arguments of one call", argument);
}

// true, false, a reference, a call or a name.
bool ParseWord(ParserCursor& at, ExpressionSyntax& expression, size_t calls) {
  if (at.Is("(", 1)) return ParseCall(at, expression.what.emplace<CallSyntax>(), calls);
  Name name = at.TakeName();
  if (at.TakeIf(".")) {
    if (!at.IsWord()) {
      at.Unexpected("a property (type, value, valueType or issuer)", "");
      return false;
    }
    Name property = at.TakeName();
    expression.what = ReferenceSyntax{std::move(name), std::move(property)};
  } else if (name.text == "true" || name.text == "false") {
    expression.what = ClaimValue(name.text == "true");
  } else {
    expression.what = std::move(name);
  }
  return true;
}

}  // namespace

bool ParseExpression(ParserCursor& at, ExpressionSyntax& expression, size_t calls) {
  expression.span.begin = at.begin();
  const TokenKind kind = at.Peek().kind;
  if (kind == TokenKind::kString) {
    expression.what = ClaimValue(at.Take().text);
  } else if (kind == TokenKind::kInteger) {
    expression.what = ClaimValue(at.Take().integer);
  } else if (kind == TokenKind::kBareText || kind == TokenKind::kPlaceholder) {
    at.Unexpected(kValue, kind == TokenKind::kPlaceholder ? "put your own value in its place"
                                                          : "a text stands in quotes: \"" + Printable(at.Peek().text, 40) + "\"");
    expression.what = ClaimValue(at.Take().text);
  } else if (kind == TokenKind::kIdentifier) {
    if (!ParseWord(at, expression, calls)) return false;
  } else {
    std::string hint;
    if (at.Is("(")) hint = "values are not grouped with parentheses";
    if (at.Is("[")) hint = "there are no lists of values: write a rule for each";
    at.Unexpected(kValue, std::move(hint));
    return false;
  }
  expression.span.end = at.end();
  return true;
}

std::string AfterValueHint(const ParserCursor& at) {
  const bool fraction = at.Is(".") && at.Before() == TokenKind::kInteger;
  if (fraction) return "integers have no fraction";
  if (at.Is(".")) return "a reference has two parts, such as c.value";
  if (at.Before() == TokenKind::kString && at.begin() == at.end()) return "within a string, a '\"' is written \\\"";
  return "";
}

bool TooMany(ParserCursor& at, std::string_view what) {
  const std::string most = std::to_string(limits::kPolicyConditionsPerRule);
  at.Report("policy.conditions", at.Peek().span, "found more than " + most + " " + std::string(what) + ", expected at most " + most, "");
  return false;
}

}  // namespace vidimus
