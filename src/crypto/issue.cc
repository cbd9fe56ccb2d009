#include "crypto/issue.h"

#include <algorithm>
#include <array>
#include <memory>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/digest.h"
#include "crypto/token_lock.h"

namespace vidimus {
namespace {

template <auto free>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
template <typename T, auto free>
using Owned = std::unique_ptr<T, Free<free>>;

using OwnedCertificate = Owned<X509, X509_free>;
using OwnedCrl = Owned<X509_CRL, X509_CRL_free>;
using OwnedName = Owned<X509_NAME, X509_NAME_free>;
using OwnedInteger = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using OwnedOctets = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using OwnedTime = Owned<ASN1_TIME, ASN1_TIME_free>;
using OwnedExtension = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using OwnedGeneralNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr UnixTime kLatestTime = 253402300799;  // 9999-12-31T23:59:59Z, the last that GeneralizedTime can say

tl::unexpected<Error> Failed(std::string detail) { return Fail(ErrorCode::kUsage, "crypto.issue", std::move(detail)); }

Result<OwnedName> MakeName(const Name& attributes) {
  OwnedName out(X509_NAME_new());
  for (const auto& [type, value] : attributes) {
    // OpenSSL keeps to RFC 5280's upper bound of 64 for multi-byte input; an issuer's URL, which clients look for, may be longer.
    const int form = value.size() > 64 ? V_ASN1_UTF8STRING : MBSTRING_UTF8;
    if (X509_NAME_add_entry_by_txt(out.get(), type.c_str(), form, reinterpret_cast<const unsigned char*>(value.data()),
                                   static_cast<int>(value.size()), -1, 0) != 1)
      return Failed("\"" + type + "=" + value + "\" is no attribute of a name");
  }
  return out;
}

Result<OwnedInteger> MakeSerial(Bytes serial) {
  if (serial.empty() || serial.size() > 20 || AllZero(serial)) return Failed("a serial must be a positive number of 1 to 20 bytes");
  const Owned<BIGNUM, BN_free> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  OwnedInteger out(BN_to_ASN1_INTEGER(number.get(), nullptr));
  if (!out) return Failed("the serial cannot be encoded");
  return out;
}

// UTCTime through 2049 and GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5): ASN1_TIME_set chooses.
Result<OwnedTime> MakeTime(UnixTime time) {
  if (time < 0 || time > kLatestTime) return Failed("a time must lie between the years 1970 and 9999");
  OwnedTime out(ASN1_TIME_set(nullptr, time));
  if (!out) return Failed("the time cannot be encoded");
  return out;
}

// RFC 7093 section 2 method 1: the leftmost 160 bits of SHA-256 over the subjectPublicKey.
Result<OwnedOctets> KeyIdentifier(EVP_PKEY* key) {
  X509_PUBKEY* raw = nullptr;
  const bool set = X509_PUBKEY_set(&raw, key) == 1;
  const Owned<X509_PUBKEY, X509_PUBKEY_free> info(raw);
  const unsigned char* bits = nullptr;
  int size = 0;
  if (!set || X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, info.get()) != 1) return Failed("the public key cannot be encoded");
  const Sha256Digest digest = Sha256(Bytes(bits, static_cast<size_t>(size)));
  OwnedOctets out(ASN1_OCTET_STRING_new());
  if (ASN1_OCTET_STRING_set(out.get(), digest.data(), 20) != 1) return Failed("the key identifier cannot be encoded");
  return out;
}

Result<Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>> AuthorityKeyIdentifier(EVP_PKEY* issuer) {
  VIDIMUS_TRY(OwnedOctets id, KeyIdentifier(issuer));
  Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free> out(AUTHORITY_KEYID_new());
  out->keyid = id.release();
  return out;
}

// `value` is the structure that OpenSSL keeps for the extension `nid`.
Status Add(X509* certificate, int nid, void* value, bool critical) {
  if (X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) != 1)
    return Failed(std::string("the extension ") + OBJ_nid2sn(nid) + " cannot be added");
  return {};
}

Status AddSpelled(X509* certificate, int nid, const std::string& value) {
  const OwnedExtension extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return Failed("\"" + value + "\" is no value of the extension " + OBJ_nid2sn(nid));
  return {};
}

