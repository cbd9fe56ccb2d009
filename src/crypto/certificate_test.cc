// Certificates, compared with OpenSSL over every recorded one: ours may refuse more, and never reads anything else.
#include "crypto/certificate.h"

#include <set>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/support/der.h"
#include "tests/support/openssl_x509.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using testing::Der;
using testing::Join;
using namespace testing;  // OpenSSL's reading

constexpr char kQuote[] = "sgx-v3-00606a000000-oasis.bin";

bool Critical(const X509* certificate, int nid) {
  const int at = X509_get_ext_by_NID(certificate, nid, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1;
}

bool Has(const X509* certificate, int nid) { return X509_get_ext_by_NID(certificate, nid, -1) >= 0; }

// The key usage as Certificate::key_usage counts it.
uint16_t KeyUsage(const X509* certificate) {
  auto* bits = static_cast<ASN1_BIT_STRING*>(X509_get_ext_d2i(certificate, NID_key_usage, nullptr, nullptr));
  uint16_t out = 0;
  for (int bit = 0; bits != nullptr && bit < 16; ++bit)
    if (ASN1_BIT_STRING_get_bit(bits, bit) == 1) out = static_cast<uint16_t>(out | 1U << bit);
  ASN1_BIT_STRING_free(bits);
  return out;
}

std::optional<ByteVector> SgxExtension(const X509* certificate) {
  ASN1_OBJECT* oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
  const int at = X509_get_ext_by_OBJ(certificate, oid, -1);
  ASN1_OBJECT_free(oid);
  if (at < 0) return std::nullopt;
  return OctetsOf(X509_EXTENSION_get_data(X509_get_ext(certificate, at)));
}

// The name of the first thing read otherwise than by OpenSSL; empty when all agrees.
std::string ExtensionDisagreement(const Certificate& ours, const X509* theirs) {
  if (ours.has_authority_key_id != Has(theirs, NID_authority_key_identifier)) return "authority key id";
  if (ours.has_subject_key_id != Has(theirs, NID_subject_key_identifier)) return "subject key id";
  if (ours.has_crl_distribution_points != Has(theirs, NID_crl_distribution_points)) return "CRL distribution points";
  if (ours.has_key_usage != Has(theirs, NID_key_usage) || ours.key_usage_critical != Critical(theirs, NID_key_usage)) return "key usage";
  if (ours.key_usage != KeyUsage(theirs)) return "key usage bits";
  if (ours.has_basic_constraints != Has(theirs, NID_basic_constraints)) return "basic constraints";
  if (ours.basic_constraints_critical != Critical(theirs, NID_basic_constraints)) return "basic constraints' critical flag";
  auto* constraints = static_cast<BASIC_CONSTRAINTS*>(X509_get_ext_d2i(theirs, NID_basic_constraints, nullptr, nullptr));
  if (ours.has_basic_constraints && constraints == nullptr) return "basic constraints that OpenSSL cannot read";
  const bool ca = constraints != nullptr && constraints->ca != 0;
  std::optional<int> length;
  if (constraints != nullptr && constraints->pathlen != nullptr) length = static_cast<int>(ASN1_INTEGER_get(constraints->pathlen));
  BASIC_CONSTRAINTS_free(constraints);
  if (ours.is_ca != ca || ours.path_length != length) return "basic constraints' content";
  return ours.sgx_extension == SgxExtension(theirs) ? "" : "SGX extension";
}

std::string Disagreement(const Certificate& ours, const X509* theirs) {
  if (theirs == nullptr) return "OpenSSL refuses it";
  if (X509_get_version(theirs) != X509_VERSION_3) return "version";
  const ASN1_INTEGER* serial = X509_get0_serialNumber(theirs);
  if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER || ours.serial != NumberOf(serial)) return "serial";
  if (ours.subject_common_name != CommonNameOf(X509_get_subject_name(theirs))) return "subject common name";
  if (ours.issuer_common_name != CommonNameOf(X509_get_issuer_name(theirs))) return "issuer common name";
  if (ours.subject != DerOf(X509_get_subject_name(theirs)) || ours.issuer != DerOf(X509_get_issuer_name(theirs))) return "name";
  if (ours.not_before != TimeOf(X509_get0_notBefore(theirs))) return "not before";
  if (ours.not_after != TimeOf(X509_get0_notAfter(theirs))) return "not after";
  const ByteVector point = OctetsOf(X509_get0_pubkey_bitstr(theirs));
  if (point.size() != 65 || !Equal(ours.public_key, Bytes(point).subspan(1))) return "public key";
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, theirs);
  if (OBJ_obj2nid(algorithm->algorithm) != NID_ecdsa_with_SHA256) return "signature algorithm";
  if (!Equal(ours.signature, RawSignatureOf(signature))) return "signature";
  return ExtensionDisagreement(ours, theirs);
}

