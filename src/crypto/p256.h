// ECDSA over P-256 with SHA-256 (FIPS 186-5; intel-dcap section 2).
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace vidimus {

class P256PublicKey {
 public:
  // 64 bytes X||Y; on the curve, not infinity. Error: "crypto.p256.point".
  static Result<P256PublicKey> FromRaw(Bytes xy);
  Bytes raw() const;
  // Signature is 64 bytes r||s; false for r or s = 0 or >= n; high s is legal.
  bool VerifyDigest(const Sha256Digest& digest, Bytes raw_signature) const;
  bool Verify(Bytes message, Bytes raw_signature) const;
  bool operator==(const P256PublicKey& other) const;

 private:
  struct Impl;
  explicit P256PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace vidimus
