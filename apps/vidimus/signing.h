// The key and certificates that a command signs with, from PEM files.
#pragma once

#include <string>
#include <vector>

#include "crypto/private_key.h"
#include "crypto/signer_certificate.h"

namespace vidimus {

struct SigningIdentity {
  PrivateKey key;
  std::vector<ByteVector> chain;  // DER, the key's own certificate first
};

// `key`: one unencrypted block; `certificates`: the key's own, and its issuers after it. Whether they belong together is for who signs.
// Errors: crypto.private_key.pem, those of ParsePem, policy.signer.certificate for a block that is no certificate
Result<SigningIdentity> ParseSigningIdentity(Bytes key, Bytes certificates);

// The certificates of a PEM file, at most `limit`. Errors: as ReadFile, and as above
Result<std::vector<SignerCertificate>> ReadCertificates(const std::string& path, size_t limit);

}  // namespace vidimus
