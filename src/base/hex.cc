#include "base/hex.h"

namespace vidimus {
namespace {

int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(bytes.size() * 2, '\0');
  char* to = out.data();  // a plain pointer: writing through the string would read it again for each octet
  for (const uint8_t octet : bytes) {
    *to++ = kDigits[octet >> 4];
    *to++ = kDigits[octet & 15];
  }
  return out;
}

Result<ByteVector> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0)
    return Fail(ErrorCode::kMalformed, "hex.length", "hexadecimal text of odd length " + std::to_string(text.size()));
  ByteVector out(text.size() / 2);
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = Nibble(text[2 * i]);
    const int low = Nibble(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return Fail(ErrorCode::kMalformed, "hex.digit", "not a hexadecimal digit near position " + std::to_string(2 * i));
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return out;
}

}  // namespace vidimus
