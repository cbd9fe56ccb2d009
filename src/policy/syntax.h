// The syntax tree: what a policy text says, before anyone asks whether it means something (policy-language sections 1.3 to 1.5).
//
// Names are kept as written, so that the checker can say what is wrong with them. Owns its strings; spans point into the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "claims/claim.h"
#include "policy/diagnostic.h"

namespace vidimus {

struct Name {
  std::string text;
  Span span;
};

// `c.value`
struct ReferenceSyntax {
  Name identifier;
  Name property;
};

struct ExpressionSyntax;

// `AppendString(c.value, "x")`
struct CallSyntax {
  Name function;
  std::vector<ExpressionSyntax> arguments;  // nested at most limits::kPolicyDepth deep
};

// A literal, a bare name (only `claim = c` has one), a reference or a call.
struct ExpressionSyntax {
  Span span;
  std::variant<ClaimValue, Name, ReferenceSyntax, CallSyntax> what;
};

// `value >= 2`
struct PropertySyntax {
  Name property;
  Name comparison;  // ==, !=, <, <=, > or >=
  ExpressionSyntax operand;
};

// `! c:[type=="x", value==1]`
struct ConditionSyntax {
  Span span;
  std::optional<Span> negation;  // of its '!'
  std::optional<Name> identifier;
  std::vector<PropertySyntax> properties;
};

// `type="x"`
struct ArgumentSyntax {
  Name name;
  ExpressionSyntax value;
};

// `issue(type="x", value=c.value)`
struct ActionSyntax {
  Span span;
  Name name;
  std::vector<ArgumentSyntax> arguments;
};

struct RuleSyntax {
  Span span;  // without its ';'
  std::vector<ConditionSyntax> conditions;
  ActionSyntax action;
};

struct SectionSyntax {
  Span span;  // from its keyword to its ';'
  Name keyword;
  std::vector<RuleSyntax> rules;
};

struct PolicySyntax {
  int64_t major = 0, minor = 0;
  Span version;  // of "1.0"; empty when it could not be read
  std::vector<SectionSyntax> sections;
  std::vector<Span> comments;  // each from "//" to the end of its line, without the line end
};

}  // namespace vidimus
