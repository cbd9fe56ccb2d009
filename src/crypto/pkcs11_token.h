// Keys in a PKCS #11 token (libp11 stays here): they are made there, sign there and never leave.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "crypto/private_key.h"

namespace vidimus {

struct Pkcs11Settings {
  std::string module;  // path of the vendor's library, e.g. /usr/lib/softhsm/libsofthsm2.so
  std::string token;   // its label
  std::string pin;     // of the user
};

// Any thread; one call to a token at a time, in the whole process, signatures included. Several processes may use one token. A module
// once loaded stays so to the end of the process, and so does the login.
//
// When the token goes away, or its sessions, keys fail to sign (crypto.private_key.sign), for good: they sign again only as Find gives
// them, once the token is back. To reach it again the module may be initialised anew, which all its tokens notice in the same way.
class Pkcs11Token {
 public:
  // A second Open for one token needs the same PIN. Errors: crypto.pkcs11.module, crypto.pkcs11.token for no token of that label or two,
  // crypto.pkcs11.login
  static Result<Pkcs11Token> Open(const Pkcs11Settings& settings);

  // RSA of 2048 to 4096 bits, sensitive and not extractable, for signing only. `label` names it in the token. Errors:
  // crypto.pkcs11.generate, also for a label that is taken, crypto.pkcs11.key, crypto.random; those of Open
  Result<PrivateKey> Generate(int bits, const std::string& label) const;
  // The one RSA private key of this label, which has signed something. Errors: crypto.pkcs11.key; those of Open
  Result<PrivateKey> Find(const std::string& label) const;

 private:
  struct Impl;
  explicit Pkcs11Token(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace vidimus
