#include "crypto/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace vidimus {

Result<ByteVector> RandomBytes(size_t count) {
  ByteVector out(count);
  if (RAND_bytes(out.data(), static_cast<int>(count)) != 1) return Fail(ErrorCode::kIo, "crypto.random", "OpenSSL's generator failed");
  return out;
}

bool EqualSecrets(Bytes a, Bytes b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace vidimus
