// Certificates of policy signers: which are taken, what they verify, whom they may issue (RFC 5280).
#include "crypto/signer_certificate.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "crypto/issue.h"

namespace vidimus {
namespace {

constexpr UnixTime kFrom = 1'700'000'000, kUntil = 1'800'000'000;
const std::string kText = "what is signed";

const PrivateKey& RsaKey() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}
const PrivateKey& EcKey() {
  static const PrivateKey key = *PrivateKey::GenerateP256();
  return key;
}

CertificateSpec Spec(const std::string& name) {
  CertificateSpec out;
  out.subject = {{"CN", name}};
  out.serial = {1};
  out.not_before = kFrom;
  out.not_after = kUntil;
  return out;
}
CertificateSpec Authority(const std::string& name) {
  CertificateSpec out = Spec(name);
  out.is_ca = true;
  out.key_usage = "keyCertSign, cRLSign";
  return out;
}
ByteVector Der(const CertificateSpec& spec, const PrivateKey& key, const std::optional<Issuer>& issuer = std::nullopt) {
  return *IssueCertificate(spec, key, issuer ? *issuer : Issuer{spec.subject, key});
}
SignerCertificate Made(const CertificateSpec& spec, const PrivateKey& key, const std::optional<Issuer>& issuer = std::nullopt) {
  return *SignerCertificate::FromDer(Der(spec, key, issuer));
}
std::string Where(const ByteVector& der) {
  const auto read = SignerCertificate::FromDer(der);
  return read ? "" : std::string(read.error().where);
}

TEST(SignerCertificate, IsReadWholeAndNothingAfterIt) {
  const ByteVector der = Der(Spec("signer"), EcKey());
  const auto read = SignerCertificate::FromDer(der);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->der(), der);
  EXPECT_EQ(read->subject(), "CN=signer");
  EXPECT_EQ(read->thumbprint().size(), 40U);
  EXPECT_FALSE(read->is_rsa());
  for (size_t size = 0; size < der.size(); ++size)
    EXPECT_EQ(Where(ByteVector(der.begin(), der.begin() + static_cast<ptrdiff_t>(size))), "crypto.signer_certificate") << size;
  ByteVector longer = der;
  longer.push_back(0);
  EXPECT_EQ(Where(longer), "crypto.signer_certificate");
}

TEST(SignerCertificate, IsOfSoManyBytesAndNoMore) {
  CertificateSpec spec = Spec("signer");
  const auto sized = [&](size_t padding) {
    spec.custom = {{"1.3.6.1.4.1.99999.1", ByteVector(padding, 0)}};
    return Der(spec, RsaKey());
  };
  const size_t frame = sized(limits::kCertificateBytes - 2000).size() - (limits::kCertificateBytes - 2000);
  EXPECT_EQ(sized(limits::kCertificateBytes - frame).size(), limits::kCertificateBytes);
  EXPECT_EQ(Where(sized(limits::kCertificateBytes - frame)), "");
  EXPECT_EQ(Where(sized(limits::kCertificateBytes - frame + 1)), "crypto.signer_certificate");
}

TEST(SignerCertificate, ShowsItsSubjectOnOneLineOfAscii) {
  const std::string shown = Made(Spec("a\nb\x1b ä"), EcKey()).subject();
  for (const char c : shown) EXPECT_TRUE(c >= ' ' && c <= '~') << shown;
}

TEST(SignerCertificate, VerifiesWhatItsKeySignedAndNoFlippedBitOfIt) {
  for (const PrivateKey* key : {&RsaKey(), &EcKey()}) {
    const SignerCertificate certificate = Made(Spec("signer"), *key);
    const ByteVector signature = *key->Sign(AsBytes(kText));
    EXPECT_TRUE(certificate.Verifies(AsBytes(kText), signature));
    EXPECT_FALSE(certificate.Verifies(AsBytes(kText + "."), signature));
    EXPECT_FALSE(certificate.Verifies(AsBytes(kText), {}));
    EXPECT_FALSE(certificate.Verifies(AsBytes(kText), ByteVector(signature.size(), 0)));  // r = s = 0: CVE-2022-21449
    for (size_t bit = 0; bit < signature.size() * 8; bit += 7) {
      ByteVector spoiled = signature;
      spoiled[bit / 8] = static_cast<uint8_t>(spoiled[bit / 8] ^ (1U << (bit % 8)));
      EXPECT_FALSE(certificate.Verifies(AsBytes(kText), spoiled)) << bit;
    }
    EXPECT_FALSE(Made(Spec("signer"), *PrivateKey::GenerateP256()).Verifies(AsBytes(kText), signature));
  }
}

