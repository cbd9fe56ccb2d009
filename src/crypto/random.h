// Random octets fit for keys and identifiers (OpenSSL's generator).
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

// Error: crypto.random
Result<ByteVector> RandomBytes(size_t count);

}  // namespace vidimus
