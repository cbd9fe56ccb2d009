// Hexadecimal text (RFC 4648 section 8).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

// Lower case, two digits an octet, no prefix.
std::string HexEncode(Bytes bytes);

// Accepts both cases; refuses odd length and anything else, white space included.
Result<ByteVector> HexDecode(std::string_view text);

}  // namespace vidimus
