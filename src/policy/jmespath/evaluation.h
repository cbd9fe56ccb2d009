// Evaluates the tree of a query against a current value.
#pragma once

#include "policy/jmespath/node.h"
#include "policy/jmespath/value.h"

namespace vidimus::jmespath {

class Evaluation {
 public:
  explicit Evaluation(Steps& steps) : workspace_(steps) {}

  // Errors: jmespath.type, jmespath.value, jmespath.steps, jmespath.depth. The result lives as long as this, the tree and the data.
  Result<Value> Evaluate(const Node& node, Value current);

  Workspace& workspace() { return workspace_; }

 private:
  Result<Value> Chain(const Node& node, Value current);
  Result<Value> Either(const Node& node, Value current);
  Result<Value> Compare(const Node& node, Value current);
  Result<Value> Slice(const Node& node, Value current);
  Result<Value> Flatten(Value current);
  Result<Value> ProjectList(const Node& node, Value current);
  Result<Value> ProjectValues(const Node& node, Value current);
  Status Project(const Node& node, Value item, std::vector<Value>& out);
  Result<Value> SelectList(const Node& node, Value current);
  Result<Value> SelectHash(const Node& node, Value current);
  Result<Value> Call(const Node& node, Value current);
  Value Boolean(bool value) const { return value ? &true_ : &false_; }

  const Json true_{true};
  const Json false_{false};
  Workspace workspace_;
};

}  // namespace vidimus::jmespath
