#include "base/base64url.h"

#include <array>

namespace vidimus {
namespace {

constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Octets are written through plain pointers: through an object that they might alias, each write would read it again.
std::string Encode(Bytes bytes, std::string_view alphabet, bool pad) {
  std::string out((bytes.size() * 4 + 2) / 3, '\0');
  const char* const letters = alphabet.data();
  const uint8_t* from = bytes.data();
  const uint8_t* const end = from + bytes.size();
  char* to = out.data();
  for (; end - from >= 3; from += 3, to += 4) {
    const uint32_t bits = static_cast<uint32_t>(from[0]) << 16 | static_cast<uint32_t>(from[1]) << 8 | from[2];
    to[0] = letters[bits >> 18];
    to[1] = letters[bits >> 12 & 63];
    to[2] = letters[bits >> 6 & 63];
    to[3] = letters[bits & 63];
  }
  if (from != end) {
    const uint32_t bits = static_cast<uint32_t>(from[0]) << 16 | (end - from > 1 ? static_cast<uint32_t>(from[1]) << 8 : 0);
    *to++ = letters[bits >> 18];
    *to++ = letters[bits >> 12 & 63];
    if (end - from > 1) *to++ = letters[bits >> 6 & 63];
  }
  while (pad && out.size() % 4 != 0) out += '=';
  return out;
}

// The value of each character, -1 of those outside the alphabet.
constexpr std::array<int8_t, 256> Values(bool lenient) {
  std::array<int8_t, 256> out{};
  out.fill(-1);
  for (size_t i = 0; i < 64; ++i) {
    out[static_cast<unsigned char>(kUrl[i])] = static_cast<int8_t>(i);
    if (lenient) out[static_cast<unsigned char>(kStandard[i])] = static_cast<int8_t>(i);
  }
  return out;
}

Result<ByteVector> Decode(std::string_view text, bool lenient) {
  static constexpr auto kStrictValues = Values(false), kLenientValues = Values(true);
  const auto& values = lenient ? kLenientValues : kStrictValues;
  if (text.size() % 4 == 1)
    return Fail(ErrorCode::kMalformed, "base64url.length", "base64 text cannot have " + std::to_string(text.size()) + " characters");
  ByteVector out(text.size() * 3 / 4);
  const auto value = [&values](char c) { return static_cast<int32_t>(values[static_cast<unsigned char>(c)]); };
  const char* const from = text.data();
  uint8_t* to = out.data();
  size_t i = 0;
  for (; text.size() - i >= 4; i += 4, to += 3) {
    const int32_t four = value(from[i]) << 18 | value(from[i + 1]) << 12 | value(from[i + 2]) << 6 | value(from[i + 3]);
    if (four < 0) break;  // one is not in the alphabet: found below
    to[0] = static_cast<uint8_t>(four >> 16);
    to[1] = static_cast<uint8_t>(four >> 8);
    to[2] = static_cast<uint8_t>(four);
  }
  uint32_t bits = 0;
  int held = 0;
  for (; i < text.size(); ++i) {
    const int32_t six = value(from[i]);
    if (six < 0)
      return Fail(ErrorCode::kMalformed, "base64url.character", "character at position " + std::to_string(i) + " is not in the alphabet");
    bits = bits << 6 | static_cast<uint32_t>(six);
    held += 6;
    if (held >= 8) {
      held -= 8;
      *to++ = static_cast<uint8_t>(bits >> held);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0)
    return Fail(ErrorCode::kMalformed, "base64url.stray_bits", "the last character carries bits of no octet");
  return out;
}

}  // namespace

std::string Base64UrlEncode(Bytes bytes) { return Encode(bytes, kUrl, false); }
std::string Base64Encode(Bytes bytes) { return Encode(bytes, kStandard, true); }

Result<ByteVector> Base64UrlDecodeStrict(std::string_view text) { return Decode(text, false); }

Result<ByteVector> Base64DecodeLenient(std::string_view text) {
  if (text.size() % 4 == 0 && text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  return Decode(text, true);
}

}  // namespace vidimus
