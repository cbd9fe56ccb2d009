// Builds DER for tests (X.690), so that they need no recorded files to have something to spoil.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/bytes.h"

namespace vidimus::testing {

inline ByteVector Join(std::initializer_list<ByteVector> parts) {
  ByteVector out;
  for (const ByteVector& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

// One element with its length in the shortest form.
inline ByteVector Der(uint8_t tag, const ByteVector& value) {
  ByteVector length;
  if (value.size() >= 0x80)
    for (size_t rest = value.size(); rest > 0; rest >>= 8) length.insert(length.begin(), static_cast<uint8_t>(rest));
  const bool is_short = value.size() < 0x80;
  const ByteVector header{tag, static_cast<uint8_t>(is_short ? value.size() : 0x80 | length.size())};
  return Join({header, length, value});
}

inline ByteVector Der(uint8_t tag, std::string_view text) { return Der(tag, ByteVector(text.begin(), text.end())); }

}  // namespace vidimus::testing
