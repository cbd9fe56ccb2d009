// A published set of signing keys (RFC 7517 section 5): what a relying party verifies tokens with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/rsa.h"

namespace vidimus {

struct VerificationKey {
  std::string kid;
  RsaPublicKey key;
};

// RSA keys with a kid, from x5c[0] or, without x5c, from n and e; when both are there they must be the same key. Keys of other
// kinds are passed over. At most limits::kJwkSetKeys. Errors: token.jwk_set.format, token.jwk_set.keys, token.jwk_set.key
Result<std::vector<VerificationKey>> ParseJwkSet(std::string_view json);

}  // namespace vidimus
