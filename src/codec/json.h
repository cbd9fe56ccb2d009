// JSON (RFC 8259), strictly: UTF-8, no duplicate member names, bounded in size and depth, integers exact.
//
// Boost.JSON does the lexing and stays inside json.cc. A Json is a plain value; member order is kept as read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace vidimus {

class Json;
using JsonArray = std::vector<Json>;
using JsonMember = std::pair<std::string, Json>;
using JsonObject = std::vector<JsonMember>;  // in the order read or built

class Json {
 public:
  Json() = default;  // null
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(int64_t value) : value_(value) {}
  Json(uint64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(JsonArray value) : value_(std::move(value)) {}
  Json(JsonObject value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  // Integers that fit int64 are held as int64; those above, up to 2^64-1, as uint64.
  const int64_t* AsInt() const { return std::get_if<int64_t>(&value_); }
  const uint64_t* AsUint() const { return std::get_if<uint64_t>(&value_); }
  const double* AsDouble() const { return std::get_if<double>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const JsonArray* AsArray() const { return std::get_if<JsonArray>(&value_); }
  const JsonObject* AsObject() const { return std::get_if<JsonObject>(&value_); }
  JsonObject* AsObject() { return std::get_if<JsonObject>(&value_); }

  // The member of that exact name, or null when this is no object or has no such member.
  const Json* Find(std::string_view name) const;
  std::string_view TypeName() const;
  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, JsonArray, JsonObject> value_;
};

// One JSON text with optional surrounding white space. Refuses duplicate member names, depth over limits::kJsonDepth,
// size over limits::kJsonBytes, invalid UTF-8, and anything after the value. Integers outside [-2^63, 2^64-1] are refused,
// and so are other numbers outside the range of a double.
Result<Json> ParseJson(std::string_view text);

enum class JsonOrder { kAsHeld, kSorted };  // sorted: by byte order of names at every depth, as MAA does

// Compact, UTF-8. A double is written so that it reads back the same, as a double; one that is not finite as null.
std::string WriteJson(const Json& value, JsonOrder order = JsonOrder::kAsHeld);
std::string WriteJson(const JsonObject& object, JsonOrder order = JsonOrder::kAsHeld);  // without a copy of it

}  // namespace vidimus
