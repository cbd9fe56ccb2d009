// X.509 v2 certificate revocation lists (RFC 5280 section 5); nextUpdate is required.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/p256.h"

namespace vidimus {

struct Crl {
  ByteVector der;
  size_t tbs_offset = 0, tbs_size = 0;
  Bytes tbs() const { return Bytes(der).subspan(tbs_offset, tbs_size); }
  ByteVector issuer;  // DER Name
  std::string issuer_common_name;
  UnixTime this_update = 0, next_update = 0;
  std::array<uint8_t, 64> signature{};  // r||s
  ByteVector number;
  bool has_number = false, has_authority_key_id = false;
  bool unknown_critical_extension = false;
  std::vector<ByteVector> revoked;  // sorted serials, unsigned big endian, no leading zeros
  bool IsRevoked(Bytes serial) const;
  size_t size() const { return revoked.size(); }
};

Result<Crl> ParseCrl(Bytes der);  // errors "x509.crl.<field>"
bool IsSignedBy(const Crl& crl, const P256PublicKey& issuer);

// Of CRL numbers (RFC 5280 section 5.2.3): unsigned, big endian; leading zeros count for nothing.
bool IsSmallerCrlNumber(Bytes a, Bytes b);

}  // namespace vidimus