Status AddGeneralName(GENERAL_NAMES* names, int type, const std::string& text) {
  Owned<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
  ASN1_STRING* value = nullptr;
  if (type == GEN_IPADD) {
    value = a2i_IPADDRESS(text.c_str());
  } else if (std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; }) && !text.empty()) {
    value = ASN1_IA5STRING_new();
    ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  }
  if (value == nullptr) return Failed("\"" + text + "\" is no " + (type == GEN_IPADD ? "IP address" : "name of visible ASCII"));
  GENERAL_NAME_set0_value(name.get(), type, value);
  if (sk_GENERAL_NAME_push(names, name.get()) == 0) return Failed("a name cannot be added");
  (void)name.release();  // the list owns it now
  return {};
}

Status AddAlternativeNames(X509* certificate, const CertificateSpec& spec) {
  if (spec.dns_names.empty() && spec.ip_addresses.empty()) return {};
  const OwnedGeneralNames names(GENERAL_NAMES_new());
  for (const std::string& name : spec.dns_names) VIDIMUS_CHECK_OK(AddGeneralName(names.get(), GEN_DNS, name));
  for (const std::string& address : spec.ip_addresses) VIDIMUS_CHECK_OK(AddGeneralName(names.get(), GEN_IPADD, address));
  return Add(certificate, NID_subject_alt_name, names.get(), false);
}

Status AddCrlDistributionPoint(X509* certificate, const std::string& uri) {
  OwnedGeneralNames names(GENERAL_NAMES_new());
  VIDIMUS_CHECK_OK(AddGeneralName(names.get(), GEN_URI, uri));
  Owned<DIST_POINT, DIST_POINT_free> point(DIST_POINT_new());
  point->distpoint = DIST_POINT_NAME_new();
  point->distpoint->type = 0;  // fullName
  point->distpoint->name.fullname = names.release();
  const Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free> points(CRL_DIST_POINTS_new());
  if (sk_DIST_POINT_push(points.get(), point.get()) == 0) return Failed("a distribution point cannot be added");
  (void)point.release();
  return Add(certificate, NID_crl_distribution_points, points.get(), false);
}

Status AddBasicConstraints(X509* certificate, const CertificateSpec& spec) {
  const Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> constraints(BASIC_CONSTRAINTS_new());
  constraints->ca = spec.is_ca ? 0xff : 0;
  if (spec.is_ca && spec.path_length >= 0) {
    constraints->pathlen = ASN1_INTEGER_new();
    if (ASN1_INTEGER_set(constraints->pathlen, spec.path_length) != 1) return Failed("the path length cannot be encoded");
  }
  return Add(certificate, NID_basic_constraints, constraints.get(), true);
}

Status AddCustom(X509* certificate, const CustomExtension& custom) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> oid(OBJ_txt2obj(custom.oid.c_str(), 1));
  const OwnedOctets value(ASN1_OCTET_STRING_new());
  if (!oid || ASN1_OCTET_STRING_set(value.get(), custom.value.data(), static_cast<int>(custom.value.size())) != 1)
    return Failed("\"" + custom.oid + "\" is no object identifier");
  const OwnedExtension extension(X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), custom.critical ? 1 : 0, value.get()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return Failed("the extension " + custom.oid + " cannot be added");
  return {};
}

Status AddExtensions(X509* certificate, const CertificateSpec& spec, EVP_PKEY* subject, EVP_PKEY* issuer) {
  VIDIMUS_TRY(const auto authority, AuthorityKeyIdentifier(issuer));
  VIDIMUS_CHECK_OK(Add(certificate, NID_authority_key_identifier, authority.get(), false));
  VIDIMUS_TRY(const OwnedOctets id, KeyIdentifier(subject));
  VIDIMUS_CHECK_OK(Add(certificate, NID_subject_key_identifier, id.get(), false));
  VIDIMUS_CHECK_OK(AddBasicConstraints(certificate, spec));
  if (!spec.key_usage.empty()) VIDIMUS_CHECK_OK(AddSpelled(certificate, NID_key_usage, "critical," + spec.key_usage));
  if (spec.server_auth) VIDIMUS_CHECK_OK(AddSpelled(certificate, NID_ext_key_usage, "serverAuth"));
  VIDIMUS_CHECK_OK(AddAlternativeNames(certificate, spec));
  if (!spec.crl_uri.empty()) VIDIMUS_CHECK_OK(AddCrlDistributionPoint(certificate, spec.crl_uri));
  for (const CustomExtension& custom : spec.custom) VIDIMUS_CHECK_OK(AddCustom(certificate, custom));
  return {};
}

