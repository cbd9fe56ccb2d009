// What a JMESPath query says, as a tree that is evaluated against a current value.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"

namespace vidimus::jmespath {

struct Function;

enum class Kind {
  kCurrent,
  kField,          // names[0]
  kIndex,          // numbers[0]
  kSlice,          // numbers: start, stop, step
  kLiteral,        // literal
  kChain,          // each child on the result of the one before: a.b, a[0] and a | b alike, since only parsing tells them apart
  kOr,             // of all children
  kAnd,            // of all children
  kNot,            // child 0
  kCompare,        // children 0 and 1
  kFlatten,        // the current array by one level
  kProjectList,    // child 0 on each item of the current array
  kProjectValues,  // child 0 on each member of the current object
  kFilter,         // child 1 on each item of the current array for which child 0 is true
  kSelectList,     // [a, b]
  kSelectHash,     // {x: a, y: b}
  kCall,           // function, on the children
  kReference,      // &a: child 0, not evaluated; stands among the children of a kCall only
};

enum class Comparator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

struct Node {
  Kind kind = Kind::kCurrent;
  size_t offset = 0;  // in the query, in characters
  size_t height = 0;  // how deep others stand within it; a chain, an or and an and add nothing
  std::vector<std::unique_ptr<Node>> children;
  std::vector<std::string> names;  // of a field; of a hash, each name once
  std::vector<size_t> slots;       // of a hash: which name each child gives a value; the last given holds
  std::array<std::optional<int64_t>, 3> numbers;
  Json literal;
  Comparator comparator = Comparator::kEqual;
  const Function* function = nullptr;
};

}  // namespace vidimus::jmespath
