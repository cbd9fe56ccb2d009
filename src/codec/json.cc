#include "codec/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include <boost/json/basic_parser_impl.hpp>

namespace vidimus {
namespace {

namespace bj = boost::json;

// The first name that an earlier member has too. Few are compared with each other: most objects are small, and a set costs allocations.
const std::string* FindDuplicate(const JsonObject& object) {
  constexpr size_t kFew = 16;
  if (object.size() <= kFew) {
    for (size_t i = 1; i < object.size(); ++i)
      for (size_t earlier = 0; earlier < i; ++earlier)
        if (object[earlier].first == object[i].first) return &object[i].first;
    return nullptr;
  }
  std::set<std::string_view> seen;
  for (const auto& member : object)
    if (!seen.insert(member.first).second) return &member.first;
  return nullptr;
}

// Receives the events of bj::basic_parser and builds a Json, stopping at the first thing we refuse.
struct Builder {
  static constexpr size_t max_object_size = limits::kJsonBytes;
  static constexpr size_t max_array_size = limits::kJsonBytes;
  static constexpr size_t max_key_size = limits::kJsonBytes;
  static constexpr size_t max_string_size = limits::kJsonBytes;

  std::vector<Json> values;
  std::vector<std::string> keys;
  std::string text;    // of the string or key being read
  std::string number;  // of the number being read

  using Code = bj::error_code;
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_object_end(size_t n, Code& ec) {
    JsonObject object;
    object.reserve(n);
    for (size_t i = 0; i < n; ++i) {
      std::string& key = keys[keys.size() - n + i];
      object.emplace_back(std::move(key), std::move(values[values.size() - n + i]));
    }
    if (const std::string* twice = FindDuplicate(object); twice != nullptr) {
      ec = bj::error::syntax;
      duplicate = *twice;
      return false;
    }
    keys.resize(keys.size() - n);
    values.resize(values.size() - n);
    values.emplace_back(std::move(object));
    return true;
  }
  bool on_array_end(size_t n, Code&) {
    JsonArray array(std::make_move_iterator(values.end() - static_cast<std::ptrdiff_t>(n)), std::make_move_iterator(values.end()));
    values.resize(values.size() - n);
    values.emplace_back(std::move(array));
    return true;
  }
  bool on_key_part(bj::string_view s, size_t, Code&) { return text.append(s.data(), s.size()), true; }
  bool on_key(bj::string_view s, size_t, Code&) {
    text.append(s.data(), s.size());
    keys.push_back(std::exchange(text, {}));
    return true;
  }
  bool on_string_part(bj::string_view s, size_t, Code&) { return text.append(s.data(), s.size()), true; }
  bool on_string(bj::string_view s, size_t, Code&) {
    text.append(s.data(), s.size());
    values.emplace_back(std::exchange(text, {}));
    return true;
  }
  bool on_number_part(bj::string_view s, Code&) { return number.append(s.data(), s.size()), true; }
  bool on_int64(int64_t v, bj::string_view, Code&) { return number.clear(), values.emplace_back(v), true; }
  bool on_uint64(uint64_t v, bj::string_view, Code&) { return number.clear(), values.emplace_back(v), true; }
  bool on_double(double, bj::string_view s, Code& ec) {
    // Boost's own value may be off in the last bit and infinite past the range, so the text is read again.
    number.append(s.data(), s.size());
    const std::string digits = std::exchange(number, {});
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool integer = digits.find_first_of(".eE") == std::string::npos;
    if (integer || error != std::errc{} || end != digits.data() + digits.size()) {
      ec = bj::error::not_exact;
      return false;
    }
    values.emplace_back(value);
    return true;
  }
  bool on_bool(bool v, Code&) { return values.emplace_back(v), true; }
  bool on_null(Code&) { return values.emplace_back(), true; }
  bool on_comment_part(bj::string_view, Code&) { return true; }
  bool on_comment(bj::string_view, Code&) { return true; }

