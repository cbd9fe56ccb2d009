// RSASSA-PKCS1-v1_5 with SHA-256, the check of RS256 (RFC 7518 section 3.3). Keys of 2048 to 4096 bits.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;

namespace vidimus {

class RsaPublicKey {
 public:
  // Unsigned big endian numbers, as in a JWK's n and e. Error: crypto.rsa.key
  static Result<RsaPublicKey> FromNumbers(Bytes modulus, Bytes exponent);
  // The subject's key of a certificate, whose own signature is not looked at. Error: crypto.rsa.key
  static Result<RsaPublicKey> FromCertificate(Bytes der);

  ByteVector Modulus() const;  // unsigned big endian, no leading zeros
  ByteVector Exponent() const;
  ByteVector PublicKeyDer() const;  // SubjectPublicKeyInfo
  bool Verify(Bytes message, Bytes signature) const;
  bool operator==(const RsaPublicKey& other) const;

 private:
  static Result<RsaPublicKey> Wrap(evp_pkey_st* key);  // takes ownership
  explicit RsaPublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace vidimus
