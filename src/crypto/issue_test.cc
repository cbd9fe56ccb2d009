#include "crypto/issue.h"

#include <memory>

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/certificate.h"
#include "crypto/crl.h"
#include "crypto/rsa.h"

namespace vidimus {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_CRL* crl) const { X509_CRL_free(crl); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using OpensslCertificate = std::unique_ptr<X509, Free>;

constexpr UnixTime kStart = 1526860800, kEnd = 2524607999;  // 2018-05-21 to the end of 2049

const PrivateKey& P256Key() {
  static const PrivateKey key = PrivateKey::GenerateP256().value();
  return key;
}
const PrivateKey& OtherP256Key() {
  static const PrivateKey key = PrivateKey::GenerateP256().value();
  return key;
}
const PrivateKey& RsaKey() {
  static const PrivateKey key = PrivateKey::GenerateRsa(2048).value();
  return key;
}

OpensslCertificate Openssl(const ByteVector& der) {
  const unsigned char* at = der.data();
  return OpensslCertificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

CertificateSpec Ca() {
  CertificateSpec out;
  out.subject = {{"CN", "A root"}, {"O", "Tests"}};
  out.serial = {1};
  out.not_before = kStart;
  out.not_after = kEnd;
  out.is_ca = true;
  out.path_length = 1;
  out.key_usage = "keyCertSign, cRLSign";
  return out;
}

CertificateSpec Leaf() {
  CertificateSpec out;
  out.subject = {{"CN", "localhost"}};
  out.serial = {2};
  out.not_before = kStart;
  out.not_after = kEnd;
  out.key_usage = "digitalSignature";
  return out;
}

Result<Certificate> Issued(const CertificateSpec& spec) {
  auto der = IssueCertificate(spec, P256Key(), {Ca().subject, OtherP256Key()});
  if (!der) return tl::unexpected(der.error());
  return ParseCertificate(*der);
}

// What OpenSSL's chain building makes of `leaf` under `root`: X509_V_OK or an error of its own.
int OpensslVerdict(const ByteVector& leaf, const ByteVector& root, UnixTime at) {
  const auto leaf_certificate = Openssl(leaf), root_certificate = Openssl(root);
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root_certificate.get());
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf_certificate.get(), nullptr);
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_STORE_CTX_set_time(context.get(), 0, at);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

TEST(IssueCertificate, IsReadBackByOurOwnParserFieldByField) {
  CertificateSpec spec = Ca();
  spec.serial = {0x80, 0x01};
  spec.crl_uri = "https://example.invalid/root.crl";
  spec.custom = {{"1.2.840.113741.1.13.1", {0x30, 0x00}}};
  const auto read = Issued(spec);
  ASSERT_TRUE(read) << read.error().where << " " << read.error().detail;
  EXPECT_EQ(read->serial, (ByteVector{0x80, 0x01}));
  EXPECT_EQ(read->subject_common_name, "A root");
  EXPECT_EQ(read->subject, read->issuer);
  EXPECT_EQ(read->not_before, kStart);
  EXPECT_EQ(read->not_after, kEnd);
  EXPECT_TRUE(Equal(read->public_key, P256Key().P256Point()));
  EXPECT_TRUE(read->is_ca && read->has_basic_constraints && read->basic_constraints_critical);
  EXPECT_EQ(read->path_length, 1);
  EXPECT_TRUE(read->has_key_usage && read->key_usage_critical);
  EXPECT_EQ(read->key_usage, 1U << 5 | 1U << 6) << "RFC 5280 section 4.2.1.3: keyCertSign and cRLSign";
  EXPECT_TRUE(read->has_authority_key_id && read->has_subject_key_id && read->has_crl_distribution_points);
  EXPECT_EQ(read->sgx_extension, (ByteVector{0x30, 0x00}));
  EXPECT_FALSE(read->unknown_critical_extension);
  EXPECT_TRUE(IsSignedBy(*read, P256PublicKey::FromRaw(OtherP256Key().P256Point()).value()));
  EXPECT_FALSE(IsSignedBy(*read, P256PublicKey::FromRaw(P256Key().P256Point()).value()));
}

TEST(IssueCertificate, ALeafHasCriticalBasicConstraintsThatGrantNothing) {
  const auto read = Issued(Leaf());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->has_basic_constraints && read->basic_constraints_critical);
  EXPECT_FALSE(read->is_ca || read->path_length);
  EXPECT_FALSE(read->has_crl_distribution_points || read->sgx_extension);
  EXPECT_EQ(read->key_usage, 1U << 0);
}

// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
TEST(IssueCertificate, WritesDatesInTheFormOfTheirYear) {
  for (const UnixTime time : {UnixTime{0}, UnixTime{1}, kEnd, kEnd + 1, UnixTime{253402300799}}) {
    CertificateSpec spec = Leaf();
    spec.not_before = 0;
    spec.not_after = time;
    const auto der = IssueCertificate(spec, P256Key(), {spec.subject, P256Key()});
    ASSERT_TRUE(der) << time;
    EXPECT_EQ(ParseCertificate(*der)->not_after, time);
    EXPECT_EQ(X509_get0_notAfter(Openssl(*der).get())->type, time <= kEnd ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME) << time;
  }
}

