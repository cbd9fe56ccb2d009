#include "verify/check.h"

#include <cstring>

#include "base/hex.h"

namespace vidimus {
namespace {

// Room for what a verification that passes records, so that it grows once.
constexpr size_t kUsualChecks = 48;
constexpr size_t kUsualValues = 4096;

}  // namespace

Status Checks::Require(ErrorCode code, std::string_view where, bool passed, CheckText found, CheckText expected) {
  Note(where, passed, found, expected);
  if (passed) return {};
  const Entry& entry = entries_.back();
  return Fail(code, where, "found " + Text(entry.found, entry.expected) + ", expected " + Text(entry.expected, entry.end));
}

void Checks::Note(std::string_view name, bool passed, CheckText found, CheckText expected) {
  if (entries_.empty()) {
    entries_.reserve(kUsualChecks);
    values_.reserve(kUsualValues);
  }
  Entry entry{name, passed, values_.size(), 0, 0};
  Append(found);
  entry.expected = values_.size();
  Append(expected);
  entry.end = values_.size();
  entries_.push_back(entry);
}

Status Checks::Step(std::string_view name, const Status& status) {
  if (status) {
    Note(name, true, {"valid"}, {"valid"});
  } else {
    Note(status.error().where, false, {status.error().detail}, {"valid"});
  }
  return status;
}

std::vector<Check> Checks::all() const {
  std::vector<Check> out;
  out.reserve(entries_.size());
  for (const Entry& entry : entries_)
    out.push_back({entry.name, entry.passed, Text(entry.found, entry.expected), Text(entry.expected, entry.end)});
  return out;
}

void Checks::Append(CheckText text) {
  for (const CheckPiece& piece : text) {
    const bool scalar = piece.kind == CheckPiece::Kind::kNumber || piece.kind == CheckPiece::Kind::kTime;
    const Bytes bytes = scalar ? Bytes(reinterpret_cast<const uint8_t*>(&piece.number), sizeof piece.number) : piece.bytes;
    const size_t size = bytes.size();
    char head[1 + sizeof size];
    head[0] = static_cast<char>(piece.kind);
    std::memcpy(head + 1, &size, sizeof size);
    values_.append(head, sizeof head).append(AsText(bytes));
  }
}

std::string Checks::Text(size_t from, size_t to) const {
  std::string out;
  while (from < to) {
    const auto kind = static_cast<CheckPiece::Kind>(values_[from]);
    size_t size = 0;
    std::memcpy(&size, values_.data() + from + 1, sizeof size);
    const std::string_view bytes = std::string_view(values_).substr(from + 1 + sizeof size, size);
    from += 1 + sizeof size + size;
    int64_t number = 0;
    switch (kind) {
      case CheckPiece::Kind::kWords: out += bytes; break;
      case CheckPiece::Kind::kHex: out += HexEncode(AsBytes(bytes)); break;
      case CheckPiece::Kind::kNumber:
      case CheckPiece::Kind::kTime:
        std::memcpy(&number, bytes.data(), sizeof number);
        out += kind == CheckPiece::Kind::kTime ? FormatRfc3339Utc(number) : std::to_string(number);
    }
  }
  return out;
}

}  // namespace vidimus
