#include "base/base64url.h"

namespace vidimus {
namespace {

constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Encode(Bytes bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t b : bytes) {
    bits = bits << 8 | b;
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += alphabet[bits >> held & 63];
    }
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 63];
  while (pad && out.size() % 4 != 0) out += '=';
  return out;
}

int Value(char c, bool lenient) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-' || (lenient && c == '+')) return 62;
  if (c == '_' || (lenient && c == '/')) return 63;
  return -1;
}

Result<ByteVector> Decode(std::string_view text, bool lenient) {
  if (text.size() % 4 == 1) return Fail(ErrorCode::kMalformed, "base64url.length", "base64 text cannot have " + std::to_string(text.size()) + " characters");
  ByteVector out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int held = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const int value = Value(text[i], lenient);
    if (value < 0) return Fail(ErrorCode::kMalformed, "base64url.character", "character at position " + std::to_string(i) + " is not in the alphabet");
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<uint8_t>(bits >> held));
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
