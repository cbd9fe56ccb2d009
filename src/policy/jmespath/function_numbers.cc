// The functions of numbers. Integers stay exact as long as the result fits one; what is integral becomes an integer.
#include <cmath>
#include <limits>
#include <optional>

#include "policy/jmespath/functions.h"
#include "policy/jmespath/lexer.h"

namespace vidimus::jmespath {
namespace {

__extension__ using Wide = __int128;  // holds the sum of more integers than fit in memory

Json Number(double value) {
  if (std::trunc(value) == value) {
    if (value >= -0x1p63 && value < 0x1p63) return static_cast<int64_t>(value);
    if (value >= 0 && value < 0x1p64) return static_cast<uint64_t>(value);
  }
  return value;
}

Json Number(Wide value) {
  if (value >= std::numeric_limits<int64_t>::min() && value <= std::numeric_limits<int64_t>::max()) return static_cast<int64_t>(value);
  if (value > 0 && value <= std::numeric_limits<uint64_t>::max()) return static_cast<uint64_t>(value);
  return static_cast<double>(value);
}

std::optional<Wide> IntegerOf(const Json& number) {
  if (const auto* i = number.AsInt()) return Wide{*i};
  if (const auto* u = number.AsUint()) return Wide{*u};
  return std::nullopt;
}

const Json& JsonOf(Value number) { return *std::get<const Json*>(number); }

double DoubleOf(Value number) { return static_cast<double>(NumberOf(number)); }

struct Total {
  std::optional<Wide> exact;  // when all are integers
  double approximate = 0;     // added in the order of the array
};

Total TotalOf(const ArrayView& numbers) {
  Total total{Wide{0}};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto integer = IntegerOf(JsonOf(numbers[i]));
    if (total.exact && integer) {
      *total.exact += *integer;
    } else {
      total.exact.reset();
    }
    total.approximate += DoubleOf(numbers[i]);
  }
  return total;
}

Result<Value> Finite(const Arguments& arguments, double value) {
  if (std::isfinite(value)) return arguments.evaluation.workspace().Keep(Number(value));
  return Fail(ErrorCode::kMalformed, "jmespath.value",
              At(arguments.call.offset) + "found a sum out of range, expected at most " +
                  std::to_string(std::numeric_limits<double>::max_exponent10) + " digits");
}

// `round` of a number that is no integer already.
Result<Value> Rounded(const Arguments& arguments, double (*round)(double)) {
  const Value number = arguments.values[0];
  const auto* value = JsonOf(number).AsDouble();
  return value != nullptr ? arguments.evaluation.workspace().Keep(Number(round(*value))) : number;
}

}  // namespace

Result<Value> Abs(const Arguments& arguments) {
  const Value number = arguments.values[0];
  const auto integer = IntegerOf(JsonOf(number));
  Workspace& workspace = arguments.evaluation.workspace();
  if (integer) return workspace.Keep(Number(*integer < 0 ? -*integer : *integer));
  return workspace.Keep(Number(std::fabs(DoubleOf(number))));
}

Result<Value> Avg(const Arguments& arguments) {
  const ArrayView numbers = *AsArray(arguments.values[0]);
  Workspace& workspace = arguments.evaluation.workspace();
  if (numbers.size() == 0) return workspace.Null();
  const Total total = TotalOf(numbers);
  const auto count = static_cast<Wide>(numbers.size());
  if (!total.exact) return Finite(arguments, total.approximate / static_cast<double>(count));
  if (*total.exact % count == 0) return workspace.Keep(Number(*total.exact / count));
  return workspace.Keep(Number(static_cast<double>(*total.exact) / static_cast<double>(count)));
}

Result<Value> Ceil(const Arguments& arguments) {
  return Rounded(arguments, [](double value) { return std::ceil(value); });
}

Result<Value> Floor(const Arguments& arguments) {
  return Rounded(arguments, [](double value) { return std::floor(value); });
}

Result<Value> Sum(const Arguments& arguments) {
  const Total total = TotalOf(*AsArray(arguments.values[0]));
  return total.exact ? arguments.evaluation.workspace().Keep(Number(*total.exact)) : Finite(arguments, total.approximate);
}

Result<Value> ToNumber(const Arguments& arguments) {
  const Value value = arguments.values[0];
  Workspace& workspace = arguments.evaluation.workspace();
  if (IsNumber(value)) return value;
  const auto* text = AsString(value);
  if (text == nullptr || text->empty()) return workspace.Null();
  VIDIMUS_CHECK_OK(workspace.SpendOctets(text->size()));
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!(digit(text->front()) || text->front() == '-') || !digit(text->back())) return workspace.Null();
  // What JSON does not read as a number, or cannot hold, is none: the specification has null for it.
  const auto number = ParseJson(*text);
  if (!number) return workspace.Null();
  const auto* real = number->AsDouble();
  return workspace.Keep(real != nullptr ? Number(*real) : *number);
}

}  // namespace vidimus::jmespath
