// Checks: the record of every check that verification made, passed or failed (design, invariant 2).
//
// Most checks pass and are never read, so what was found and expected is noted as values, and made into text when asked for.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace vidimus {

struct Check {
  std::string_view name;  // the `where` of the refusal it would cause
  bool passed;
  std::string found;
  std::string expected;
};

// One piece of such a text: words, or a value. A view, for the call that it is given to.
struct CheckPiece {
  enum class Kind : uint8_t { kWords, kHex, kNumber, kTime };
  CheckPiece(const char* words) : CheckPiece(std::string_view(words)) {}
  CheckPiece(const std::string& words) : CheckPiece(std::string_view(words)) {}
  CheckPiece(std::string_view words) : kind(Kind::kWords), bytes(AsBytes(words)) {}
  CheckPiece(Kind kind_, Bytes bytes_, int64_t number_) : kind(kind_), bytes(bytes_), number(number_) {}
  Kind kind;
  Bytes bytes;
  int64_t number = 0;
};
inline CheckPiece ShowHex(Bytes bytes) { return {CheckPiece::Kind::kHex, bytes, 0}; }
inline CheckPiece ShowNumber(int64_t number) { return {CheckPiece::Kind::kNumber, {}, number}; }
inline CheckPiece ShowTime(UnixTime time) { return {CheckPiece::Kind::kTime, {}, time}; }
using CheckText = std::initializer_list<CheckPiece>;

class Checks {
 public:
  // Records a check; fails with `where` when it did not pass.
  Status Require(ErrorCode code, std::string_view where, bool passed, CheckText found, CheckText expected);
  // Records a fact that only a policy or a setting may refuse.
  void Note(std::string_view name, bool passed, CheckText found, CheckText expected);
  // Records the failure of a step that reports its own error, or that it passed.
  Status Step(std::string_view name, const Status& status);

  // In the order made; the texts are made here.
  std::vector<Check> all() const;

 private:
  struct Entry {
    std::string_view name;
    bool passed;
    size_t found, expected, end;  // in values_
  };
  void Append(CheckText text);
  std::string Text(size_t from, size_t to) const;

  std::vector<Entry> entries_;
  std::string values_;  // pieces: kind, size, octets
};

}  // namespace vidimus
