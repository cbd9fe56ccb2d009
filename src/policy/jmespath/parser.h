// Reads a JMESPath query into its tree.
#pragma once

#include "policy/jmespath/node.h"

namespace vidimus::jmespath {

// Errors: jmespath.syntax, jmespath.function, jmespath.arity, jmespath.size, jmespath.depth.
Result<std::unique_ptr<Node>> ParseQuery(std::string_view query);

}  // namespace vidimus::jmespath
