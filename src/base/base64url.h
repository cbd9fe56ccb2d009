// base64url (RFC 4648 section 5) and base64 (section 4).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

std::string Base64UrlEncode(Bytes bytes);  // no padding
std::string Base64Encode(Bytes bytes);     // padded

// Strict: the URL alphabet, no padding, no stray bits in the last character. What JOSE parts must be (RFC 7515 section 2).
Result<ByteVector> Base64UrlDecodeStrict(std::string_view text);

// Lenient in spelling, never in bits: either alphabet, with or without correct padding. What MAA's requests may be
// (client-compatibility section 4 item 2). White space is refused.
Result<ByteVector> Base64DecodeLenient(std::string_view text);

}  // namespace vidimus