P256PublicKey KeyOf(const Certificate& certificate) { return P256PublicKey::FromRaw(certificate.public_key).value(); }

TEST(Certificate, EveryRecordedOneReadsAsOpenSslReadsIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto vectors = ReadX509Vectors();
  int signed_ones = 0;
  std::vector<std::pair<Certificate, OpenSslCertificate>> all;
  for (const ByteVector& der : vectors.certificates) {
    auto theirs = ReadOpenSslCertificate(der);
    auto ours = ParseCertificate(der);
    ASSERT_TRUE(ours) << ours.error().where << " " << ours.error().detail;
    EXPECT_EQ(Disagreement(*ours, theirs.get()), "") << ours->subject_common_name;
    EXPECT_FALSE(ours->unknown_critical_extension);
    all.emplace_back(*std::move(ours), std::move(theirs));
  }
  // Who signed whom, judged by both; keys repeat among the synthetic certificates, so each is tried once.
  std::set<ByteVector> tried;
  for (const auto& issuer : all) {
    if (!issuer.first.is_ca || !tried.insert({issuer.first.public_key.begin(), issuer.first.public_key.end()}).second) continue;
    for (const auto& subject : all) {
      const bool ours = IsSignedBy(subject.first, KeyOf(issuer.first));
      EXPECT_EQ(ours, X509_verify(subject.second.get(), X509_get0_pubkey(issuer.second.get())) == 1) << subject.first.subject_common_name;
      signed_ones += ours ? 1 : 0;
    }
  }
  EXPECT_GE(all.size(), 40U);
  EXPECT_GE(signed_ones, 35);
}

TEST(Certificate, NoPrefixIsAcceptedAndNothingMayFollow) {
  VIDIMUS_REQUIRE_VECTORS();
  for (const ByteVector& der : ReadQuoteChain(kQuote)) {
    for (size_t size = 0; size < der.size(); ++size) ASSERT_FALSE(ParseCertificate(Bytes(der).first(size))) << size;
    EXPECT_EQ(ParseCertificate(Join({der, {0}})).error().where, "x509.certificate.trailing");
  }
}

