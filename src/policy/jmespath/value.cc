#include "policy/jmespath/value.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace vidimus::jmespath {
namespace {

const Json* Held(Value value) {
  const auto* json = std::get_if<const Json*>(&value);
  return json != nullptr ? *json : nullptr;
}

size_t LevelsOf(Value value) {
  if (const auto* list = std::get_if<const List*>(&value)) return (*list)->levels;
  if (const auto* dict = std::get_if<const Dict*>(&value)) return (*dict)->levels;
  return 0;
}

tl::unexpected<Error> TooDeep() {
  return Fail(ErrorCode::kLimit, "jmespath.depth",
              "found a value nested deeper, expected at most " + std::to_string(limits::kJsonDepth) + " levels");
}

}  // namespace

std::optional<ArrayView> AsArray(Value value) {
  if (const auto* list = std::get_if<const List*>(&value)) return ArrayView{nullptr, *list};
  const Json* json = Held(value);
  if (json == nullptr || json->AsArray() == nullptr) return std::nullopt;
  return ArrayView{json->AsArray(), nullptr};
}

std::optional<ObjectView> AsObject(Value value) {
  if (const auto* dict = std::get_if<const Dict*>(&value)) return ObjectView{nullptr, *dict};
  const Json* json = Held(value);
  if (json == nullptr || json->AsObject() == nullptr) return std::nullopt;
  return ObjectView{json->AsObject(), nullptr};
}

const std::string* AsString(Value value) {
  const Json* json = Held(value);
  return json != nullptr ? json->AsString() : nullptr;
}

const bool* AsBool(Value value) {
  const Json* json = Held(value);
  return json != nullptr ? json->AsBool() : nullptr;
}

bool IsNull(Value value) {
  const Json* json = Held(value);
  return json != nullptr && json->is_null();
}

bool IsNumber(Value value) {
  const Json* json = Held(value);
  return json != nullptr && (json->AsInt() != nullptr || json->AsUint() != nullptr || json->AsDouble() != nullptr);
}

long double NumberOf(Value value) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "holds every integer and every double exactly");
  const Json& json = *Held(value);
  if (const auto* i = json.AsInt()) return static_cast<long double>(*i);
  if (const auto* u = json.AsUint()) return static_cast<long double>(*u);
  return static_cast<long double>(*json.AsDouble());
}

std::string_view TypeOf(Value value) {
  if (IsNumber(value)) return "number";
  if (AsArray(value)) return "array";
  if (AsObject(value)) return "object";
  return Held(value)->TypeName();
}

bool IsTrue(Value value) {
  if (const auto array = AsArray(value)) return array->size() > 0;
  if (const auto object = AsObject(value)) return object->size() > 0;
  if (const auto* text = AsString(value)) return !text->empty();
  if (const auto* boolean = AsBool(value)) return *boolean;
  return !IsNull(value);
}

Status Workspace::Spend(size_t steps) {
  if (steps_.Spend(steps)) return {};
  return Fail(ErrorCode::kLimit, "jmespath.steps", "found a query and data that need more steps, expected no more than are left");
}

Value Workspace::Keep(Json scalar) { return &scalars_.emplace_back(std::move(scalar)); }

Result<Value> Workspace::MakeList(std::vector<Value> items) {
  VIDIMUS_CHECK_OK(SpendAllocation());
  size_t levels = 0;
  for (const Value item : items) levels = std::max(levels, LevelsOf(item));
  if (levels >= limits::kJsonDepth) return TooDeep();
  return &lists_.emplace_back(List{std::move(items), levels + 1});
}

Result<Value> Workspace::MakeDict(std::vector<DictMember> members) {
  VIDIMUS_CHECK_OK(SpendAllocation());
  size_t levels = 0;
  for (const auto& [name, value] : members) levels = std::max(levels, LevelsOf(value));
  if (levels >= limits::kJsonDepth) return TooDeep();
  return &dicts_.emplace_back(Dict{std::move(members), levels + 1});
}

Result<Value> Workspace::Find(Value object, std::string_view name) {
  const auto view = AsObject(object);
  if (!view) return Null();
  size_t at = 0;
  size_t octets = 0;
  for (; at < view->size(); ++at) {
    const std::string_view here = (*view)[at].first;
    if (here.size() != name.size()) continue;
    octets += name.size();
    if (here == name) break;
  }
  VIDIMUS_CHECK_OK(Spend(at / kNamesPerStep + octets / kOctetsPerStep));
  return at < view->size() ? (*view)[at].second : Null();
}

