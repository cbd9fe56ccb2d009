// X.509 v3 certificates (RFC 5280 section 4): ecdsa-with-SHA256 and prime256v1 only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/p256.h"

namespace vidimus {

struct Certificate {
  ByteVector der;
  size_t tbs_offset = 0, tbs_size = 0;
  Bytes tbs() const { return Bytes(der).subspan(tbs_offset, tbs_size); }
  ByteVector serial;  // unsigned big endian, no leading zeros
  std::string subject_common_name, issuer_common_name;
  ByteVector subject, issuer;  // DER Name
  UnixTime not_before = 0, not_after = 0;
  std::array<uint8_t, 64> public_key{};  // X||Y
  std::array<uint8_t, 64> signature{};   // r||s
  bool has_authority_key_id = false, has_subject_key_id = false, has_crl_distribution_points = false;
  bool has_key_usage = false, key_usage_critical = false;
  uint16_t key_usage = 0;  // named bit n is 1 << n; bit 0 is digitalSignature
  bool has_basic_constraints = false, basic_constraints_critical = false, is_ca = false;
  std::optional<int> path_length;
  std::optional<ByteVector> sgx_extension;  // extnValue content of 1.2.840.113741.1.13.1
  bool unknown_critical_extension = false;
};

Result<Certificate> ParseCertificate(Bytes der);  // errors "x509.certificate.<field>"
bool IsSignedBy(const Certificate& certificate, const P256PublicKey& issuer);

}  // namespace vidimus
