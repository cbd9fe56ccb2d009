#include "base/bytes.h"

#include <algorithm>

namespace vidimus {

bool Equal(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool AllZero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
}

bool IsUtf8(Bytes text) {
  static constexpr uint32_t kLowest[] = {0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = text[i++];
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4) return false;
    const size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more > text.size() - i) return false;
    uint32_t code = more == 0 ? lead : lead & (0x3fU >> more);
    for (size_t k = 0; k < more; ++k, ++i) {
      if ((text[i] & 0xc0) != 0x80) return false;
      code = code << 6 | (text[i] & 0x3fU);
    }
    if (code < kLowest[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

}  // namespace vidimus
