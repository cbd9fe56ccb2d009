// The parts of certificates and revocation lists: rows by DER offset, names, algorithms, keys, extensions.
#pragma once

#include <string>

#include "codec/der.h"
#include "crypto/x509.h"
#include "inspect/inspection.h"

namespace vidimus::inspect {

// Turns elements of one DER value into rows. `available` of the bytes are real; the rest is padding and is not listed.
class DerWalk {
 public:
  DerWalk(Bytes der, size_t available, std::string prefix, Inspection& out)
      : der_(der), available_(available), prefix_(std::move(prefix)), out_(out) {}
  // `at` must be a view into the DER.
  void Row(Bytes at, std::string_view name, std::string_view value, std::string_view meaning);
  Inspection& out() { return out_; }

 private:
  Bytes der_;
  size_t available_;
  std::string prefix_;
  Inspection& out_;
};

// "CN=..., O=..." from a Name's content, in the order encoded.
std::string NameText(Bytes name);
// The name of an AlgorithmIdentifier's content, with that of its parameter when that is an object identifier.
std::string AlgorithmText(Bytes algorithm);

// SubjectPublicKeyInfo (RFC 5280 4.1.2.7): two rows.
Status ListPublicKey(DerWalk& walk, const DerElement& info);
// One row, or for Intel's SGX extension one for each entry (intel-dcap section 3.3).
Status ListExtension(DerWalk& walk, const x509::Extension& extension);

}  // namespace vidimus::inspect
