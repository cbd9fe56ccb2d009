// The values an evaluation works on: parts of the data, looked at where they are, and arrays and objects built of such parts.
#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "codec/json.h"
#include "policy/steps.h"

namespace vidimus::jmespath {

struct List;
struct Dict;

// Owns nothing. A Json is part of the data or the query, or kept by the Workspace, as List and Dict are.
using Value = std::variant<const Json*, const List*, const Dict*>;

struct List {
  std::vector<Value> items;
  size_t levels;  // of List and Dict within each other, this one counted
};
using DictMember = std::pair<std::string_view, Value>;
struct Dict {
  std::vector<DictMember> members;  // each name once
  size_t levels;
};

// An array or an object, wherever it is held.
struct ArrayView {
  const JsonArray* held = nullptr;
  const List* built = nullptr;
  size_t size() const { return held != nullptr ? held->size() : built->items.size(); }
  Value operator[](size_t index) const { return held != nullptr ? Value(&(*held)[index]) : built->items[index]; }
};
struct ObjectView {
  const JsonObject* held = nullptr;
  const Dict* built = nullptr;
  size_t size() const { return held != nullptr ? held->size() : built->members.size(); }
  DictMember operator[](size_t index) const {
    return held != nullptr ? DictMember((*held)[index].first, &(*held)[index].second) : built->members[index];
  }
};
std::optional<ArrayView> AsArray(Value value);
std::optional<ObjectView> AsObject(Value value);

// Null for every value that is not of that type.
const std::string* AsString(Value value);
const bool* AsBool(Value value);
bool IsNull(Value value);
bool IsNumber(Value value);
// Of a number, exactly: each kind of number that a Json holds fits.
long double NumberOf(Value value);
// boolean, number, string, array, object or null.
std::string_view TypeOf(Value value);
// Whether || and filters take it for true: not null, false, "", [] or {}.
bool IsTrue(Value value);

// What one evaluation makes, and what it may still cost. Everything made is paid for first, so that memory stays within the steps.
class Workspace {
 public:
  explicit Workspace(Steps& steps) : steps_(steps) {}

  // Errors: jmespath.steps.
  Status Spend(size_t steps);
  // For what takes memory of its own: an array, an object, a call, a name kept.
  Status SpendAllocation() { return Spend(kStepsPerAllocation); }
  Status SpendOctets(size_t octets) { return Spend(CostOfOctets(octets)); }
  // What it costs to look at a string of that size once.
  static size_t CostOfOctets(size_t octets) { return 1 + octets / kOctetsPerStep; }

  Value Null() const { return &null_; }
  Value Keep(Json scalar);
  // Errors: jmespath.steps; jmespath.depth, beyond limits::kJsonDepth levels.
  Result<Value> MakeList(std::vector<Value> items);
  Result<Value> MakeDict(std::vector<DictMember> members);

  // Null where it is no object or has no such member.
  Result<Value> Find(Value object, std::string_view name);
  // Numbers by value, objects whatever their order.
  Result<bool> Equal(Value a, Value b);
  // A copy that owns itself. Errors: jmespath.steps, jmespath.depth.
  Result<Json> Copy(Value value) { return CopyWithin(value, 0); }

 private:
  static constexpr size_t kOctetsPerStep = 16;
  static constexpr size_t kNamesPerStep = 8;
  static constexpr size_t kStepsPerAllocation = 8;  // with freeing it, what eight visits take

  Result<Json> CopyWithin(Value value, size_t depth);
  Status SpendCopy(const Json& value, size_t depth);
  Result<bool> EqualObjects(const ObjectView& a, const ObjectView& b);
  Result<std::vector<DictMember>> Sorted(const ObjectView& object);

  const Json null_;
  Steps& steps_;
  std::deque<Json> scalars_;
  std::deque<List> lists_;
  std::deque<Dict> dicts_;
};

}  // namespace vidimus::jmespath
