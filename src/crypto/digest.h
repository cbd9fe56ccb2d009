// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace vidimus {

using Sha256Digest = std::array<uint8_t, 32>;
Sha256Digest Sha256(Bytes bytes);
Sha256Digest Sha256(Bytes a, Bytes b);  // of a followed by b

}  // namespace vidimus