TEST(Certificate, NoFlippedBitVerifiesAndWhatStillParsesReadsAsOpenSslReadsIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto chain = ReadQuoteChain(kQuote);
  ASSERT_EQ(chain.size(), 3U);
  for (size_t i = 0; i < chain.size(); ++i) {
    const P256PublicKey issuer = KeyOf(ParseCertificate(chain[std::min<size_t>(i + 1, 2)]).value());
    ASSERT_TRUE(IsSignedBy(ParseCertificate(chain[i]).value(), issuer));
    size_t parsed = 0;
    const size_t step = i == 0 ? 1 : 5;  // every bit of the leaf, a sample of those above it
    for (size_t bit = 0; bit < chain[i].size() * 8; bit += step) {
      ByteVector der = chain[i];
      der[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
      const auto ours = ParseCertificate(der);
      if (!ours) continue;
      ++parsed;
      ASSERT_FALSE(IsSignedBy(*ours, issuer)) << bit;
      ASSERT_EQ(Disagreement(*ours, ReadOpenSslCertificate(der).get()), "")
          << "certificate " << i << " octet " << bit / 8 << " bit " << bit % 8;
    }
    EXPECT_GT(parsed, 200U);
  }
}

// A certificate built here, so that one field at a time can be spoiled.
struct Parts {
  ByteVector version = Der(0xa0, Der(0x02, ByteVector{2}));
  ByteVector serial = Der(0x02, ByteVector{7});
  ByteVector algorithm = Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"));
  ByteVector name = Der(0x30, Der(0x31, Der(0x30, Join({Der(0x06, "\x55\x04\x03"), Der(0x0c, "A")}))));
  ByteVector validity = Der(0x30, Join({Der(0x17, "240101000000Z"), Der(0x17, "250101000000Z")}));
  ByteVector key_algorithm = Der(0x30, Join({Der(0x06, "\x2a\x86\x48\xce\x3d\x02\x01"), Der(0x06, "\x2a\x86\x48\xce\x3d\x03\x01\x07")}));
  ByteVector point = Join({{0, 4}, ByteVector(64, 1)});
  ByteVector extensions;  // content of the SEQUENCE OF
  ByteVector signature = Join({{0}, Der(0x30, Join({Der(0x02, ByteVector{1}), Der(0x02, ByteVector{2})}))});
};

ByteVector Build(const Parts& parts) {
  const ByteVector key = Der(0x30, Join({parts.key_algorithm, Der(0x03, parts.point)}));
  const ByteVector tbs = Der(0x30, Join({parts.version, parts.serial, parts.algorithm, parts.name, parts.validity, parts.name, key,
                                         Der(0xa3, Der(0x30, parts.extensions))}));
  return Der(0x30, Join({tbs, parts.algorithm, Der(0x03, parts.signature)}));
}

ByteVector Extension(std::string_view oid, const ByteVector& value, bool critical = false) {
  return Der(0x30, Join({Der(0x06, oid), critical ? ByteVector{1, 1, 0xff} : ByteVector(), Der(0x04, value)}));
}

std::string_view Refusal(const ByteVector& der) {
  const auto certificate = ParseCertificate(der);
  return certificate ? "accepted" : certificate.error().where;
}

std::string_view Refusal(const Parts& parts) { return Refusal(Build(parts)); }

TEST(Certificate, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  const auto of_size = [](size_t size) {
    Parts parts;
    parts.extensions = Extension("\x2a\x03", ByteVector(size, 0));
    return Build(parts);
  };
  const size_t fill = limits::kCertificateBytes - (of_size(10'000).size() - 10'000);
  ASSERT_EQ(of_size(fill).size(), limits::kCertificateBytes);
  EXPECT_EQ(Refusal(of_size(fill)), "accepted");
  EXPECT_EQ(Refusal(of_size(fill + 1)), "x509.certificate.size");
}

TEST(Certificate, EveryFieldMustBeOfTheOneKindThatIsRead) {
  ASSERT_EQ(Refusal(Parts{}), "accepted");
  Parts parts;
  parts.version = Der(0xa0, Der(0x02, ByteVector{1}));
  EXPECT_EQ(Refusal(parts), "x509.certificate.version");
  parts = {};
  parts.version = {};
  EXPECT_EQ(Refusal(parts), "der.tag");
  parts = {};
  parts.serial = Der(0x02, ByteVector{0xff});
  EXPECT_EQ(Refusal(parts), "der.integer");
  parts = {};
  parts.algorithm = Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x03"));
  EXPECT_EQ(Refusal(parts), "x509.signature_algorithm");
  parts = {};
  parts.algorithm = Der(0x30, Join({Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"), Der(0x05, "")}));
  EXPECT_EQ(Refusal(parts), "x509.signature_algorithm") << "RFC 5758 section 3.2: parameters are absent";
  parts = {};
  parts.validity = Der(0x30, Join({Der(0x17, "240101000000Z"), Der(0x17, "250101000000Z"), Der(0x05, "")}));
  EXPECT_EQ(Refusal(parts), "x509.certificate.validity");
  parts = {};
  parts.key_algorithm = Der(0x30, Join({Der(0x06, "\x2a\x86\x48\xce\x3d\x02\x01"), Der(0x06, "\x2b\x81\x04\x00\x22")}));
  EXPECT_EQ(Refusal(parts), "x509.certificate.public_key");
  parts = {};
  parts.point[1] = 2;
  EXPECT_EQ(Refusal(parts), "x509.certificate.public_key") << "compressed";
}

TEST(Certificate, SignaturesAreWholeOctetsAndTwoShortestNumbers) {
  const auto with = [](const ByteVector& r, const ByteVector& s) {
    Parts parts;
    parts.signature = Join({{0}, Der(0x30, Join({Der(0x02, r), Der(0x02, s)}))});
    return Refusal(parts);
  };
  EXPECT_EQ(with({1}, {2}), "accepted");
  EXPECT_EQ(with(ByteVector(32, 0x7f), Join({{0}, ByteVector(32, 0xff)})), "accepted");
  EXPECT_EQ(with(ByteVector(33, 0x7f), {1}), "x509.structure");
  EXPECT_EQ(with({0, 1}, {1}), "der.integer");
  EXPECT_EQ(with({0xff}, {1}), "der.integer");
  Parts parts;
  parts.signature[0] = 1;
  EXPECT_EQ(Refusal(parts), "x509.structure") << "unused bits";
  parts = {};
  parts.signature = Join({parts.signature, {5, 0}});
  EXPECT_EQ(Refusal(parts), "x509.structure");
}

// RFC 5280 section 4.1.2.4, X.690 section 8.19
TEST(Certificate, NamesAreReadWholeAndInTheirOwnStringTypes) {
  const auto name = [](std::string_view oid, uint8_t tag, std::string_view text) {
    Parts parts;
    const ByteVector common = Der(0x31, Der(0x30, Join({Der(0x06, "\x55\x04\x03"), Der(0x0c, "A")})));
    parts.name = Der(0x30, Join({common, Der(0x31, Der(0x30, Join({Der(0x06, oid), Der(tag, text)})))}));
    return Refusal(parts);
  };
  const std::string_view organization("\x55\x04\x0a");
  for (const std::string_view text : {"", "A", "\xc3\xa9", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(name(organization, 0x0c, text), "accepted");
  for (const std::string_view text :
       {"\x80", "\xc3", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3\x28"})
    EXPECT_EQ(name(organization, 0x0c, text), "x509.structure");
  EXPECT_EQ(name(organization, 0x13, "A"), "accepted");
  EXPECT_EQ(name(organization, 0x13, "\xc3\xa9"), "x509.structure");
  EXPECT_EQ(name(organization, 0x16, "A"), "accepted");
  for (const int tag : {0x04, 0x12, 0x2c, 0x30, 0x80})
    EXPECT_EQ(name(organization, static_cast<uint8_t>(tag), "A"), "x509.structure") << tag;
  for (const std::string_view oid : {"", "\x80\x04\x0a", "\x55\x04\x8a", "\x55\x80\x0a"}) EXPECT_EQ(name(oid, 0x0c, "A"), "x509.structure");
  Parts parts;
  parts.name = Der(0x30, Der(0x31, ""));
  EXPECT_EQ(Refusal(parts), "x509.structure");
}

// RFC 5280 section 4.2
TEST(Certificate, AnExtensionOccursOnce) {
  Parts parts;
  parts.extensions = Extension("\x2a\x03", {});
  EXPECT_EQ(Refusal(parts), "accepted");
  parts.extensions = Join({parts.extensions, parts.extensions});
  EXPECT_EQ(Refusal(parts), "x509.structure");
}

TEST(Certificate, AnUnknownCriticalExtensionIsNoted) {
  Parts parts;
  parts.extensions = Extension("\x2a\x03", {}, true);
  EXPECT_TRUE(ParseCertificate(Build(parts)).value().unknown_critical_extension);
  parts.extensions = Extension("\x2a\x03", {}, false);
  EXPECT_FALSE(ParseCertificate(Build(parts)).value().unknown_critical_extension);
}

TEST(Certificate, KeyUsageAndBasicConstraintsMustBeWellFormed) {
  const auto with = [](std::string_view oid, const ByteVector& value) {
    Parts parts;
    parts.extensions = Extension(oid, value, true);
    return Refusal(parts);
  };
  const std::string_view usage("\x55\x1d\x0f");
  const std::string_view constraints("\x55\x1d\x13");
  EXPECT_EQ(with(usage, {3, 2, 1, 6}), "accepted");
  EXPECT_EQ(with(usage, {3, 2, 8, 6}), "x509.certificate.key_usage");
  EXPECT_EQ(with(usage, {3, 2, 2, 6}), "x509.certificate.key_usage") << "X.690 section 11.2.1: unused bits are zero";
  EXPECT_EQ(with(usage, {3, 1, 0}), "x509.certificate.key_usage");
  EXPECT_EQ(with(usage, {3, 4, 0, 1, 1, 1}), "x509.certificate.key_usage");
  EXPECT_EQ(with(usage, {3, 2, 1, 6, 0}), "x509.certificate.key_usage");
  EXPECT_EQ(with(constraints, {0x30, 0}), "accepted");
  EXPECT_EQ(with(constraints, {0x30, 6, 1, 1, 0xff, 2, 1, 0}), "accepted");
  EXPECT_EQ(with(constraints, {0x30, 3, 1, 1, 1}), "x509.certificate.basic_constraints");
  EXPECT_EQ(with(constraints, {0x30, 7, 1, 1, 0xff, 2, 2, 1, 0}), "x509.certificate.basic_constraints");
  EXPECT_EQ(with(constraints, {0x30, 8, 1, 1, 0xff, 2, 1, 0, 5, 0}), "x509.certificate.basic_constraints");
}

}  // namespace
}  // namespace vidimus