TEST(SignerCertificate, HoldsBetweenItsDates) {
  const SignerCertificate certificate = Made(Spec("signer"), EcKey());
  EXPECT_FALSE(certificate.HoldsAt(kFrom - 1));
  EXPECT_TRUE(certificate.HoldsAt(kFrom + 1));
  EXPECT_TRUE(certificate.HoldsAt(kUntil - 1));
  EXPECT_FALSE(certificate.HoldsAt(kUntil + 1));
}

TEST(SignerCertificate, MayIssueAsACaThatMaySignCertificates) {
  EXPECT_TRUE(Made(Authority("ca"), EcKey()).may_issue());
  EXPECT_FALSE(Made(Spec("leaf"), EcKey()).may_issue());
  CertificateSpec spec = Authority("ca");
  spec.key_usage = "digitalSignature";
  EXPECT_FALSE(Made(spec, EcKey()).may_issue());
  spec.key_usage.clear();
  EXPECT_TRUE(Made(spec, EcKey()).may_issue());
  EXPECT_EQ(Made(spec, EcKey()).path_length(), std::nullopt);
  spec.path_length = 0;
  EXPECT_EQ(Made(spec, EcKey()).path_length(), 0U);
}

TEST(SignerCertificate, IsIssuedByWhoseNameAndKeyItNames) {
  const CertificateSpec authority = Authority("ca");
  const SignerCertificate ca = Made(authority, RsaKey());
  const Issuer issuer{authority.subject, RsaKey()};
  const SignerCertificate leaf = Made(Spec("leaf"), EcKey(), issuer);
  EXPECT_TRUE(leaf.IsIssuedBy(ca));
  EXPECT_TRUE(ca.IsIssuedBy(ca));
  EXPECT_FALSE(ca.IsIssuedBy(leaf));
  EXPECT_FALSE(leaf.IsIssuedBy(Made(Authority("other"), RsaKey())));            // another name, the same key
  EXPECT_FALSE(leaf.IsIssuedBy(Made(authority, *PrivateKey::GenerateP256())));  // the same name, another key
  EXPECT_FALSE(leaf.IsIssuedBy(Made(Spec("ca"), RsaKey())));                    // no CA
  EXPECT_FALSE(Made(Spec("leaf"), EcKey()).IsIssuedBy(ca));                     // by itself
}

// What nothing here would keep to refuses the chain (RFC 5280 sections 4.2 and 4.2.1.10); a signer's own key still signs.
TEST(SignerCertificate, IssuesNothingUnderConstraintsThatAreNotChecked) {
  // nameConstraints: permittedSubtrees of the directory name CN=x
  const CustomExtension names{
      "2.5.29.30",
      {0x30, 0x14, 0xa0, 0x12, 0x30, 0x10, 0xa4, 0x0e, 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x01, 'x'},
      true};
  const CustomExtension unknown{"1.3.6.1.4.1.99999.1", {0x05, 0x00}, true};
  for (const CustomExtension& extension : {names, unknown}) {
    CertificateSpec constrained = Authority("ca");
    constrained.custom = {extension};
    const SignerCertificate ca = Made(constrained, RsaKey());
    EXPECT_FALSE(ca.may_issue());
    EXPECT_FALSE(Made(Spec("leaf"), EcKey(), Issuer{constrained.subject, RsaKey()}).IsIssuedBy(ca));
    EXPECT_TRUE(ca.Verifies(AsBytes(kText), *RsaKey().Sign(AsBytes(kText))));
  }
  const CertificateSpec authority = Authority("ca");
  const SignerCertificate ca = Made(authority, RsaKey());
  CertificateSpec leaf = Spec("leaf");
  leaf.custom = {unknown};
  EXPECT_FALSE(Made(leaf, EcKey(), Issuer{authority.subject, RsaKey()}).IsIssuedBy(ca));
  leaf.custom.front().critical = false;
  EXPECT_TRUE(Made(leaf, EcKey(), Issuer{authority.subject, RsaKey()}).IsIssuedBy(ca));
}

}  // namespace
}  // namespace vidimus
