#include "policy/jmespath/functions.h"

#include <algorithm>

#include "policy/jmespath/lexer.h"

namespace vidimus::jmespath {
namespace {

// Sorted by name.
constexpr Function kFunctions[] = {
    {"abs", 1, 1, {kNumber}, Abs},
    {"avg", 1, 1, {kNumbers}, Avg},
    {"ceil", 1, 1, {kNumber}, Ceil},
    {"contains", 2, 2, {kArray | kString, kAny}, Contains},
    {"ends_with", 2, 2, {kString, kString}, EndsWith},
    {"equals_ignore_case", 2, 2, {kString, kString}, EqualsIgnoreCase},
    {"floor", 1, 1, {kNumber}, Floor},
    {"join", 2, 2, {kString, kStrings}, Join},
    {"keys", 1, 1, {kObject}, Keys},
    {"length", 1, 1, {kString | kArray | kObject}, Length},
    {"map", 2, 2, {kExpression, kArray}, Map},
    {"max", 1, 1, {kNumbers | kStrings}, Max},
    {"max_by", 2, 2, {kArray, kExpression}, MaxBy},
    {"merge", 1, 0, {kObject, kObject}, Merge},
    {"min", 1, 1, {kNumbers | kStrings}, Min},
    {"min_by", 2, 2, {kArray, kExpression}, MinBy},
    {"not_null", 1, 0, {kAny, kAny}, NotNull},
    {"reverse", 1, 1, {kArray | kString}, Reverse},
    {"sort", 1, 1, {kNumbers | kStrings}, Sort},
    {"sort_by", 2, 2, {kArray, kExpression}, SortBy},
    {"starts_with", 2, 2, {kString, kString}, StartsWith},
    {"sum", 1, 1, {kNumbers}, Sum},
    {"to_array", 1, 1, {kAny}, ToArray},
    {"to_number", 1, 1, {kAny}, ToNumber},
    {"to_string", 1, 1, {kAny}, ToString},
    {"type", 1, 1, {kAny}, Type},
    {"values", 1, 1, {kObject}, Values},
};

constexpr std::pair<unsigned, std::string_view> kTypeNames[] = {
    {kNull, "null"},
    {kBoolean, "boolean"},
    {kNumber, "number"},
    {kString, "string"},
    {kArray, "array"},
    {kObject, "object"},
    {kExpression, "&expression"},
    {kNumbers, "array of numbers"},
    {kStrings, "array of strings"},
};

std::string NamesOf(unsigned types) {
  if (types == kAny) return "any value";
  std::string out;
  for (const auto& [type, name] : kTypeNames)
    if ((types & type) != 0) out += (out.empty() ? "" : " or ") + std::string(name);
  return out;
}

// Every type that `value` has: an array of one kind is that and an array, an empty one is an array of anything.
Result<unsigned> TypesOf(Workspace& workspace, Value value) {
  if (IsNumber(value)) return kNumber;
  if (AsString(value) != nullptr) return kString;
  if (AsBool(value) != nullptr) return kBoolean;
  if (IsNull(value)) return kNull;
  const auto array = AsArray(value);
  if (!array) return kObject;
  VIDIMUS_CHECK_OK(workspace.Spend(array->size()));
  unsigned types = kArray | kNumbers | kStrings;
  for (size_t i = 0; i < array->size(); ++i) {
    if (!IsNumber((*array)[i])) types &= ~unsigned{kNumbers};
    if (AsString((*array)[i]) == nullptr) types &= ~unsigned{kStrings};
  }
  return types;
}

}  // namespace

const Function* FindFunction(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(kFunctions), std::end(kFunctions), name,
                                       [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  return found != std::end(kFunctions) && found->name == name ? found : nullptr;
}

Result<Value> Apply(const Arguments& arguments) {
  const Node& call = arguments.call;
  for (size_t i = 0; i < arguments.values.size(); ++i) {
    const unsigned expected = call.function->types[std::min<size_t>(i, 1)];
    unsigned found = kExpression;
    if (call.children[i]->kind != Kind::kReference) {
      VIDIMUS_TRY(found, TypesOf(arguments.evaluation.workspace(), arguments.values[i]));
    }
    if ((found & expected) != 0) continue;
    const std::string_view type = found == kExpression ? "&expression" : TypeOf(arguments.values[i]);
    return Fail(ErrorCode::kMalformed, "jmespath.type",
                At(call.children[i]->offset) + "found argument " + std::to_string(i + 1) + " of " + std::string(call.function->name) +
                    " of type " + std::string(type) + ", expected " + NamesOf(expected));
  }
  return call.function->apply(arguments);
}

}  // namespace vidimus::jmespath
