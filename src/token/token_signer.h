// TokenSigner: one issuer's signing key and certificate, and the tokens it makes (maa-rest-api sections 1.8 and 2.1 to 2.4).
#pragma once

#include <string>

#include "base/time.h"
#include "codec/json.h"
#include "crypto/private_key.h"
#include "token/attestation_claims.h"

namespace vidimus {

inline constexpr int64_t kAttestationTokenSeconds = 28'800;  // maa-rest-api section 2.3

class TokenSigner {
 public:
  // Whether Create would take this issuer. Error: token.signer.issuer
  static Status CheckIssuer(const std::string& issuer);
  // `issuer`: the instance's base URL without a trailing slash. `key`: RSA. The signing certificate is self-signed over `key` with
  // subject CN=issuer and serial 1, since clients look for the issuer there (client-compatibility section 2 item 4).
  // A `dev` signer marks every token with x-vidimus-mode "dev". Errors: token.signer.key, token.signer.issuer, crypto.issue
  static Result<TokenSigner> Create(std::string issuer, PrivateKey key, bool dev);

  const std::string& issuer() const { return issuer_; }
  bool dev() const { return dev_; }
  // Longer than a millisecond, so not on an event loop: RSA over 3072 bits (design section 8).
  bool signs_slowly() const { return key_.RsaModulus().size() > 3072 / 8; }
  // base64(SHA-256(PEM SubjectPublicKeyInfo and one NUL)), maa-rest-api section 1.8.
  const std::string& kid() const { return kid_; }
  // The published key: kty, kid, x5c, and n, e, alg, use, without which `jose` cannot verify (client-compatibility section 2 item 5).
  JsonObject Jwk() const;

  // Adds iss, iat, nbf, exp, jti and the mode to `claims`, and signs with RS256. `now` is rounded down already.
  Result<std::string> IssueAttestation(AttestationClaims claims, UnixTime now) const;
  // The result of a draft policy, unsecured: the one case in which `alg` "none" leaves the service (design, invariant 7).
  Result<std::string> IssueDraft(AttestationClaims claims, UnixTime now) const;

 private:
  TokenSigner(std::string issuer, PrivateKey key, bool dev) : issuer_(std::move(issuer)), key_(std::move(key)), dev_(dev) {}
  JsonObject Header(const char* algorithm) const;
  Result<JsonObject> Payload(AttestationClaims claims, UnixTime now) const;

  std::string issuer_;
  PrivateKey key_;
  bool dev_;
  ByteVector certificate_;  // DER
  std::string kid_;
};

}  // namespace vidimus
