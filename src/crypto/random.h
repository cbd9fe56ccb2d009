// Random octets fit for keys and identifiers (OpenSSL's generator), and the comparison of secrets.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

// Error: crypto.random
Result<ByteVector> RandomBytes(size_t count);

// In a time that says nothing of what they hold (invariant 8); their lengths are no secret.
bool EqualSecrets(Bytes a, Bytes b);

}  // namespace vidimus
