#include "base/base64url.h"

#include <array>

namespace vidimus {
namespace {

constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Encode(Bytes bytes, std::string_view alphabet, bool pad) {
  std::string out((bytes.size() * 4 + 2) / 3, '\0');
  size_t to = 0;
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    const uint32_t bits = static_cast<uint32_t>(bytes[0]) << 16 | static_cast<uint32_t>(bytes[1]) << 8 | bytes[2];
    for (const int shift : {18, 12, 6, 0}) out[to++] = alphabet[bits >> shift & 63];
  }
  if (!bytes.empty()) {
    const uint32_t bits = static_cast<uint32_t>(bytes[0]) << 16 | (bytes.size() > 1 ? static_cast<uint32_t>(bytes[1]) << 8 : 0);
    for (int shift = 18; to < out.size(); shift -= 6) out[to++] = alphabet[bits >> shift & 63];
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
  if (text.size() % 4 == 1) return Fail(ErrorCode::kMalformed, "base64url.length", "base64 text cannot have " + std::to_string(text.size()) + " characters");
  ByteVector out(text.size() * 3 / 4);
  size_t to = 0;
  uint32_t bits = 0;
  int held = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) return Fail(ErrorCode::kMalformed, "base64url.character", "character at position " + std::to_string(i) + " is not in the alphabet");
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[to++] = static_cast<uint8_t>(bits >> held);
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) return Fail(ErrorCode::kMalformed, "base64url.stray_bits", "the last character carries bits of no octet");
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