TEST(IssueCertificate, OpensslVerifiesChainsOfBothKindsOfKeys) {
  for (const PrivateKey& root_key : {OtherP256Key(), RsaKey()}) {
    for (const PrivateKey& leaf_key : {P256Key(), RsaKey()}) {
      const Issuer issuer{Ca().subject, root_key};
      CertificateSpec leaf = Leaf();
      leaf.server_auth = true;
      leaf.dns_names = {"localhost", "vidimus.example"};
      leaf.ip_addresses = {"127.0.0.1", "::1"};
      const auto root_der = IssueCertificate(Ca(), root_key, issuer);
      const auto leaf_der = IssueCertificate(leaf, leaf_key, issuer);
      ASSERT_TRUE(root_der && leaf_der);
      EXPECT_EQ(OpensslVerdict(*leaf_der, *root_der, kStart + 1), X509_V_OK);
      EXPECT_EQ(OpensslVerdict(*leaf_der, *root_der, kEnd + 1), X509_V_ERR_CERT_HAS_EXPIRED);
      const auto certificate = Openssl(*leaf_der);
      EXPECT_EQ(X509_check_host(certificate.get(), "vidimus.example", 0, 0, nullptr), 1);
      EXPECT_EQ(X509_check_host(certificate.get(), "other.example", 0, 0, nullptr), 0);
      EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
      EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
      EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.2", 0), 0);
    }
  }
}

TEST(IssueCertificate, AnotherKeyOfTheSameNameDoesNotVerify) {
  const auto root = IssueCertificate(Ca(), RsaKey(), {Ca().subject, RsaKey()});
  const auto leaf = IssueCertificate(Leaf(), P256Key(), {Ca().subject, OtherP256Key()});
  EXPECT_NE(OpensslVerdict(*leaf, *root, kStart + 1), X509_V_OK);
}

TEST(IssueCertificate, AnRsaSubjectsKeyChecksItsSignatures) {
  const auto der = IssueCertificate(Leaf(), RsaKey(), {Ca().subject, P256Key()});
  ASSERT_TRUE(der);
  const auto key = RsaPublicKey::FromCertificate(*der);
  ASSERT_TRUE(key);
  const ByteVector message = {1, 2, 3};
  EXPECT_TRUE(key->Verify(message, RsaKey().Sign(message).value()));
}

TEST(IssueCertificate, RefusesWhatACertificateCannotSay) {
  const auto refused = [](const std::function<void(CertificateSpec&)>& spoil) {
    CertificateSpec spec = Leaf();
    spoil(spec);
    const auto out = IssueCertificate(spec, P256Key(), {Ca().subject, P256Key()});
    return out ? "" : std::string(out.error().where);
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_EQ(refused([](auto& s) { s.serial = {}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.serial = {0}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.serial = ByteVector(20, 0x7f); }), "") << "RFC 5280 section 4.1.2.2: up to 20 octets";
  EXPECT_EQ(refused([](auto& s) { s.serial = ByteVector(21, 1); }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.not_before = -1; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.not_after = 253402300800; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.subject = {{"NoSuchAttribute", "x"}}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.key_usage = "everything"; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.dns_names = {"a b"}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.dns_names = {std::string("a\0b", 3)}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.ip_addresses = {"127.0.0.256"}; }), "crypto.issue");
  EXPECT_EQ(refused([](auto& s) { s.custom = {{"not.an.oid", {}}}; }), "crypto.issue");
}

TEST(IssueCrl, IsReadBackByOurOwnParserAndVerifiedByOpenssl) {
  CrlSpec spec;
  spec.this_update = kStart;
  spec.next_update = kEnd + 1;
  spec.number = 300;
  spec.revoked_serials = {{0x80, 0x01}, {0x05}, {0x00, 0x06}};
  const auto der = IssueCrl(spec, {Ca().subject, P256Key()});
  ASSERT_TRUE(der) << der.error().detail;
  const auto read = ParseCrl(*der);
  ASSERT_TRUE(read) << read.error().where;
  EXPECT_EQ(read->issuer_common_name, "A root");
  EXPECT_EQ(read->this_update, kStart);
  EXPECT_EQ(read->next_update, kEnd + 1);
  EXPECT_EQ(read->number, (ByteVector{0x01, 0x2c}));
  EXPECT_TRUE(read->has_number && read->has_authority_key_id);
  EXPECT_FALSE(read->unknown_critical_extension);
  EXPECT_EQ(read->size(), 3U);
  for (const ByteVector& serial : spec.revoked_serials) EXPECT_TRUE(read->IsRevoked(serial));
  EXPECT_FALSE(read->IsRevoked(ByteVector{0x80}));
  EXPECT_TRUE(IsSignedBy(*read, P256PublicKey::FromRaw(P256Key().P256Point()).value()));
  EXPECT_FALSE(IsSignedBy(*read, P256PublicKey::FromRaw(OtherP256Key().P256Point()).value()));

  for (const PrivateKey& key : {P256Key(), RsaKey()}) {
    const ByteVector again = IssueCrl(spec, {Ca().subject, key}).value();
    const unsigned char* at = again.data();
    const std::unique_ptr<X509_CRL, Free> crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(again.size())));
    EXPECT_EQ(X509_CRL_verify(crl.get(), key.handle()), 1);
  }
}

TEST(IssueCrl, MayRevokeNothingAndRefusesASerialThatIsNone) {
  CrlSpec spec;
  spec.next_update = 1;
  const auto der = IssueCrl(spec, {Ca().subject, P256Key()});
  ASSERT_TRUE(der);
  EXPECT_EQ(ParseCrl(*der)->size(), 0U);
  spec.revoked_serials = {{}};
  EXPECT_EQ(IssueCrl(spec, {Ca().subject, P256Key()}).error().where, "crypto.issue");
}

}  // namespace
}  // namespace vidimus
