#include "policy/functions.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace vidimus {
namespace {

std::string Named(PolicyFunction function, const std::string& rest) { return std::string(PolicyFunctionName(function)) + ": " + rest; }

std::string Quoted(const std::string& text) { return "\"" + Shortened(text, 64) + "\""; }

// The one value of an argument that must have one (section 2.4).
template <typename T>
Result<T> One(const Call& call, const std::vector<PolicyValues>& arguments, size_t index) {
  const std::vector<ClaimValue>& members = arguments[index].members;
  const ClaimValueType type = TypeOf(ClaimValue(T()));
  const std::string expected = ", expected one " + std::string(ClaimValueTypeName(type)) + " as argument " + std::to_string(index + 1);
  if (members.size() != 1)
    return Fail(
        ErrorCode::kMismatch, "policy.value",
        Named(call.function, (members.empty() ? "found no value" : "found " + std::to_string(members.size()) + " values") + expected));
  if (const T* value = std::get_if<T>(&members[0])) return *value;
  return Fail(ErrorCode::kMismatch, "policy.value",
              Named(call.function, "found a value of type " + std::string(ClaimValueTypeName(TypeOf(members[0]))) + expected));
}

Result<std::string> OneText(const Call& call, const std::vector<PolicyValues>& arguments, size_t index) {
  VIDIMUS_TRY(std::string text, One<std::string>(call, arguments, index));
  if (text.empty())
    return Fail(ErrorCode::kMismatch, "policy.value",
                Named(call.function, "found an empty String as argument " + std::to_string(index + 1) + ", expected one with content"));
  return text;
}

PolicyValues Single(ClaimValue value, bool read_only) {
  PolicyValues out;
  out.members.push_back(std::move(value));
  out.read_only = read_only;
  return out;
}

// A JSON scalar as a claim value; null and arrays are the caller's. Integral doubles are Integers (A14), up to where each integer has a
// double of its own: beyond, another integer may have been written.
Result<ClaimValue> Scalar(const Json& json) {
  if (const auto* text = json.AsString()) return ClaimValue(*text);
  if (const auto* truth = json.AsBool()) return ClaimValue(*truth);
  if (const auto* number = json.AsInt()) return ClaimValue(*number);
  if (const auto* number = json.AsDouble()) {
    constexpr double kMost = 9007199254740991.0;  // 2^53-1
    if (*number == std::trunc(*number) && std::abs(*number) <= kMost) return ClaimValue(static_cast<int64_t>(*number));
  }
  return Fail(ErrorCode::kMismatch, "policy.json",
              "JsonToClaimValue: found " + Shortened(WriteJson(json), 64) +
                  ", expected a string, a truth value, an integer below 2^63, null, or an array of such");
}

Result<PolicyValues> ToValues(const Json& json, bool read_only) {
  std::vector<ClaimValue> values;
  const JsonArray single{json};
  for (const Json& one : json.AsArray() == nullptr ? single : *json.AsArray()) {
    if (one.is_null()) continue;
    VIDIMUS_TRY(ClaimValue value, Scalar(one));
    values.push_back(std::move(value));
  }
  return PolicyValues::Distinct(std::move(values), read_only);
}

bool IsSubset(const PolicyValues& part, const PolicyValues& whole) {
  std::set<ClaimValueView> held;
  for (const ClaimValue& value : whole.members) held.insert(ViewOf(value));
  return std::all_of(part.members.begin(), part.members.end(), [&](const ClaimValue& value) { return held.contains(ViewOf(value)); });
}

Result<bool> ContainsOnly(const Call& call, const std::vector<PolicyValues>& arguments) {
  const std::vector<ClaimValue>& wanted = arguments[1].members;
  if (wanted.size() != 1)
    return Fail(ErrorCode::kMismatch, "policy.value",
                Named(call.function, "found " + std::to_string(wanted.size()) + " values, expected one value as argument 2"));
  return arguments[0].members == wanted;  // members are distinct
}

}  // namespace

PolicyValues PolicyValues::Distinct(std::vector<ClaimValue> values, bool read_only) {
  PolicyValues out;
  out.read_only = read_only;
  if (values.size() < 2) {
    out.members = std::move(values);
    return out;
  }
  out.members.reserve(values.size());  // the views below stay good
  std::set<ClaimValueView> held;       // no hash: whoever chose the values could choose them to collide
  for (ClaimValue& value : values)
    if (!held.contains(ViewOf(value))) {
      out.members.push_back(std::move(value));
      held.insert(ViewOf(out.members.back()));
    }
  return out;
}

