// Hexadecimal and base64 text: what decodes encodes back to the same text, or to the same octets.
#include <algorithm>

#include "base/base64url.h"
#include "base/hex.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const std::string_view text = AsText(input);
  if (const auto octets = HexDecode(text)) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    fuzz::Require(HexEncode(*octets) == lower, "hex encodes back");
  }
  if (const auto octets = Base64UrlDecodeStrict(text)) fuzz::Require(Base64UrlEncode(*octets) == text, "strict base64url has one spelling");
  if (const auto octets = Base64DecodeLenient(text)) {
    fuzz::Require(Base64DecodeLenient(Base64Encode(*octets)) == *octets, "base64 decodes back");
    fuzz::Require(Base64DecodeLenient(Base64UrlEncode(*octets)) == *octets, "base64url decodes back");
  }
  fuzz::Require(Base64UrlDecodeStrict(Base64UrlEncode(input)) == ByteVector(data, data + size), "every octet string has a spelling");
  return 0;
}
