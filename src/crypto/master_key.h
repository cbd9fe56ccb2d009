// The key under which private keys are kept: AES-256-GCM (NIST SP 800-38D), a fresh 96-bit nonce each time.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

class MasterKey {
 public:
  // 32 octets as 64 hexadecimal digits or as base64, white space around them ignored: what `openssl rand -hex 32` and `-base64 32` print.
  // Error: crypto.master_key
  static Result<MasterKey> FromText(std::string_view text);
  static Result<MasterKey> Generate();  // Error: crypto.random
  ~MasterKey();                         // leaves no trace in memory
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;

  std::string ToText() const;  // 64 hexadecimal digits: for files of mode 0600 only
  // 16 hexadecimal digits that tell master keys apart and say nothing of them.
  std::string id() const;
  // That of the key which has wrapped this, as it says itself; empty when nothing of this version is there.
  static std::string IdIn(Bytes wrapped);

  // `context` is authenticated with it: what is wrapped opens for the same use only. The result names this key's id.
  // At most limits::kWrappedSecretBytes: version (1), key id (8 octets), nonce (12), ciphertext, tag (16); version and id authenticated
  // too. Errors: crypto.master_key, crypto.random
  Result<ByteVector> Wrap(Bytes secret, std::string_view context) const;
  // Errors: crypto.master_key.other for what another master key has wrapped, naming both ids; crypto.master_key.unwrap
  Result<ByteVector> Unwrap(Bytes wrapped, std::string_view context) const;

 private:
  explicit MasterKey(const std::array<uint8_t, 32>& key) : key_(key) {}
  std::array<uint8_t, 32> key_;
};

}  // namespace vidimus
