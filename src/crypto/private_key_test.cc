#include "crypto/private_key.h"

#include <gtest/gtest.h>

#include "crypto/p256.h"
#include "crypto/rsa.h"

namespace vidimus {
namespace {

const PrivateKey& Rsa() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

TEST(PrivateKey, SignsWithRsaSoThatThePublicNumbersVerify) {
  const ByteVector signature = *Rsa().Sign(AsBytes("message"));
  const auto key = RsaPublicKey::FromNumbers(Rsa().RsaModulus(), Rsa().RsaExponent());
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_TRUE(key->Verify(AsBytes("message"), signature));
  EXPECT_FALSE(key->Verify(AsBytes("massage"), signature));
  for (size_t i = 0; i < signature.size(); ++i) {
    ByteVector spoiled = signature;
    spoiled[i] ^= 1;
    EXPECT_FALSE(key->Verify(AsBytes("message"), spoiled)) << i;
    EXPECT_FALSE(key->Verify(AsBytes("message"), Bytes(signature).first(i))) << i;
  }
}

TEST(PrivateKey, SignsWithP256AsRawNumbers) {
  const PrivateKey key = *PrivateKey::GenerateP256();
  const auto public_key = P256PublicKey::FromRaw(key.P256Point());
  ASSERT_TRUE(public_key);
  for (int i = 0; i < 64; ++i) {  // enough for numbers that are shorter than 32 bytes
    const ByteVector signature = *key.Sign(AsBytes("message"));
    ASSERT_EQ(signature.size(), 64U);
    EXPECT_TRUE(public_key->Verify(AsBytes("message"), signature));
  }
}

TEST(PrivateKey, SurvivesAFile) {
  for (const PrivateKey& key : {Rsa(), *PrivateKey::GenerateP256()}) {
    const auto again = PrivateKey::FromPem(key.ToPem());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->PublicKeyDer(), key.PublicKeyDer());
    EXPECT_EQ(again->kind(), key.kind());
  }
}

TEST(PrivateKey, RefusesRsaKeysOutsideItsBounds) {
  EXPECT_EQ(PrivateKey::GenerateRsa(2047).error().where, "crypto.private_key.generate");
  EXPECT_EQ(PrivateKey::GenerateRsa(4097).error().where, "crypto.private_key.generate");
  EXPECT_EQ(RsaPublicKey::FromNumbers(ByteVector(513, 0xff), ByteVector{3}).error().where, "crypto.rsa.key");
  EXPECT_EQ(RsaPublicKey::FromNumbers(ByteVector(128, 0xff), ByteVector{3}).error().where, "crypto.rsa.key");
}

TEST(PrivateKey, RefusesWhatIsNoKey) {
  EXPECT_EQ(PrivateKey::FromPem("").error().where, "crypto.private_key.pem");
  EXPECT_EQ(PrivateKey::FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").error().where, "crypto.private_key.pem");
  EXPECT_EQ(RsaPublicKey::FromCertificate(AsBytes("no certificate")).error().where, "crypto.rsa.key");
}

}  // namespace
}  // namespace vidimus
