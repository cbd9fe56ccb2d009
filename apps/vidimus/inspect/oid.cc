#include "inspect/oid.h"

#include <array>

#include "base/hex.h"

namespace vidimus::inspect {
namespace {

struct KnownOid {
  std::string_view dotted, name;
};
constexpr auto kKnown = std::to_array<KnownOid>({
    {"1.2.840.10045.2.1", "ecPublicKey"},
    {"1.2.840.10045.3.1.7", "prime256v1"},
    {"1.3.132.0.34", "secp384r1"},
    {"1.2.840.10045.4.3.2", "ecdsa-with-SHA256"},
    {"1.2.840.10045.4.3.3", "ecdsa-with-SHA384"},
    {"1.2.840.113549.1.1.1", "rsaEncryption"},
    {"1.2.840.113549.1.1.10", "RSASSA-PSS"},
    {"1.2.840.113549.1.1.11", "sha256WithRSAEncryption"},
    {"1.2.840.113549.1.1.12", "sha384WithRSAEncryption"},
    {"2.5.4.3", "CN"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.29.14", "subject_key_id"},
    {"2.5.29.15", "key_usage"},
    {"2.5.29.17", "subject_alt_name"},
    {"2.5.29.19", "basic_constraints"},
    {"2.5.29.20", "crl_number"},
    {"2.5.29.21", "reason_code"},
    {"2.5.29.31", "crl_distribution_points"},
    {"2.5.29.35", "authority_key_id"},
    {"2.5.29.37", "extended_key_usage"},
    {"1.2.840.113741.1.13.1", "sgx"},
    {"1.2.840.113556.10.1.1", "open_enclave_report"},
    {"1.2.840.113556.10.1.2", "open_enclave_evidence"},
    {"1.3.6.1.4.1.311.105.1", "open_enclave_report"},
    {"1.3.6.1.4.1.311.105.2", "open_enclave_evidence"},
    {"1.3.6.1.4.1.311.105.1000.1", "maa_evidence"},
    {"1.3.6.1.4.1.311.105.1000.2", "maa_tee_kind"},
});

}  // namespace

std::string DottedOid(Bytes oid) {
  std::string out;
  uint64_t arc = 0;
  if (oid.empty() || (oid.back() & 0x80) != 0) return HexEncode(oid);
  for (const uint8_t octet : oid) {
    if (arc >> 56 != 0) return HexEncode(oid);  // an arc that no registry has
    arc = arc << 7 | (octet & 0x7fU);
    if ((octet & 0x80) != 0) continue;
    if (out.empty()) {
      // X.690 8.19.4: the first two arcs share one number.
      const uint64_t first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
      out = std::to_string(first) + "." + std::to_string(arc - 40 * first);
    } else {
      out += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return out;
}

std::string_view OidName(std::string_view dotted) {
  for (const KnownOid& known : kKnown)
    if (known.dotted == dotted) return known.name;
  return {};
}

std::string OidText(Bytes oid) {
  const std::string dotted = DottedOid(oid);
  const std::string_view name = OidName(dotted);
  return name.empty() ? dotted : std::string(name);
}

}  // namespace vidimus::inspect
