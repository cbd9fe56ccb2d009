#include "crypto/crl.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/x509.h"

namespace vidimus {
namespace {

using namespace x509;

constexpr std::string_view kVersion2("\x01", 1);

ByteVector Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

tl::unexpected<Error> Malformed(std::string_view where, std::string detail) {
  return Fail(ErrorCode::kMalformed, where, std::move(detail));
}

// Serials as unsigned integers: by length, then octet by octet.
bool SerialLess(Bytes a, Bytes b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

// RFC 5280 5.1.2.6 and 5.3: revokedCertificates. An entry's critical extension that is not known voids the CRL's meaning.
Status ReadRevoked(Bytes entries, Crl& out) {
  for (DerReader list(entries); !list.empty();) {
    if (out.revoked.size() == limits::kCrlEntries)
      return Fail(ErrorCode::kLimit, "x509.crl.entries", "more than " + std::to_string(limits::kCrlEntries) + " entries");
    VIDIMUS_TRY(const DerElement entry, list.Read(kSequence));
    DerReader reader(entry.value);
    VIDIMUS_TRY(const Bytes serial, reader.ReadUnsigned());
    VIDIMUS_CHECK_OK(reader.ReadTime().map([](UnixTime) {}));
    if (!reader.empty()) {
      VIDIMUS_TRY(const DerElement extensions, reader.Read(kSequence));
      VIDIMUS_CHECK_OK(ForEachExtension(extensions.value, [&](const Extension& extension) -> Status {
        if (extension.critical && !IsOid(extension.oid, kReasonCode)) out.unknown_critical_extension = true;
        return {};
      }));
    }
    if (!reader.empty()) return Malformed("x509.crl.entry", "something follows an entry's extensions");
    out.revoked.push_back(Copy(serial));
  }
  std::sort(out.revoked.begin(), out.revoked.end(), SerialLess);
  return {};
}

Status ReadExtensions(DerReader& tbs, Crl& out) {
  if (tbs.empty()) return {};
  VIDIMUS_TRY(const DerElement wrapper, tbs.Read(0xa0));
  DerReader wrapped(wrapper.value);
  VIDIMUS_TRY(const DerElement extensions, wrapped.Read(kSequence));
  if (!wrapped.empty() || !tbs.empty()) return Malformed("x509.crl.extensions", "something follows the extensions");
  return ForEachExtension(extensions.value, [&](const Extension& extension) -> Status {
    if (IsOid(extension.oid, kCrlNumber)) {
      DerReader reader(extension.value);
      VIDIMUS_TRY(const Bytes number, reader.ReadUnsigned());
      if (!reader.empty()) return Malformed("x509.crl.number", "something follows the CRL number");
      out.number = Copy(number);
      out.has_number = true;
    } else if (IsOid(extension.oid, kAuthorityKeyId)) {
      out.has_authority_key_id = true;
    } else if (extension.critical) {
      out.unknown_critical_extension = true;
    }
    return {};
  });
}

// RFC 5280 5.1.2: the fields of TBSCertList, in order.
Status ReadTbs(DerReader tbs, Crl& out) {
  VIDIMUS_TRY(const Bytes version, tbs.ReadUnsigned());
  if (AsText(version) != kVersion2) return Fail(ErrorCode::kUnsupported, "x509.crl.version", "expected v2");
  VIDIMUS_CHECK_OK(ReadEcdsaSha256(tbs));
  VIDIMUS_TRY(const DerElement issuer, tbs.Read(kSequence));
  out.issuer = Copy(issuer.raw);
  VIDIMUS_TRY(out.issuer_common_name, CommonName(issuer.value));
  VIDIMUS_TRY(out.this_update, tbs.ReadTime());
  VIDIMUS_TRY(out.next_update, tbs.ReadTime());
  if (tbs.NextIs(kSequence)) {
    VIDIMUS_TRY(const DerElement revoked, tbs.Read());
    VIDIMUS_CHECK_OK(ReadRevoked(revoked.value, out));
  }
  return ReadExtensions(tbs, out);
}

}  // namespace

bool Crl::IsRevoked(Bytes serial) const {
  while (!serial.empty() && serial[0] == 0) serial = serial.subspan(1);
  return std::binary_search(revoked.begin(), revoked.end(), serial, SerialLess);
}

Result<Crl> ParseCrl(Bytes der) {
  if (der.size() > limits::kCrlBytes)
    return Fail(ErrorCode::kLimit, "x509.crl.size",
                "found " + std::to_string(der.size()) + " bytes, expected at most " + std::to_string(limits::kCrlBytes));
  Crl out;
  DerReader whole(der);
  VIDIMUS_TRY(const DerElement crl, whole.Read(kSequence));
  if (!whole.empty()) return Malformed("x509.crl.trailing", "something follows the CRL");
  DerReader parts(crl.value);
  VIDIMUS_TRY(const DerElement tbs, parts.Read(kSequence));
  VIDIMUS_CHECK_OK(ReadEcdsaSha256(parts));
  VIDIMUS_TRY(out.signature, ReadSignature(parts));
  if (!parts.empty()) return Malformed("x509.crl.trailing", "something follows the signature");
  VIDIMUS_CHECK_OK(ReadTbs(DerReader(tbs.value), out));
  out.tbs_offset = static_cast<size_t>(tbs.raw.data() - der.data());
  out.tbs_size = tbs.raw.size();
  out.der = Copy(der);
  return out;
}

bool IsSignedBy(const Crl& crl, const P256PublicKey& issuer) { return issuer.Verify(crl.tbs(), crl.signature); }

bool IsSmallerCrlNumber(Bytes a, Bytes b) {
  const auto trimmed = [](Bytes number) {
    while (!number.empty() && number[0] == 0) number = number.subspan(1);
    return number;
  };
  a = trimmed(a);
  b = trimmed(b);
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace vidimus
