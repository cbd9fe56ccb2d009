// Private keys that sign: RSA with PKCS #1 v1.5 (tokens), P-256 with ECDSA (simulated vendors, TLS). SHA-256 in both.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

struct evp_pkey_st;

namespace vidimus {

class Pkcs11Token;
class SpareContext;

class PrivateKey {
 public:
  enum class Kind { kRsa, kP256 };

  // `bits` from 2048 to 4096. Error: crypto.private_key.generate
  static Result<PrivateKey> GenerateRsa(int bits);
  static Result<PrivateKey> GenerateP256();
  // One unencrypted PEM block (PKCS #8, PKCS #1 or SEC 1). RSA of 2048 to 4096 bits, or P-256. Error: crypto.private_key.pem
  static Result<PrivateKey> FromPem(std::string_view pem);

  std::string ToPem() const;  // PKCS #8, unencrypted: for files of mode 0600 only; empty when signs_elsewhere()
  // The key is in a PKCS #11 token: every signature is a call to it.
  bool signs_elsewhere() const { return signs_elsewhere_; }
  Kind kind() const;
  ByteVector PublicKeyDer() const;  // SubjectPublicKeyInfo
  ByteVector RsaModulus() const;    // unsigned big endian, no leading zeros; empty unless RSA
  ByteVector RsaExponent() const;   // the same
  ByteVector P256Point() const;     // X||Y, 64 bytes; empty unless P-256
  // RSA: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3). P-256: raw r||s, 64 bytes. Error: crypto.private_key.sign
  Result<ByteVector> Sign(Bytes message) const;

  // OpenSSL's handle, for crypto/ and net/ only; owned by this object.
  evp_pkey_st* handle() const { return key_.get(); }

 private:
  friend class Pkcs11Token;
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key, bool signs_elsewhere = false);
  std::shared_ptr<evp_pkey_st> key_;
  bool signs_elsewhere_ = false;
  std::shared_ptr<SpareContext> contexts_;
};

}  // namespace vidimus
