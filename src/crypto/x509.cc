#include "crypto/x509.h"

#include <algorithm>
#include <optional>
#include <set>

namespace vidimus::x509 {
namespace {

constexpr std::string_view kEcdsaWithSha256("\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
constexpr std::string_view kCommonName("\x55\x04\x03", 3);

constexpr uint8_t kUtf8String = 0x0c, kPrintableString = 0x13, kIa5String = 0x16;

tl::unexpected<Error> Malformed(std::string detail) { return Fail(ErrorCode::kMalformed, "x509.structure", std::move(detail)); }

// X.690 section 8.19: whole base-128 numbers without leading zeros.
Result<Bytes> ReadOid(DerReader& reader) {
  VIDIMUS_TRY(const DerElement oid, reader.Read(kOid));
  bool starts = true;
  for (const uint8_t octet : oid.value) {
    if (starts && octet == 0x80) return Malformed("an object identifier is not in its shortest form");
    starts = (octet & 0x80) == 0;
  }
  if (oid.value.empty() || !starts) return Malformed("an object identifier that does not end");
  return oid.value;
}

// RFC 5280 4.1.2.4: of the string types, those that new names may use, and IA5String.
Status CheckText(const DerElement& value) {
  const bool ascii = std::all_of(value.value.begin(), value.value.end(), [](uint8_t c) { return c < 0x80; });
  if (value.tag == kUtf8String ? IsUtf8(value.value) : (value.tag == kPrintableString || value.tag == kIa5String) && ascii) return {};
  return Malformed("a name's attribute is not UTF-8, printable or IA5 text");
}

}  // namespace

bool IsOid(Bytes oid, std::string_view expected) { return AsText(oid) == expected; }

Status ReadEcdsaSha256(DerReader& reader) {
  VIDIMUS_TRY(const DerElement algorithm, reader.Read(kSequence));
  DerReader inner(algorithm.value);
  VIDIMUS_TRY(const Bytes oid, ReadOid(inner));
  if (!IsOid(oid, kEcdsaWithSha256) || !inner.empty())
    return Fail(ErrorCode::kUnsupported, "x509.signature_algorithm", "only ecdsa-with-SHA256 without parameters is accepted");
  return {};
}

Result<std::string> CommonName(Bytes name) {
  std::optional<std::string> out;
  for (DerReader names(name); !names.empty();) {
    VIDIMUS_TRY(const DerElement set, names.Read(kSet));
    if (set.value.empty()) return Malformed("a name has a set of no attributes");
    for (DerReader attributes(set.value); !attributes.empty();) {
      VIDIMUS_TRY(const DerElement attribute, attributes.Read(kSequence));
      DerReader reader(attribute.value);
      VIDIMUS_TRY(const Bytes oid, ReadOid(reader));
      VIDIMUS_TRY(const DerElement value, reader.Read());
      if (!reader.empty()) return Malformed("a name's attribute has more than a type and a value");
      VIDIMUS_CHECK_OK(CheckText(value));
      if (!out && IsOid(oid, kCommonName)) out = AsText(value.value);
    }
  }
  return out.value_or("");
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
    VIDIMUS_TRY(const Bytes oid, ReadOid(reader));
    bool critical = false;
    if (reader.NextIs(kBoolean)) {
      VIDIMUS_TRY(const DerElement flag, reader.Read());
      // X.690 11.1 and 11.5: TRUE is FF; the default FALSE is not encoded.
      if (flag.value.size() != 1 || flag.value[0] != 0xff) return Malformed("an extension's critical flag is not DER");
      critical = true;
    }
    VIDIMUS_TRY(const DerElement value, reader.Read(kOctetString));
    if (!reader.empty()) return Malformed("something follows an extension's value");
    if (!seen.insert(AsText(oid)).second) return Malformed("an extension occurs twice");
    VIDIMUS_CHECK_OK(take({oid, critical, value.value}));
  }
  return {};
}

}  // namespace vidimus::x509
