#include "crypto/certificate.h"

#include <algorithm>

#include "base/limits.h"
#include "crypto/x509.h"

namespace vidimus {
namespace {

using namespace x509;

constexpr std::string_view kEcPublicKeyP256("\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21);

tl::unexpected<Error> Malformed(std::string_view where, std::string detail) {
  return Fail(ErrorCode::kMalformed, where, std::move(detail));
}

ByteVector Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// RFC 5280 4.1.2.7 with RFC 5480: SEQUENCE { ecPublicKey, prime256v1 } and an uncompressed point.
Status ReadPublicKey(DerReader& reader, Certificate& out) {
  VIDIMUS_TRY(const DerElement info, reader.Read(kSequence));
  DerReader inner(info.value);
  VIDIMUS_TRY(const DerElement algorithm, inner.Read(kSequence));
  VIDIMUS_TRY(const DerElement bits, inner.Read(kBitString));
  if (AsText(algorithm.raw) != kEcPublicKeyP256 || bits.value.size() != 66 || bits.value[0] != 0 || bits.value[1] != 4 || !inner.empty())
    return Fail(ErrorCode::kUnsupported, "x509.certificate.public_key", "only uncompressed keys on prime256v1 are accepted");
  std::copy_n(bits.value.begin() + 2, 64, out.public_key.begin());
  return {};
}

// RFC 5280 4.2.1.3: a BIT STRING of named bits.
Status ReadKeyUsage(Bytes value, Certificate& out) {
  DerReader reader(value);
  VIDIMUS_TRY(const DerElement bits, reader.Read(kBitString));
  if (!reader.empty() || bits.value.size() < 2 || bits.value.size() > 3 || bits.value[0] > 7)
    return Malformed("x509.certificate.key_usage", "not a BIT STRING of named bits");
  const Bytes octets = bits.value.subspan(1);
  if ((octets.back() & ((1U << bits.value[0]) - 1)) != 0)  // X.690 section 11.2.1
    return Malformed("x509.certificate.key_usage", "a bit is set among those declared unused");
  for (size_t bit = 0; bit < octets.size() * 8; ++bit)
    if ((octets[bit / 8] >> (7 - bit % 8) & 1) != 0) out.key_usage = static_cast<uint16_t>(out.key_usage | 1U << bit);
  return {};
}

// RFC 5280 4.2.1.9: SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }.
Status ReadBasicConstraints(Bytes value, Certificate& out) {
  DerReader outer(value);
  VIDIMUS_TRY(const DerElement sequence, outer.Read(kSequence));
  DerReader reader(sequence.value);
  if (reader.NextIs(kBoolean)) {
    VIDIMUS_TRY(const DerElement ca, reader.Read());
    // A false written out is not DER, but issuers do it and it grants nothing.
    if (ca.value.size() != 1 || (ca.value[0] != 0 && ca.value[0] != 0xff))
      return Malformed("x509.certificate.basic_constraints", "cA is not a Boolean");
    out.is_ca = ca.value[0] != 0;
  }
  if (!reader.empty()) {
    VIDIMUS_TRY(const Bytes length, reader.ReadUnsigned());
    if (length.size() > 1) return Malformed("x509.certificate.basic_constraints", "a path length over 255");
    out.path_length = length.empty() ? 0 : length[0];
  }
  if (!reader.empty() || !outer.empty()) return Malformed("x509.certificate.basic_constraints", "something follows the constraints");
  return {};
}

Status TakeExtension(const Extension& extension, Certificate& out) {
  if (IsOid(extension.oid, kAuthorityKeyId)) {
    out.has_authority_key_id = true;
  } else if (IsOid(extension.oid, kSubjectKeyId)) {
    out.has_subject_key_id = true;
  } else if (IsOid(extension.oid, kCrlDistributionPoints)) {
    out.has_crl_distribution_points = true;
  } else if (IsOid(extension.oid, kKeyUsage)) {
    out.has_key_usage = true;
    out.key_usage_critical = extension.critical;
    return ReadKeyUsage(extension.value, out);
  } else if (IsOid(extension.oid, kBasicConstraints)) {
    out.has_basic_constraints = true;
    out.basic_constraints_critical = extension.critical;
    return ReadBasicConstraints(extension.value, out);
  } else if (IsOid(extension.oid, kSgxExtensions)) {
    out.sgx_extension = Copy(extension.value);
  } else if (extension.critical) {
    out.unknown_critical_extension = true;
  }
  return {};
}

Status ReadValidity(DerReader& tbs, Certificate& out) {
  VIDIMUS_TRY(const DerElement validity, tbs.Read(kSequence));
  DerReader reader(validity.value);
  VIDIMUS_TRY(out.not_before, reader.ReadTime());
  VIDIMUS_TRY(out.not_after, reader.ReadTime());
  if (!reader.empty()) return Malformed("x509.certificate.validity", "something follows notAfter");
  return {};
}

// RFC 5280 4.1: the fields of TBSCertificate, in order.
Status ReadTbs(DerReader tbs, Certificate& out) {
  VIDIMUS_TRY(const DerElement version, tbs.Read(0xa0));
  if (AsText(version.value) != std::string_view("\x02\x01\x02", 3))
    return Fail(ErrorCode::kUnsupported, "x509.certificate.version", "expected v3");
  VIDIMUS_TRY(const Bytes serial, tbs.ReadUnsigned());
  out.serial = Copy(serial);
  VIDIMUS_CHECK_OK(ReadEcdsaSha256(tbs));
  VIDIMUS_TRY(const DerElement issuer, tbs.Read(kSequence));
  VIDIMUS_CHECK_OK(ReadValidity(tbs, out));
  VIDIMUS_TRY(const DerElement subject, tbs.Read(kSequence));
  out.issuer = Copy(issuer.raw);
  out.subject = Copy(subject.raw);
  VIDIMUS_TRY(out.issuer_common_name, CommonName(issuer.value));
  VIDIMUS_TRY(out.subject_common_name, CommonName(subject.value));
  VIDIMUS_CHECK_OK(ReadPublicKey(tbs, out));
  VIDIMUS_TRY(const DerElement wrapper, tbs.Read(0xa3));
  DerReader wrapped(wrapper.value);
  VIDIMUS_TRY(const DerElement extensions, wrapped.Read(kSequence));
  if (!wrapped.empty() || !tbs.empty()) return Malformed("x509.certificate.extensions", "something follows the extensions");
  return ForEachExtension(extensions.value, [&](const Extension& extension) { return TakeExtension(extension, out); });
}

}  // namespace

Result<Certificate> ParseCertificate(Bytes der) {
  if (der.size() > limits::kCertificateBytes)
    return Fail(ErrorCode::kLimit, "x509.certificate.size",
                "found " + std::to_string(der.size()) + " bytes, expected at most " + std::to_string(limits::kCertificateBytes));
  Certificate out;
  DerReader whole(der);
  VIDIMUS_TRY(const DerElement certificate, whole.Read(kSequence));
  if (!whole.empty()) return Malformed("x509.certificate.trailing", "something follows the certificate");
  DerReader parts(certificate.value);
  VIDIMUS_TRY(const DerElement tbs, parts.Read(kSequence));
  VIDIMUS_CHECK_OK(ReadEcdsaSha256(parts));
  VIDIMUS_TRY(out.signature, ReadSignature(parts));
  if (!parts.empty()) return Malformed("x509.certificate.trailing", "something follows the signature");
  VIDIMUS_CHECK_OK(ReadTbs(DerReader(tbs.value), out));
  out.tbs_offset = static_cast<size_t>(tbs.raw.data() - der.data());
  out.tbs_size = tbs.raw.size();
  out.der = Copy(der);
  return out;
}

bool IsSignedBy(const Certificate& certificate, const P256PublicKey& issuer) {
  return issuer.Verify(certificate.tbs(), certificate.signature);
}

}  // namespace vidimus
