// ByteReader: the bounded cursor through which every byte from outside passes.
//
// A reader never reads past its view. The first failed read marks the reader failed; later reads return zeros and empty
// views, so a parser may read a whole structure like a schema and ask ok() once. Views alias the input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace vidimus {

class ByteReader {
 public:
  explicit ByteReader(Bytes input) : input_(input) {}

  uint8_t U8() { return static_cast<uint8_t>(LittleEndian(1)); }
  uint16_t U16Le() { return static_cast<uint16_t>(LittleEndian(2)); }
  uint32_t U32Le() { return static_cast<uint32_t>(LittleEndian(4)); }
  uint64_t U64Le() { return LittleEndian(8); }
  Bytes View(size_t size);
  void Skip(size_t size) { (void)View(size); }
  template <size_t N>
  std::array<uint8_t, N> Array() {
    std::array<uint8_t, N> out{};
    const Bytes view = View(N);
    for (size_t i = 0; i < view.size(); ++i) out[i] = view[i];
    return out;
  }

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return input_.size() - offset_; }
  Bytes Rest() { return View(remaining()); }

 private:
  uint64_t LittleEndian(size_t size);

  Bytes input_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace vidimus
