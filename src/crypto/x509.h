// What certificates and CRLs share (RFC 5280): names, the one signature algorithm, extensions.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "codec/der.h"

namespace vidimus::x509 {

inline constexpr uint8_t kSequence = 0x30, kSet = 0x31, kBitString = 0x03, kOctetString = 0x04, kOid = 0x06, kBoolean = 0x01;

struct Extension {
  Bytes oid;  // content octets
  bool critical;
  Bytes value;  // content of the OCTET STRING
};

// True when `oid` has the content octets of `expected`.
bool IsOid(Bytes oid, std::string_view expected);

// Reads SEQUENCE { ecdsa-with-SHA256 }, parameters absent (RFC 5758 section 3.2).
Status ReadEcdsaSha256(DerReader& reader);
// The first common name of a Name's content, all of which is checked; empty when it has none.
Result<std::string> CommonName(Bytes name);
// A BIT STRING of whole octets holding SEQUENCE { INTEGER r, INTEGER s }, as 64 raw bytes.
Result<std::array<uint8_t, 64>> ReadSignature(DerReader& reader);
// Calls `take` for every extension of a SEQUENCE OF Extension's content; refuses a second one of the same OID (RFC 5280 4.2).
Status ForEachExtension(Bytes extensions, const std::function<Status(const Extension&)>& take);

inline constexpr std::string_view kSubjectKeyId("\x55\x1d\x0e", 3), kKeyUsage("\x55\x1d\x0f", 3), kBasicConstraints("\x55\x1d\x13", 3),
    kCrlNumber("\x55\x1d\x14", 3), kReasonCode("\x55\x1d\x15", 3), kCrlDistributionPoints("\x55\x1d\x1f", 3),
    kAuthorityKeyId("\x55\x1d\x23", 3), kSgxExtensions("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9);

}  // namespace vidimus::x509
