// JMESPath (jmespath.org specification), whole, plus equals_ignore_case (policy-language section 2.8). Pure and bounded.
//
// Where the specification leaves a choice: objects keep the order of the input; numbers compare by exact value, whatever holds them;
// a number computed is an integer where it is integral and fits; a string within back-ticks needs its quotes (JEP-12); & stands before
// arguments only; to_number takes what JSON takes for a number and can hold; equals_ignore_case folds the letters of ASCII. All that
// follows a projection is applied to each of its values, up to a pipe, a flatten, an operator or a closing bracket, also after a
// selection or before a filter: a[*].[b, c][0] gives each b. Some libraries stop there, at x in a.*.x.y and at the filter in a[?x].b[?y];
// and some read !a.b as (!a).b.
#pragma once

#include <memory>
#include <string_view>

#include "codec/json.h"
#include "policy/steps.h"

namespace vidimus {

namespace jmespath {
struct Node;
}

class JmesPath {
 public:
  // A query of at most limits::kJmesPathBytes octets of UTF-8, nested at most limits::kJmesPathDepth deep. Parentheses, selections,
  // calls, projections, negations and comparisons nest; a.b.c, a || b || c, a && b && c and a | b | c do not.
  // Errors, with the offset in characters: jmespath.syntax, jmespath.function (unknown name), jmespath.arity, jmespath.size,
  // jmespath.depth.
  static Result<JmesPath> Parse(std::string_view query);

  // What the query selects of `data`, which is nested as ParseJson allows; null where it selects nothing. Spends a step for every value
  // visited and for every 16 octets or 8 names looked at, copied or compared, and 8 for every array, object or call.
  // Errors: jmespath.type, jmespath.value (a slice step of 0, a sum out of range), jmespath.steps, jmespath.depth (of the result, or of
  // a value made on the way: limits::kJsonDepth).
  Result<Json> Search(const Json& data, Steps& steps) const;

  JmesPath(JmesPath&&) noexcept;
  JmesPath& operator=(JmesPath&&) noexcept;
  ~JmesPath();

 private:
  explicit JmesPath(std::unique_ptr<const jmespath::Node> root);
  std::unique_ptr<const jmespath::Node> root_;
};

}  // namespace vidimus
