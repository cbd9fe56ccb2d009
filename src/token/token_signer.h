// TokenSigner: one issuer's signing key and certificate, and the tokens it makes (maa-rest-api sections 1.8 and 2.1 to 2.4).
#pragma once

#include <string>

#include "base/time.h"
#include "codec/json.h"
#include "crypto/private_key.h"
#include "token/attestation_claims.h"
#include "token/management_claims.h"

namespace vidimus {

inline constexpr int64_t kAttestationTokenSeconds = 28'800;  // maa-rest-api section 2.3
inline constexpr int64_t kManagementTokenSeconds = 3600;     // maa-rest-api section 2.10

// Self-signed over `key`, RSA, with subject CN=issuer and serial 1, since clients look for the issuer there (client-compatibility section
// 2 item 4). DER. Errors: token.signer.issuer, token.signer.key, crypto.issue
Result<ByteVector> MakeSigningCertificate(const std::string& issuer, const PrivateKey& key);

// base64(SHA-256(PEM SubjectPublicKeyInfo and one NUL)), maa-rest-api section 1.8.
std::string SigningKeyId(Bytes public_key_der);

// The published form of the key in `certificate`, which MakeSigningCertificate made: kty, kid, x5c, and n, e, alg, use, without which
// `jose` cannot verify (client-compatibility section 2 item 5). Error: crypto.rsa.key
Result<JsonObject> SigningKeyJwk(Bytes certificate);

class TokenSigner {
 public:
  // Whether Create would take this issuer. Error: token.signer.issuer
  static Status CheckIssuer(const std::string& issuer);
  // `issuer`: the instance's base URL without a trailing slash. `key`: RSA. A `dev` signer marks every token with x-vidimus-mode "dev".
  // Errors: token.signer.key, token.signer.issuer
  static Result<TokenSigner> Create(std::string issuer, PrivateKey key, bool dev);

  const std::string& issuer() const { return issuer_; }
  const std::string& kid() const { return kid_; }
  bool dev() const { return dev_; }
  // Longer than a millisecond, so not on an event loop: RSA over 3072 bits, or a key in a token (design section 8).
  bool signs_slowly() const { return signs_slowly_; }

  bool signs_elsewhere() const { return key_.signs_elsewhere(); }

  // Adds iss, iat, nbf, exp, jti and the mode to `claims`, and signs with RS256. `now` is rounded down already. `lifetime` in seconds.
  Result<std::string> IssueAttestation(AttestationClaims claims, UnixTime now, int64_t lifetime = kAttestationTokenSeconds) const;
  // The result of a draft policy, unsecured: the one case in which `alg` "none" leaves the service (design, invariant 7).
  Result<std::string> IssueDraft(AttestationClaims claims, UnixTime now, int64_t lifetime = kAttestationTokenSeconds) const;
  // The answer to a management call: iss, iat, nbf, exp and the mode, no jti.
  Result<std::string> IssueManagement(const ManagementClaims& claims, UnixTime now) const;

 private:
  TokenSigner(std::string issuer, PrivateKey key, bool dev) : issuer_(std::move(issuer)), key_(std::move(key)), dev_(dev) {}
  JsonObject Header(const char* algorithm) const;
  JsonObject Payload(JsonObject claims, UnixTime now, int64_t lifetime) const;

  std::string issuer_;
  PrivateKey key_;
  bool dev_;
  std::string kid_;
  bool signs_slowly_ = false;  // asked for every request, and the length of a key costs microseconds
};

}  // namespace vidimus
