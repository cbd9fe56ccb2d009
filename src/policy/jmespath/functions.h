// The built-in functions: their names, how many arguments they take, of which types, and what they do.
#pragma once

#include <span>

#include "policy/jmespath/evaluation.h"

namespace vidimus::jmespath {

// What may be given as an argument; several are joined with |.
enum Types : unsigned {
  kNull = 1,
  kBoolean = 2,
  kNumber = 4,
  kString = 8,
  kArray = 16,
  kObject = 32,
  kAny = kNull | kBoolean | kNumber | kString | kArray | kObject,
  kExpression = 64,
  kNumbers = 128,  // an array of nothing but numbers
  kStrings = 256,
};

struct Arguments {
  const Node& call;               // its children are the expressions
  std::span<const Value> values;  // null where the child is a reference
  Evaluation& evaluation;

  const Node& Reference(size_t index) const { return *call.children[index]->children[0]; }
};

struct Function {
  std::string_view name;
  size_t least;       // arguments
  size_t most;        // arguments; 0: any number
  unsigned types[2];  // of the arguments; the last stands for those after it
  Result<Value> (*apply)(const Arguments& arguments);
};

// Null for a name that no function has.
const Function* FindFunction(std::string_view name);

// Checks the types of the arguments and applies the function. Errors: jmespath.type, jmespath.value, jmespath.steps, jmespath.depth.
Result<Value> Apply(const Arguments& arguments);

// By file: of numbers, of strings, of arrays and objects.
Result<Value> Abs(const Arguments& arguments);
Result<Value> Avg(const Arguments& arguments);
Result<Value> Ceil(const Arguments& arguments);
Result<Value> Floor(const Arguments& arguments);
Result<Value> Sum(const Arguments& arguments);
Result<Value> ToNumber(const Arguments& arguments);

Result<Value> Contains(const Arguments& arguments);
Result<Value> EndsWith(const Arguments& arguments);
Result<Value> EqualsIgnoreCase(const Arguments& arguments);
Result<Value> Join(const Arguments& arguments);
Result<Value> StartsWith(const Arguments& arguments);
Result<Value> ToString(const Arguments& arguments);

Result<Value> Keys(const Arguments& arguments);
Result<Value> Length(const Arguments& arguments);
Result<Value> Map(const Arguments& arguments);
Result<Value> Max(const Arguments& arguments);
Result<Value> MaxBy(const Arguments& arguments);
Result<Value> Merge(const Arguments& arguments);
Result<Value> Min(const Arguments& arguments);
Result<Value> MinBy(const Arguments& arguments);
Result<Value> NotNull(const Arguments& arguments);
Result<Value> Reverse(const Arguments& arguments);
Result<Value> Sort(const Arguments& arguments);
Result<Value> SortBy(const Arguments& arguments);
Result<Value> ToArray(const Arguments& arguments);
Result<Value> Type(const Arguments& arguments);
Result<Value> Values(const Arguments& arguments);

}  // namespace vidimus::jmespath