template <typename T>
Result<ByteVector> Encode(T* object, int (*encode)(const T*, unsigned char**)) {
  const int size = encode(object, nullptr);
  if (size <= 0) return Failed("OpenSSL cannot encode it");
  ByteVector out(static_cast<size_t>(size));
  unsigned char* at = out.data();
  encode(object, &at);
  return out;
}

Status AddRevoked(X509_CRL* crl, Bytes serial, const ASN1_TIME* when) {
  VIDIMUS_TRY(const OwnedInteger number, MakeSerial(serial));
  Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
  if (X509_REVOKED_set_serialNumber(entry.get(), number.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), const_cast<ASN1_TIME*>(when)) != 1 || X509_CRL_add0_revoked(crl, entry.get()) != 1)
    return Failed("a revoked serial cannot be added");
  (void)entry.release();  // the CRL owns it now
  return {};
}

Status AddCrlExtensions(X509_CRL* crl, uint64_t number, EVP_PKEY* issuer) {
  VIDIMUS_TRY(const auto authority, AuthorityKeyIdentifier(issuer));
  const OwnedInteger encoded(ASN1_INTEGER_new());
  if (ASN1_INTEGER_set_uint64(encoded.get(), number) != 1 ||
      X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority.get(), 0, X509V3_ADD_DEFAULT) != 1 ||
      X509_CRL_add1_ext_i2d(crl, NID_crl_number, encoded.get(), 0, X509V3_ADD_DEFAULT) != 1)
    return Failed("the CRL's extensions cannot be added");
  return {};
}

}  // namespace

Result<ByteVector> IssueCertificate(const CertificateSpec& spec, const PrivateKey& subject_key, const Issuer& issuer) {
  VIDIMUS_TRY(const OwnedName subject, MakeName(spec.subject));
  VIDIMUS_TRY(const OwnedName issuer_name, MakeName(issuer.name));
  VIDIMUS_TRY(const OwnedInteger serial, MakeSerial(spec.serial));
  VIDIMUS_TRY(const OwnedTime not_before, MakeTime(spec.not_before));
  VIDIMUS_TRY(const OwnedTime not_after, MakeTime(spec.not_after));
  const OwnedCertificate certificate(X509_new());
  if (X509_set_version(certificate.get(), X509_VERSION_3) != 1 || X509_set_serialNumber(certificate.get(), serial.get()) != 1 ||
      X509_set_subject_name(certificate.get(), subject.get()) != 1 || X509_set_issuer_name(certificate.get(), issuer_name.get()) != 1 ||
      X509_set1_notBefore(certificate.get(), not_before.get()) != 1 || X509_set1_notAfter(certificate.get(), not_after.get()) != 1 ||
      X509_set_pubkey(certificate.get(), subject_key.handle()) != 1)
    return Failed("OpenSSL cannot take the certificate's fields");
  VIDIMUS_CHECK_OK(AddExtensions(certificate.get(), spec, subject_key.handle(), issuer.key.handle()));
  const auto held = HoldTokens(issuer.key.signs_elsewhere());
  if (X509_sign(certificate.get(), issuer.key.handle(), EVP_sha256()) <= 0) return Failed("the certificate cannot be signed");
  return Encode<X509>(certificate.get(), i2d_X509);
}

Result<ByteVector> IssueCrl(const CrlSpec& spec, const Issuer& issuer) {
  VIDIMUS_TRY(const OwnedName name, MakeName(issuer.name));
  VIDIMUS_TRY(const OwnedTime this_update, MakeTime(spec.this_update));
  VIDIMUS_TRY(const OwnedTime next_update, MakeTime(spec.next_update));
  const OwnedCrl crl(X509_CRL_new());
  if (X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 || X509_CRL_set_issuer_name(crl.get(), name.get()) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), this_update.get()) != 1 || X509_CRL_set1_nextUpdate(crl.get(), next_update.get()) != 1)
    return Failed("OpenSSL cannot take the CRL's fields");
  for (const ByteVector& serial : spec.revoked_serials) VIDIMUS_CHECK_OK(AddRevoked(crl.get(), serial, this_update.get()));
  VIDIMUS_CHECK_OK(AddCrlExtensions(crl.get(), spec.number, issuer.key.handle()));
  X509_CRL_sort(crl.get());
  const auto held = HoldTokens(issuer.key.signs_elsewhere());
  if (X509_CRL_sign(crl.get(), issuer.key.handle(), EVP_sha256()) <= 0) return Failed("the CRL cannot be signed");
  return Encode<X509_CRL>(crl.get(), i2d_X509_CRL);
}

}  // namespace vidimus