Result<const Json*> PolicyFunctions::Parse(const std::string& text, PolicyFunction function) {
  if (!parsed_text_.empty() && text == parsed_text_) return &parsed_;
  if (!steps_.Spend(text.size() / 8)) return Fail(ErrorCode::kLimit, "policy.steps", Named(function, "too much JSON to read"));
  auto json = ParseJson(text);
  if (!json)
    return Fail(ErrorCode::kMismatch, "policy.json", Named(function, "found " + Quoted(text) + ", expected JSON: " + json.error().detail));
  parsed_ = *std::move(json);
  parsed_text_ = text;
  return &parsed_;
}

Result<PolicyValues> PolicyFunctions::Search(const Call& call, const std::vector<PolicyValues>& arguments) {
  VIDIMUS_TRY(const std::string text, OneText(call, arguments, 0));
  VIDIMUS_TRY(const std::string query, OneText(call, arguments, 1));
  VIDIMUS_TRY(const Json* json, Parse(text, call.function));
  const auto fail = [&](const Error& error) {
    const bool steps = error.where == "jmespath.steps";
    return Fail(steps ? ErrorCode::kLimit : ErrorCode::kMismatch, steps ? "policy.steps" : "policy.jmespath",
                Named(call.function, "query " + Quoted(query) + ": " + error.detail));
  };
  std::shared_ptr<const JmesPath> compiled = call.query;
  if (compiled == nullptr) {
    if (!steps_.Spend(query.size())) return Fail(ErrorCode::kLimit, "policy.steps", Named(call.function, "too long a query"));
    auto parsed = JmesPath::Parse(query);
    if (!parsed) return fail(parsed.error());
    compiled = std::make_shared<const JmesPath>(*std::move(parsed));
  }
  auto found = compiled->Search(*json, steps_);
  if (!found) return fail(found.error());
  std::string written = WriteJson(*found);
  if (!steps_.Spend(written.size() / 8)) return Fail(ErrorCode::kLimit, "policy.steps", Named(call.function, "too large a result"));
  return Single(std::move(written), arguments[0].read_only || arguments[1].read_only);
}

Result<PolicyValues> PolicyFunctions::Apply(const Call& call, const std::vector<PolicyValues>& arguments) {
  size_t octets = 0;
  for (const PolicyValues& argument : arguments)
    for (const ClaimValue& value : argument.members) octets += StepsOf(ViewOf(value));
  if (!steps_.Spend(1 + octets)) return Fail(ErrorCode::kLimit, "policy.steps", Named(call.function, "too many values"));
  switch (call.function) {
    case PolicyFunction::kJmesPath: return Search(call, arguments);
    case PolicyFunction::kJsonToClaimValue: {
      VIDIMUS_TRY(const std::string text, OneText(call, arguments, 0));
      VIDIMUS_TRY(const Json* json, Parse(text, call.function));
      const size_t values = json->AsArray() == nullptr ? 1 : json->AsArray()->size();
      if (!steps_.Spend(values)) return Fail(ErrorCode::kLimit, "policy.steps", Named(call.function, "too many values"));
      return ToValues(*json, arguments[0].read_only);
    }
    case PolicyFunction::kIsSubsetOf: return Single(IsSubset(arguments[0], arguments[1]), false);
    case PolicyFunction::kAppendString: {
      VIDIMUS_TRY(const std::string first, One<std::string>(call, arguments, 0));
      VIDIMUS_TRY(const std::string second, One<std::string>(call, arguments, 1));
      return Single(first + second, arguments[0].read_only || arguments[1].read_only);
    }
    case PolicyFunction::kNegateBool: {
      VIDIMUS_TRY(const bool truth, One<bool>(call, arguments, 0));
      return Single(!truth, arguments[0].read_only);
    }
    case PolicyFunction::kContainsOnlyValue: {
      VIDIMUS_TRY(const bool only, ContainsOnly(call, arguments));
      return Single(only, false);
    }
  }
  return Fail(ErrorCode::kUnsupported, "policy.function", "found a function that does not exist");
}

}  // namespace vidimus
