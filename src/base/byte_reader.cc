#include "base/byte_reader.h"

namespace vidimus {

Bytes ByteReader::View(size_t size) {
  if (!ok_ || size > remaining()) {
    ok_ = false;
    return {};
  }
  const Bytes view = input_.subspan(offset_, size);
  offset_ += size;
  return view;
}

uint64_t ByteReader::LittleEndian(size_t size) {
  uint64_t value = 0;
  const Bytes view = View(size);
  for (size_t i = 0; i < view.size(); ++i) value |= uint64_t{view[i]} << (8 * i);
  return value;
}

}  // namespace vidimus
