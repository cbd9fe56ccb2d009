// ByteWriter: octets appended little-endian, the counterpart of ByteReader for what simulators make.
#pragma once

#include <concepts>

#include "base/bytes.h"

namespace vidimus {

class ByteWriter {
 public:
  template <std::unsigned_integral T>
  ByteWriter& Le(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<uint8_t>(uint64_t{value} >> (8 * i)));
    return *this;
  }
  ByteWriter& Append(Bytes bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& Zeros(size_t count) {
    out_.insert(out_.end(), count, 0);
    return *this;
  }
  ByteVector Take() { return std::move(out_); }

 private:
  ByteVector out_;
};

}  // namespace vidimus
