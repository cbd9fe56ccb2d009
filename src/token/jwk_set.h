// A published set of signing keys (RFC 7517 section 5): what a relying party verifies tokens with.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/p256.h"
#include "crypto/rsa.h"

namespace vidimus {

struct VerificationKey {
  std::string kid;
  RsaPublicKey key;
};

// RSA keys with a kid, from x5c[0] or, without x5c, from n and e; when both are there they must be the same key. Keys of other
// kinds are passed over. At most limits::kJwkSetKeys. Errors: token.jwk_set.format, token.jwk_set.keys, token.jwk_set.key
Result<std::vector<VerificationKey>> ParseJwkSet(std::string_view json);

struct IssuerKey {
  std::string kid;                                // empty when it has none
  std::variant<RsaPublicKey, P256PublicKey> key;  // for RS256, for ES256
};

// What an OpenID provider publishes, of at most limits::kOpenIdDocumentBytes: RSA keys by n and e, and P-256 keys by x and y (RFC 7518
// section 6). Providers publish keys for other purposes too, so whatever cannot check RS256 or ES256 is passed over: another kind, size or
// curve, a `use` other than "sig", an `alg` other than the kind's, numbers that are none. x5c is not looked at.
// Errors: token.jwk_set.size, token.jwk_set.format, token.jwk_set.keys
Result<std::vector<IssuerKey>> ParseIssuerKeys(std::string_view json);

}  // namespace vidimus
