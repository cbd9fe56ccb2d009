#include "crypto/x509.h"

#include <algorithm>
#include <set>

namespace vidimus::x509 {
namespace {

constexpr std::string_view kEcdsaWithSha256("\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
constexpr std::string_view kCommonName("\x55\x04\x03", 3);

tl::unexpected<Error> Malformed(std::string detail) { return Fail(ErrorCode::kMalformed, "x509.structure", std::move(detail)); }

}  // namespace

bool IsOid(Bytes oid, std::string_view expected) { return AsText(oid) == expected; }

Status ReadEcdsaSha256(DerReader& reader) {
  VIDIMUS_TRY(const DerElement algorithm, reader.Read(kSequence));
  DerReader inner(algorithm.value);
  VIDIMUS_TRY(const DerElement oid, inner.Read(kOid));
  if (!IsOid(oid.value, kEcdsaWithSha256) || !inner.empty())
    return Fail(ErrorCode::kUnsupported, "x509.signature_algorithm", "only ecdsa-with-SHA256 without parameters is accepted");
  return {};
}

Result<std::string> CommonName(Bytes name) {
  for (DerReader names(name); !names.empty();) {
    VIDIMUS_TRY(const DerElement set, names.Read(kSet));
    for (DerReader attributes(set.value); !attributes.empty();) {
      VIDIMUS_TRY(const DerElement attribute, attributes.Read(kSequence));
      DerReader reader(attribute.value);
      VIDIMUS_TRY(const DerElement oid, reader.Read(kOid));
      VIDIMUS_TRY(const DerElement value, reader.Read());
      if (!reader.empty()) return Malformed("a name's attribute has more than a type and a value");
      if (IsOid(oid.value, kCommonName)) return std::string(AsText(value.value));
    }
  }
  return std::string();
}

Result<std::array<uint8_t, 64>> ReadSignature(DerReader& reader) {
  VIDIMUS_TRY(const DerElement bits, reader.Read(kBitString));
  if (bits.value.empty() || bits.value[0] != 0) return Malformed("the signature is not a whole number of octets");
  DerReader outer(bits.value.subspan(1));
  VIDIMUS_TRY(const DerElement sequence, outer.Read(kSequence));
  DerReader inner(sequence.value);
  std::array<uint8_t, 64> out{};
  for (size_t half = 1; half <= 2; ++half) {
    VIDIMUS_TRY(const Bytes number, inner.ReadUnsigned());
    if (number.size() > 32) return Malformed("a signature value longer than 32 octets");
    std::copy(number.begin(), number.end(), out.begin() + static_cast<std::ptrdiff_t>(32 * half - number.size()));
  }
  if (!inner.empty() || !outer.empty()) return Malformed("something follows r and s");
  return out;
}

Status ForEachExtension(Bytes extensions, const std::function<Status(const Extension&)>& take) {
  std::set<std::string_view> seen;
  for (DerReader list(extensions); !list.empty();) {
    VIDIMUS_TRY(const DerElement sequence, list.Read(kSequence));
    DerReader reader(sequence.value);
    VIDIMUS_TRY(const DerElement oid, reader.Read(kOid));
    bool critical = false;
    if (reader.NextIs(kBoolean)) {
      VIDIMUS_TRY(const DerElement flag, reader.Read());
      // X.690 11.1 and 11.5: TRUE is FF; the default FALSE is not encoded.
      if (flag.value.size() != 1 || flag.value[0] != 0xff) return Malformed("an extension's critical flag is not DER");
      critical = true;
    }
    VIDIMUS_TRY(const DerElement value, reader.Read(kOctetString));
    if (!reader.empty()) return Malformed("something follows an extension's value");
    if (!seen.insert(AsText(oid.value)).second) return Malformed("an extension occurs twice");
    VIDIMUS_CHECK_OK(take({oid.value, critical, value.value}));
  }
  return {};
}

}  // namespace vidimus::x509
