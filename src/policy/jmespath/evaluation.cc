#include "policy/jmespath/evaluation.h"

#include <algorithm>

#include "policy/jmespath/functions.h"
#include "policy/jmespath/lexer.h"

namespace vidimus::jmespath {
namespace {

// Where a slice begins or ends, as an index: counted from the end when negative, and never outside `least` and `most`.
int64_t Bound(int64_t given, int64_t size, int64_t least, int64_t most) {
  return std::clamp(given < 0 ? given + size : given, least, most);
}

bool Holds(Comparator comparator, long double a, long double b) {
  switch (comparator) {
    case Comparator::kLess: return a < b;
    case Comparator::kLessOrEqual: return a <= b;
    case Comparator::kGreater: return a > b;
    default: return a >= b;
  }
}

}  // namespace

Result<Value> Evaluation::Evaluate(const Node& node, Value current) {
  VIDIMUS_CHECK_OK(workspace_.Spend(1));
  switch (node.kind) {
    case Kind::kCurrent: return current;
    case Kind::kField: return workspace_.Find(current, node.names[0]);
    case Kind::kIndex: {
      const auto array = AsArray(current);
      if (!array) return workspace_.Null();
      const auto size = static_cast<int64_t>(array->size());
      const int64_t index = *node.numbers[0] < 0 ? *node.numbers[0] + size : *node.numbers[0];
      return index >= 0 && index < size ? (*array)[static_cast<size_t>(index)] : workspace_.Null();
    }
    case Kind::kSlice: return Slice(node, current);
    case Kind::kLiteral: return &node.literal;
    case Kind::kChain: return Chain(node, current);
    case Kind::kOr:
    case Kind::kAnd: return Either(node, current);
    case Kind::kNot: {
      VIDIMUS_TRY(const Value value, Evaluate(*node.children[0], current));
      return Boolean(!IsTrue(value));
    }
    case Kind::kCompare: return Compare(node, current);
    case Kind::kFlatten: return Flatten(current);
    case Kind::kProjectList:
    case Kind::kFilter: return ProjectList(node, current);
    case Kind::kProjectValues: return ProjectValues(node, current);
    case Kind::kSelectList: return SelectList(node, current);
    case Kind::kSelectHash: return SelectHash(node, current);
    case Kind::kCall: return Call(node, current);
    case Kind::kReference: break;
  }
  return workspace_.Null();  // a reference is not evaluated: Call passes it on as it is
}

Result<Value> Evaluation::Chain(const Node& node, Value current) {
  for (const auto& child : node.children) {
    VIDIMUS_TRY(current, Evaluate(*child, current));
  }
  return current;
}

// The first child that decides: the first true one of an or, the first false one of an and; else the last.
Result<Value> Evaluation::Either(const Node& node, Value current) {
  Value value = workspace_.Null();
  for (const auto& child : node.children) {
    VIDIMUS_TRY(value, Evaluate(*child, current));
    if (IsTrue(value) == (node.kind == Kind::kOr)) break;
  }
  return value;
}

Result<Value> Evaluation::Compare(const Node& node, Value current) {
  VIDIMUS_TRY(const Value a, Evaluate(*node.children[0], current));
  VIDIMUS_TRY(const Value b, Evaluate(*node.children[1], current));
  if (node.comparator == Comparator::kEqual || node.comparator == Comparator::kNotEqual) {
    VIDIMUS_TRY(const bool equal, workspace_.Equal(a, b));
    return Boolean(equal == (node.comparator == Comparator::kEqual));
  }
  if (!IsNumber(a) || !IsNumber(b)) return workspace_.Null();  // only numbers have an order
  return Boolean(Holds(node.comparator, NumberOf(a), NumberOf(b)));
}

Result<Value> Evaluation::Slice(const Node& node, Value current) {
  const auto array = AsArray(current);
  if (!array) return workspace_.Null();
  const int64_t step = node.numbers[2].value_or(1);
  if (step == 0) return Fail(ErrorCode::kMalformed, "jmespath.value", At(node.offset) + "found a slice step of 0, expected another");
  const auto size = static_cast<int64_t>(array->size());
  const int64_t least = step > 0 ? 0 : -1;
  const int64_t most = step > 0 ? size : size - 1;
  const int64_t start = node.numbers[0] ? Bound(*node.numbers[0], size, least, most) : step > 0 ? least : most;
  const int64_t stop = node.numbers[1] ? Bound(*node.numbers[1], size, least, most) : step > 0 ? most : least;
  std::vector<Value> items;
  const int64_t stride = std::clamp(step, -size - 1, size + 1);  // a longer one selects no more than the first
  for (int64_t at = start; step > 0 ? at < stop : at > stop; at += stride) {
    VIDIMUS_CHECK_OK(workspace_.Spend(1));
    items.push_back((*array)[static_cast<size_t>(at)]);
  }
  return workspace_.MakeList(std::move(items));
}

Result<Value> Evaluation::Flatten(Value current) {
  const auto array = AsArray(current);
  if (!array) return workspace_.Null();
  std::vector<Value> items;
  for (size_t i = 0; i < array->size(); ++i) {
    VIDIMUS_CHECK_OK(workspace_.Spend(1));
    const Value item = (*array)[i];
    const auto inner = AsArray(item);
    if (!inner) {
      items.push_back(item);
      continue;
    }
    VIDIMUS_CHECK_OK(workspace_.Spend(inner->size()));
    for (size_t j = 0; j < inner->size(); ++j) items.push_back((*inner)[j]);
  }
  return workspace_.MakeList(std::move(items));
}

// Adds what the projection makes of `item`, unless that is null.
Status Evaluation::Project(const Node& node, Value item, std::vector<Value>& out) {
  if (node.kind == Kind::kFilter) {
    VIDIMUS_TRY(const Value holds, Evaluate(*node.children[0], item));
    if (!IsTrue(holds)) return {};
  }
  VIDIMUS_TRY(const Value value, Evaluate(*node.children.back(), item));
  if (!IsNull(value)) out.push_back(value);
  return {};
}

Result<Value> Evaluation::ProjectList(const Node& node, Value current) {
  const auto array = AsArray(current);
  if (!array) return workspace_.Null();
  std::vector<Value> items;
  for (size_t i = 0; i < array->size(); ++i) VIDIMUS_CHECK_OK(Project(node, (*array)[i], items));
  return workspace_.MakeList(std::move(items));
}

Result<Value> Evaluation::ProjectValues(const Node& node, Value current) {
  const auto object = AsObject(current);
  if (!object) return workspace_.Null();
  std::vector<Value> items;
  for (size_t i = 0; i < object->size(); ++i) VIDIMUS_CHECK_OK(Project(node, (*object)[i].second, items));
  return workspace_.MakeList(std::move(items));
}

Result<Value> Evaluation::SelectList(const Node& node, Value current) {
  if (IsNull(current)) return current;
  std::vector<Value> items;
  items.reserve(node.children.size());
  for (const auto& child : node.children) {
    VIDIMUS_TRY(const Value item, Evaluate(*child, current));
    items.push_back(item);
  }
  return workspace_.MakeList(std::move(items));
}

Result<Value> Evaluation::SelectHash(const Node& node, Value current) {
  if (IsNull(current)) return current;
  std::vector<DictMember> members;
  for (size_t i = 0; i < node.children.size(); ++i) {
    VIDIMUS_TRY(const Value value, Evaluate(*node.children[i], current));
    const size_t slot = node.slots[i];
    if (slot == members.size()) {
      members.emplace_back(node.names[slot], value);
    } else {
      members[slot].second = value;
    }
  }
  return workspace_.MakeDict(std::move(members));
}

Result<Value> Evaluation::Call(const Node& node, Value current) {
  VIDIMUS_CHECK_OK(workspace_.SpendAllocation());
  std::vector<Value> values;
  values.reserve(node.children.size());
  for (const auto& child : node.children) {
    VIDIMUS_TRY(const Value value, Evaluate(*child, current));
    values.push_back(value);
  }
  return Apply(Arguments{node, values, *this});
}

}  // namespace vidimus::jmespath