Result<std::vector<DictMember>> Workspace::Sorted(const ObjectView& object) {
  std::vector<DictMember> members;
  size_t octets = 0;
  for (size_t i = 0; i < object.size(); ++i) {
    members.push_back(object[i]);
    octets += object[i].first.size();
  }
  VIDIMUS_CHECK_OK(Spend((members.size() + octets / kOctetsPerStep) * static_cast<size_t>(std::bit_width(members.size()))));
  std::sort(members.begin(), members.end(), [](const DictMember& a, const DictMember& b) { return a.first < b.first; });
  return members;
}

Result<bool> Workspace::EqualObjects(const ObjectView& a, const ObjectView& b) {
  if (a.size() != b.size()) return false;
  VIDIMUS_TRY(const std::vector<DictMember> left, Sorted(a));
  VIDIMUS_TRY(const std::vector<DictMember> right, Sorted(b));
  for (size_t i = 0; i < left.size(); ++i)
    if (left[i].first != right[i].first) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    VIDIMUS_TRY(const bool equal, Equal(left[i].second, right[i].second));
    if (!equal) return false;
  }
  return true;
}

Result<bool> Workspace::Equal(Value a, Value b) {
  VIDIMUS_CHECK_OK(Spend(1));
  if (const auto left = AsArray(a)) {
    const auto right = AsArray(b);
    if (!right || left->size() != right->size()) return false;
    for (size_t i = 0; i < left->size(); ++i) {
      VIDIMUS_TRY(const bool equal, Equal((*left)[i], (*right)[i]));
      if (!equal) return false;
    }
    return true;
  }
  if (const auto left = AsObject(a)) {
    const auto right = AsObject(b);
    return right ? EqualObjects(*left, *right) : Result<bool>(false);
  }
  if (IsNumber(a)) return IsNumber(b) && NumberOf(a) == NumberOf(b);
  if (const auto* left = AsString(a)) {
    const auto* right = AsString(b);
    if (right == nullptr || left->size() != right->size()) return false;
    VIDIMUS_CHECK_OK(SpendOctets(left->size()));
    return *left == *right;
  }
  const Json* right = Held(b);
  return right != nullptr && *Held(a) == *right;
}

Status Workspace::SpendCopy(const Json& value, size_t depth) {
  if (const auto* text = value.AsString()) return SpendOctets(text->size());
  VIDIMUS_CHECK_OK(Spend(1));
  const bool nests = value.AsArray() != nullptr || value.AsObject() != nullptr;
  if (nests && depth >= limits::kJsonDepth) return TooDeep();
  if (nests) {
    VIDIMUS_CHECK_OK(SpendAllocation());
  }
  if (const auto* array = value.AsArray()) {
    for (const Json& item : *array) VIDIMUS_CHECK_OK(SpendCopy(item, depth + 1));
  } else if (const auto* object = value.AsObject()) {
    for (const auto& [name, member] : *object) {
      VIDIMUS_CHECK_OK(SpendOctets(name.size()));
      VIDIMUS_CHECK_OK(SpendCopy(member, depth + 1));
    }
  }
  return {};
}

Result<Json> Workspace::CopyWithin(Value value, size_t depth) {
  if (const Json* json = Held(value)) {
    VIDIMUS_CHECK_OK(SpendCopy(*json, depth));
    return *json;
  }
  VIDIMUS_CHECK_OK(SpendAllocation());
  if (depth >= limits::kJsonDepth) return TooDeep();
  if (const auto array = AsArray(value)) {
    JsonArray out;
    out.reserve(array->size());
    for (size_t i = 0; i < array->size(); ++i) {
      VIDIMUS_TRY(Json item, CopyWithin((*array)[i], depth + 1));
      out.push_back(std::move(item));
    }
    return Json(std::move(out));
  }
  const auto& members = std::get<const Dict*>(value)->members;
  JsonObject out;
  out.reserve(members.size());
  for (const auto& [name, member] : members) {
    VIDIMUS_CHECK_OK(SpendOctets(name.size()));
    VIDIMUS_TRY(Json copy, CopyWithin(member, depth + 1));
    out.emplace_back(name, std::move(copy));
  }
  return Json(std::move(out));
}

}  // namespace vidimus::jmespath
