// The functions of arrays and objects, and those of any value.
#include <algorithm>
#include <bit>
#include <map>

#include "policy/jmespath/functions.h"
#include "policy/jmespath/lexer.h"

namespace vidimus::jmespath {
namespace {

// Of two numbers or two strings. Strings are ordered by code point, which in UTF-8 is the order of their octets.
bool Less(Value a, Value b) {
  const auto* left = AsString(a);
  return left != nullptr ? *left < *AsString(b) : NumberOf(a) < NumberOf(b);
}

size_t CostOf(Value key) {
  const auto* text = AsString(key);
  return Workspace::CostOfOctets(text != nullptr ? text->size() : 0);
}

std::vector<Value> ItemsOf(const ArrayView& array) {
  std::vector<Value> out;
  out.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i) out.push_back(array[i]);
  return out;
}

// What argument 1, a reference, makes of each item of argument 0. Errors: jmespath.type unless all are numbers or all are strings.
Result<std::vector<Value>> KeysBy(const Arguments& arguments) {
  const ArrayView items = *AsArray(arguments.values[0]);
  const Node& reference = arguments.Reference(1);
  std::vector<Value> keys;
  for (size_t i = 0; i < items.size(); ++i) {
    VIDIMUS_TRY(const Value key, arguments.evaluation.Evaluate(reference, items[i]));
    const std::string_view type = TypeOf(key);
    const std::string_view expected = keys.empty() ? (type == "string" ? "string" : "number") : TypeOf(keys.front());
    if (type != expected)
      return Fail(ErrorCode::kMalformed, "jmespath.type",
                  At(reference.offset) + "found a key of type " + std::string(type) + ", expected all numbers or all strings");
    keys.push_back(key);
  }
  return keys;
}

// The item whose key is the greatest, or the least; the first of those that are equal; null when there is none.
Result<Value> Extreme(const Arguments& arguments, const std::vector<Value>& keys, bool greatest) {
  Workspace& workspace = arguments.evaluation.workspace();
  if (keys.empty()) return workspace.Null();
  size_t best = 0;
  for (size_t i = 1; i < keys.size(); ++i) {
    VIDIMUS_CHECK_OK(workspace.Spend(CostOf(keys[i])));
    if (greatest ? Less(keys[best], keys[i]) : Less(keys[i], keys[best])) best = i;
  }
  return (*AsArray(arguments.values[0]))[best];
}

// The items of argument 0 by their keys; equal ones as they stood.
Result<Value> SortedBy(const Arguments& arguments, const std::vector<Value>& keys) {
  Workspace& workspace = arguments.evaluation.workspace();
  size_t cost = 0;
  for (const Value key : keys) cost += CostOf(key);
  // A merge sort: about as many rounds as the number of items has bits, and in each a comparison costs no more than the item it moves.
  VIDIMUS_CHECK_OK(workspace.Spend(cost * static_cast<size_t>(std::bit_width(keys.size()))));
  std::vector<size_t> order(keys.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return Less(keys[a], keys[b]); });
  const ArrayView items = *AsArray(arguments.values[0]);
  std::vector<Value> out;
  for (const size_t i : order) out.push_back(items[i]);
  return workspace.MakeList(std::move(out));
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

Result<Value> Keys(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  const ObjectView object = *AsObject(arguments.values[0]);
  std::vector<Value> out;
  for (size_t i = 0; i < object.size(); ++i) {
    VIDIMUS_CHECK_OK(workspace.SpendAllocation());
    VIDIMUS_CHECK_OK(workspace.SpendOctets(object[i].first.size()));
    out.push_back(workspace.Keep(object[i].first));
  }
  return workspace.MakeList(std::move(out));
}

Result<Value> Length(const Arguments& arguments) {
  const Value value = arguments.values[0];
  Workspace& workspace = arguments.evaluation.workspace();
  if (const auto array = AsArray(value)) return workspace.Keep(static_cast<int64_t>(array->size()));
  if (const auto object = AsObject(value)) return workspace.Keep(static_cast<int64_t>(object->size()));
  const std::string& text = *AsString(value);
  VIDIMUS_CHECK_OK(workspace.SpendOctets(text.size()));
  return workspace.Keep(int64_t{std::count_if(text.begin(), text.end(), StartsCharacter)});
}

Result<Value> Map(const Arguments& arguments) {
  const ArrayView items = *AsArray(arguments.values[1]);
  std::vector<Value> out;
  for (size_t i = 0; i < items.size(); ++i) {
    VIDIMUS_TRY(const Value value, arguments.evaluation.Evaluate(arguments.Reference(0), items[i]));
    out.push_back(value);
  }
  return arguments.evaluation.workspace().MakeList(std::move(out));
}

Result<Value> Max(const Arguments& arguments) { return Extreme(arguments, ItemsOf(*AsArray(arguments.values[0])), true); }

Result<Value> MaxBy(const Arguments& arguments) {
  VIDIMUS_TRY(const std::vector<Value> keys, KeysBy(arguments));
  return Extreme(arguments, keys, true);
}

// A name given again takes its last value, in the place where it stood first.
Result<Value> Merge(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  std::vector<DictMember> members;
  std::map<std::string_view, size_t> places;  // no hash: whoever chose the names could choose them to collide
  for (const Value value : arguments.values) {
    const ObjectView object = *AsObject(value);
    for (size_t i = 0; i < object.size(); ++i) {
      const DictMember member = object[i];
      VIDIMUS_CHECK_OK(workspace.SpendAllocation());
      VIDIMUS_CHECK_OK(workspace.SpendOctets(member.first.size()));
      const auto [place, added] = places.emplace(member.first, members.size());
      if (added) {
        members.push_back(member);
      } else {
        members[place->second].second = member.second;
      }
    }
  }
  return workspace.MakeDict(std::move(members));
}

Result<Value> Min(const Arguments& arguments) { return Extreme(arguments, ItemsOf(*AsArray(arguments.values[0])), false); }

Result<Value> MinBy(const Arguments& arguments) {
  VIDIMUS_TRY(const std::vector<Value> keys, KeysBy(arguments));
  return Extreme(arguments, keys, false);
}

Result<Value> NotNull(const Arguments& arguments) {
  for (const Value value : arguments.values)
    if (!IsNull(value)) return value;
  return arguments.evaluation.workspace().Null();
}

Result<Value> Reverse(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  if (const auto array = AsArray(arguments.values[0])) {
    std::vector<Value> items = ItemsOf(*array);
    VIDIMUS_CHECK_OK(workspace.Spend(items.size()));
    std::reverse(items.begin(), items.end());
    return workspace.MakeList(std::move(items));
  }
  const std::string& text = *AsString(arguments.values[0]);
  VIDIMUS_CHECK_OK(workspace.SpendOctets(text.size()));
  std::string out;
  out.reserve(text.size());
  for (size_t end = text.size(); end > 0;) {
    size_t start = end - 1;
    while (start > 0 && !StartsCharacter(text[start])) --start;
    out.append(text, start, end - start);
    end = start;
  }
  return workspace.Keep(std::move(out));
}

Result<Value> Sort(const Arguments& arguments) { return SortedBy(arguments, ItemsOf(*AsArray(arguments.values[0]))); }

Result<Value> SortBy(const Arguments& arguments) {
  VIDIMUS_TRY(const std::vector<Value> keys, KeysBy(arguments));
  return SortedBy(arguments, keys);
}

Result<Value> ToArray(const Arguments& arguments) {
  const Value value = arguments.values[0];
  if (AsArray(value)) return value;
  return arguments.evaluation.workspace().MakeList({value});
}

Result<Value> Type(const Arguments& arguments) { return arguments.evaluation.workspace().Keep(TypeOf(arguments.values[0])); }

Result<Value> Values(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  const ObjectView object = *AsObject(arguments.values[0]);
  VIDIMUS_CHECK_OK(workspace.Spend(object.size()));
  std::vector<Value> out;
  for (size_t i = 0; i < object.size(); ++i) out.push_back(object[i].second);
  return workspace.MakeList(std::move(out));
}

}  // namespace vidimus::jmespath
