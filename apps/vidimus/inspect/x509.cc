#include "inspect/x509.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "codec/der.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "inspect/der_walk.h"
#include "inspect/oid.h"

namespace vidimus::inspect {
namespace {

using namespace x509;

constexpr uint8_t kInteger = 0x02, kUtcTime = 0x17, kGeneralizedTime = 0x18;
constexpr std::string_view kCertificateKind = "X.509 certificate", kCrlKind = "certificate revocation list",
                           kPrivateKeyKind = "private key", kPublicKeyKind = "public key";

// The length that the outermost element claims, with its header; 0 when it is not a SEQUENCE of definite length.
size_t ClaimedSize(Bytes der) {
  if (der.size() < 2 || der[0] != kSequence) return 0;
  if (der[1] < 0x80) return 2 + size_t{der[1]};
  const size_t octets = der[1] & 0x7f;
  if (octets == 0 || octets > 4 || der.size() < 2 + octets) return 0;
  size_t size = 0;
  for (size_t i = 0; i < octets; ++i) size = size << 8 | der[2 + i];
  return 2 + octets + size;
}

// The tags of the first elements inside the outermost one: what kinds are told apart by. Bytes past the end count as absent.
std::string ChildTags(Bytes content, size_t most) {
  std::string tags;
  for (DerReader reader(content); tags.size() < most && !reader.empty();) {
    const auto element = reader.Read();
    if (!element) break;
    tags += static_cast<char>(element->tag);
  }
  return tags;
}

Bytes FirstChild(Bytes content) {
  DerReader reader(content);
  const auto element = reader.Read();
  return element ? element->value : Bytes();
}

std::string_view KindOfPadded(Bytes padded) {
  const Bytes content = FirstChild(padded);
  const std::string outer = ChildTags(content, 3);
  if (outer.starts_with("\x30\x03")) return kPublicKeyKind;  // SEQUENCE, BIT STRING: RFC 5280 4.1.2.7
  if (outer.starts_with("\x02\x30") || outer.starts_with("\x02\x02\x02") || outer.starts_with("\x02\x04")) {
    // PKCS #8, PKCS #1 and SEC 1 begin with a small version.
    const Bytes version = FirstChild(content);
    return version.size() == 1 && version[0] <= 1 ? kPrivateKeyKind : std::string_view();
  }
  if (!outer.starts_with('\x30')) return {};
  const std::string tbs = ChildTags(FirstChild(content), 5);
  if (tbs.starts_with("\xa0\x02\x30\x30")) return kCertificateKind;
  if (tbs.starts_with("\x02\x30\x30\x17") || tbs.starts_with("\x02\x30\x30\x18")) return kCrlKind;
  if (tbs.starts_with("\x02\x30\x30\x30")) return kCertificateKind;  // version 1 has no version field
  return {};
}

// A truncated value is read as if zeros stood for what is missing; what lies past the end is not listed.
ByteVector Padded(Bytes der) {
  ByteVector out(der.begin(), der.end());
  const size_t claimed = ClaimedSize(der);
  if (claimed > out.size() && claimed <= limits::kCrlBytes) out.resize(claimed);
  return out;
}

Status ListNameAndAlgorithm(DerWalk& walk, DerReader& tbs) {
  VIDIMUS_TRY(const DerElement algorithm, tbs.Read(kSequence));
  walk.Row(algorithm.raw, "signature_algorithm", AlgorithmText(algorithm.value), "how the issuer signs; repeated outside of tbs");
  VIDIMUS_TRY(const DerElement issuer, tbs.Read(kSequence));
  walk.Row(issuer.raw, "issuer", NameText(issuer.value), "who signed it");
  return {};
}

Status ListTime(DerWalk& walk, DerReader& reader, std::string_view name, std::string_view meaning) {
  DerReader ahead = reader;
  VIDIMUS_TRY(const DerElement element, ahead.Read());
  VIDIMUS_TRY(const UnixTime time, reader.ReadTime());
  walk.Row(element.raw, name, FormatRfc3339Utc(time), meaning);
  return {};
}

Status ListSignature(DerWalk& walk, DerReader& parts) {
  VIDIMUS_TRY(const DerElement algorithm, parts.Read(kSequence));
  walk.Row(algorithm.raw, "outer_algorithm", AlgorithmText(algorithm.value), "must be that of tbs");
  VIDIMUS_TRY(const DerElement bits, parts.Read(kBitString));
  walk.Row(bits.raw, "signature", HexEncode(bits.value.empty() ? bits.value : bits.value.subspan(1)), "by the issuer's key over tbs");
  return {};
}

Status ListExtensions(DerWalk& walk, DerReader& tbs, uint8_t tag) {
  if (!tbs.NextIs(tag)) return {};
  VIDIMUS_TRY(const DerElement wrapper, tbs.Read());
  DerReader wrapped(wrapper.value);
  VIDIMUS_TRY(const DerElement list, wrapped.Read(kSequence));
  return ForEachExtension(list.value, [&](const Extension& extension) { return ListExtension(walk, extension); });
}

Status ListCertificate(DerWalk& walk, Bytes content) {
  DerReader parts(content);
  VIDIMUS_TRY(const DerElement whole_tbs, parts.Read(kSequence));
  walk.Row(whole_tbs.raw, "tbs", std::to_string(whole_tbs.raw.size()) + " bytes", "what is signed");
  DerReader tbs(whole_tbs.value);
  if (tbs.NextIs(0xa0)) {
    VIDIMUS_TRY(const DerElement version, tbs.Read());
    walk.Row(version.raw, "version", version.value.size() == 3 ? "v" + std::to_string(version.value[2] + 1) : HexEncode(version.value),
             "version of X.509");
  }
  VIDIMUS_TRY(const DerElement serial, tbs.Read(kInteger));
  walk.Row(serial.raw, "serial", HexEncode(serial.value), "serial number, as the issuer counts");
  VIDIMUS_CHECK_OK(ListNameAndAlgorithm(walk, tbs));
  VIDIMUS_TRY(const DerElement validity, tbs.Read(kSequence));
  DerReader times(validity.value);
  VIDIMUS_CHECK_OK(ListTime(walk, times, "not_before", "valid from"));
  VIDIMUS_CHECK_OK(ListTime(walk, times, "not_after", "valid until"));
  VIDIMUS_TRY(const DerElement subject, tbs.Read(kSequence));
  walk.Row(subject.raw, "subject", NameText(subject.value), "whose key it is");
  VIDIMUS_TRY(const DerElement key, tbs.Read(kSequence));
  VIDIMUS_CHECK_OK(ListPublicKey(walk, key));
  VIDIMUS_CHECK_OK(ListExtensions(walk, tbs, 0xa3));
  return ListSignature(walk, parts);
}

// RFC 5280 5.1.2.6: one row for each entry.
Status ListRevoked(DerWalk& walk, const DerElement& list) {
  size_t count = 0;
  for (DerReader entries(list.value); !entries.empty(); ++count) {
    VIDIMUS_TRY(const DerElement entry, entries.Read(kSequence));
    DerReader reader(entry.value);
    VIDIMUS_TRY(const DerElement serial, reader.Read(kInteger));
    VIDIMUS_TRY(const UnixTime date, reader.ReadTime());
    std::string meaning = "serial number, revoked " + FormatRfc3339Utc(date);
    if (!reader.empty()) {
      VIDIMUS_TRY(const DerElement extensions, reader.Read(kSequence));
      VIDIMUS_CHECK_OK(ForEachExtension(extensions.value, [&](const Extension& extension) -> Status {
        const bool reason = IsOid(extension.oid, kReasonCode) && extension.value.size() == 3;
        meaning += ", " + OidText(extension.oid) + " " + (reason ? std::to_string(extension.value[2]) : HexEncode(extension.value));
        return {};
      }));
    }
    walk.Row(entry.raw, "revoked[" + std::to_string(count) + "]", HexEncode(serial.value), meaning);
  }
  walk.Row(list.raw, "revoked", std::to_string(count) + " entries", "the list as a whole");
  return {};
}

Status ListCrl(DerWalk& walk, Bytes content) {
  DerReader parts(content);
  VIDIMUS_TRY(const DerElement whole_tbs, parts.Read(kSequence));
  walk.Row(whole_tbs.raw, "tbs", std::to_string(whole_tbs.raw.size()) + " bytes", "what is signed");
  DerReader tbs(whole_tbs.value);
  VIDIMUS_TRY(const DerElement version, tbs.Read(kInteger));
  walk.Row(version.raw, "version", version.value.size() == 1 ? "v" + std::to_string(version.value[0] + 1) : HexEncode(version.value),
           "version of the list's format");
  VIDIMUS_CHECK_OK(ListNameAndAlgorithm(walk, tbs));
  VIDIMUS_CHECK_OK(ListTime(walk, tbs, "this_update", "issued"));
  if (tbs.NextIs(kUtcTime) || tbs.NextIs(kGeneralizedTime)) {
    VIDIMUS_CHECK_OK(ListTime(walk, tbs, "next_update", "the next list is due"));
  }
  if (tbs.NextIs(kSequence)) {
    VIDIMUS_TRY(const DerElement revoked, tbs.Read());
    VIDIMUS_CHECK_OK(ListRevoked(walk, revoked));
  } else {
    walk.out().Note("the list is empty: it revokes nothing");
  }
  VIDIMUS_CHECK_OK(ListExtensions(walk, tbs, 0xa0));
  return ListSignature(walk, parts);
}

}  // namespace

std::string_view DerKind(Bytes der) {
  if (ClaimedSize(der) == 0) return {};
  return KindOfPadded(Padded(der));
}

void DescribeDer(Bytes der, const std::string& prefix, Inspection& out) {
  const std::string_view kind = DerKind(der);
  if (kind == kPrivateKeyKind) {
    out.Add(0, der.size(), prefix + "key", "(not shown)", "a private key: keep it secret");
    return;
  }
  const ByteVector padded = Padded(der);
  DerWalk walk(padded, der.size(), prefix, out);
  DerReader reader(padded);
  const auto whole = reader.Read(kSequence);
  if (kind.empty() || !whole) {
    out.Note("not decoded: neither a certificate, a revocation list nor a key");
    return;
  }
  Status status;
  if (kind == kPublicKeyKind) {
    status = ListPublicKey(walk, *whole);
  } else {
    const bool certificate = kind == kCertificateKind;
    out.Add(0, der.size(), prefix + (certificate ? "certificate" : "crl"), HexEncode(Sha256(der)), "SHA-256 of the DER");
    status = certificate ? ListCertificate(walk, whole->value) : ListCrl(walk, whole->value);
  }
  if (padded.size() > der.size())
    out.Note("truncated: " + prefix + "DER ends " + AtOffset(der.size()) + "; expected " + std::to_string(padded.size()) +
             " bytes by its outermost length");
  else if (!status)
    out.Note("not decoded further, " + std::string(status.error().where) + ": " + status.error().detail);
  if (padded.size() == der.size() && whole->raw.size() < der.size())
    out.Note(std::to_string(der.size() - whole->raw.size()) + " bytes follow the DER " + AtOffset(whole->raw.size()));
}

}  // namespace vidimus::inspect