  std::optional<std::string> duplicate;  // the name of the first member found twice; it may be empty
};

void WriteEscape(char c, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      out += "\\u00";
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
  }
}

// Whether none of eight octets needs an escape; at worst it says no without need (borrows may reach the next octet).
bool EightArePlain(const char* at) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t eight = 0;
  std::memcpy(&eight, at, sizeof eight);
  const uint64_t control = eight - kEach * 0x20;
  const uint64_t quote = (eight ^ kEach * '"') - kEach;
  const uint64_t backslash = (eight ^ kEach * '\\') - kEach;
  return ((control | quote | backslash) & ~eight & kEach * 0x80) == 0;
}

void WriteString(std::string_view text, std::string& out) {
  out += '"';
  size_t written = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    while (text.size() - i > 8 && EightArePlain(text.data() + i)) i += 8;
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(written, i - written);
    WriteEscape(c, out);
    written = i + 1;
  }
  out += text.substr(written);
  out += '"';
}

// The shortest text that reads back as the same double, and as a double.
void WriteDouble(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];
  const std::string_view digits(text, static_cast<size_t>(std::to_chars(text, text + sizeof text, value).ptr - text));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void Write(const Json& value, JsonOrder order, std::string& out);

void WriteObject(const JsonObject& object, JsonOrder order, std::string& out) {
  std::vector<const JsonMember*> members;
  members.reserve(object.size());
  for (const auto& member : object) members.push_back(&member);
  if (order == JsonOrder::kSorted) std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
  out += '{';
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ',';
    WriteString(members[i]->first, out);
    out += ':';
    Write(members[i]->second, order, out);
  }
  out += '}';
}

void Write(const Json& value, JsonOrder order, std::string& out) {
  if (const auto* b = value.AsBool()) {
    out += *b ? "true" : "false";
  } else if (const auto* i = value.AsInt()) {
    out += std::to_string(*i);
  } else if (const auto* u = value.AsUint()) {
    out += std::to_string(*u);
  } else if (const auto* d = value.AsDouble()) {
    WriteDouble(*d, out);
  } else if (const auto* s = value.AsString()) {
    WriteString(*s, out);
  } else if (const auto* a = value.AsArray()) {
    out += '[';
    for (size_t n = 0; n < a->size(); ++n) {
      if (n > 0) out += ',';
      Write((*a)[n], order, out);
    }
    out += ']';
  } else if (const auto* o = value.AsObject()) {
    WriteObject(*o, order, out);
  } else {
    out += "null";
  }
}

}  // namespace

const Json* Json::Find(std::string_view name) const {
  const auto* object = AsObject();
  if (object == nullptr) return nullptr;
  for (const auto& member : *object)
    if (member.first == name) return &member.second;
  return nullptr;
}

std::string_view Json::TypeName() const {
  static constexpr std::string_view kNames[] = {"null", "boolean", "integer", "integer", "number", "string", "array", "object"};
  return kNames[value_.index()];
}

Result<Json> ParseJson(std::string_view text) {
  if (text.size() > limits::kJsonBytes)
    return Fail(ErrorCode::kLimit, "json.size",
                "JSON text of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(limits::kJsonBytes));
  bj::parse_options options;
  options.max_depth = limits::kJsonDepth;
  bj::basic_parser<Builder> parser(options);
  bj::error_code ec;
  const size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (const auto& name = parser.handler().duplicate; name.has_value())
    return Fail(ErrorCode::kMalformed, "json.duplicate_member", "member \"" + *name + "\" occurs twice");
  if (ec == bj::error::too_deep)
    return Fail(ErrorCode::kLimit, "json.depth", "JSON nested deeper than " + std::to_string(limits::kJsonDepth));
  if (ec) return Fail(ErrorCode::kMalformed, "json.syntax", ec.message() + " at byte " + std::to_string(used));
  if (used != text.size())
    return Fail(ErrorCode::kMalformed, "json.syntax", "something follows the JSON value at byte " + std::to_string(used));
  return std::move(parser.handler().values.back());
}

std::string WriteJson(const JsonObject& object, JsonOrder order) {
  std::string out;
  WriteObject(object, order, out);
  return out;
}

std::string WriteJson(const Json& value, JsonOrder order) {
  std::string out;
  Write(value, order, out);
  return out;
}

}  // namespace vidimus
