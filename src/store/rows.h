// How the parts of StoreTransaction read rows, name what they keep, and find a JWS again. For this module only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "store/database.h"
#include "store/records.h"

namespace vidimus {

// Reads the cells of one row from the left; Done() is an error when one was not of the type asked for.
class RowReader {
 public:
  explicit RowReader(DatabaseRow row) : row_(std::move(row)) {}

  int64_t Integer() { return Take<int64_t>(); }
  std::string Text() { return Take<std::string>(); }
  ByteVector Octets() { return Take<ByteVector>(); }
  std::optional<int64_t> IntegerOrNull() {
    if (next_ < row_.size() && std::holds_alternative<std::monostate>(row_[next_])) {
      ++next_;
      return std::nullopt;
    }
    return Integer();
  }
  // The position in `names` of the text read.
  template <typename Enum, size_t kCount>
  Enum Name(const std::string_view (&names)[kCount]) {
    const std::string text = Text();
    const auto* const found = std::find(std::begin(names), std::end(names), text);
    if (found == std::end(names)) {
      good_ = false;
      return Enum{};
    }
    return static_cast<Enum>(found - std::begin(names));
  }

  Status Done() const {
    if (good_ && next_ == row_.size()) return {};
    return Fail(ErrorCode::kIo, "store.query", "a row holds what Vidimus does not write; found cell " + std::to_string(next_));
  }

 private:
  template <typename T>
  T Take() {
    if (next_ < row_.size()) {
      if (auto* const found = std::get_if<T>(&row_[next_++])) return std::move(*found);
    }
    good_ = false;
    return T{};
  }

  DatabaseRow row_;
  size_t next_ = 0;
  bool good_ = true;
};

inline DatabaseValue ValueOf(const std::optional<int64_t>& number) {
  return number ? DatabaseValue(*number) : DatabaseValue(std::monostate{});
}

// FNV-1a of 64 bits: only leads to rows whose text is compared in full.
inline int64_t HashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char character : text) hash = (hash ^ static_cast<uint8_t>(character)) * 0x100000001b3;
  return static_cast<int64_t>(hash);
}

// PostgreSQL keeps no other text; SQLite would. Both refuse it alike.
inline Status CheckText(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && IsUtf8(AsBytes(text))) return {};
  return Fail(ErrorCode::kUsage, "store.query", "a text to be kept is not UTF-8 or holds a NUL");
}

inline int64_t AtMost(size_t most) { return static_cast<int64_t>(std::min(most, limits::kHistoryEntries)); }

}  // namespace vidimus
