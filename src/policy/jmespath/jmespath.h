// JMESPath (jmespath.org specification), whole, plus equals_ignore_case (policy-language section 2.8). Pure and bounded.
#pragma once

#include <memory>
#include <string_view>

#include "codec/json.h"
#include "policy/steps.h"

namespace vidimus {

class JmesPath {
 public:
  // A query of at most limits::kJmesPathBytes octets, nested at most limits::kJmesPathDepth deep.
  // Errors, with the offset in characters: jmespath.syntax, jmespath.function (unknown name), jmespath.arity, jmespath.size,
  // jmespath.depth.
  static Result<JmesPath> Parse(std::string_view query);

  // What the query selects of `data`; null where it selects nothing. Spends steps for every value visited and every octet copied.
  // Errors: jmespath.type, jmespath.value (a slice step of 0, a number out of range), jmespath.steps, jmespath.depth (of the result).
  Result<Json> Search(const Json& data, Steps& steps) const;

  JmesPath(JmesPath&&) noexcept;
  JmesPath& operator=(JmesPath&&) noexcept;
  ~JmesPath();

 private:
  struct Node;
  explicit JmesPath(std::unique_ptr<const Node> root);
  std::unique_ptr<const Node> root_;
};

}  // namespace vidimus
