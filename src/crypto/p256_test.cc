#include "crypto/p256.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

constexpr std::string_view kOrder = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr std::string_view kPrime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
// The base point (FIPS 186-5, SP 800-186 section 3.2.1.3).
constexpr std::string_view kBase =
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
// RFC 6979 appendix A.2.5, SHA-256, message "sample".
constexpr std::string_view kKey =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view kR = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
constexpr std::string_view kS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

ByteVector Hex(std::string_view text) { return HexDecode(text).value(); }
ByteVector Hex(std::string_view first, std::string_view second) { return Hex(std::string(first) + std::string(second)); }

// n - s, the other valid half of every ECDSA signature.
std::string Negated(std::string_view s) {
  BIGNUM* n = nullptr;
  BIGNUM* value = nullptr;
  BN_hex2bn(&n, std::string(kOrder).c_str());
  BN_hex2bn(&value, std::string(s).c_str());
  BN_sub(n, n, value);
  ByteVector out(32);
  BN_bn2binpad(n, out.data(), 32);
  BN_free(n);
  BN_free(value);
  return HexEncode(out);
}

bool Verifies(const ByteVector& signature) { return P256PublicKey::FromRaw(Hex(kKey)).value().Verify(AsBytes("sample"), signature); }

TEST(P256, VerifiesThePublishedSignature) {
  EXPECT_TRUE(Verifies(Hex(kR, kS)));
  const auto key = P256PublicKey::FromRaw(Hex(kKey)).value();
  EXPECT_TRUE(key.VerifyDigest(Sha256(AsBytes("sample")), Hex(kR, kS)));
  EXPECT_FALSE(key.Verify(AsBytes("samplf"), Hex(kR, kS)));
  EXPECT_FALSE(P256PublicKey::FromRaw(Hex(kBase)).value().Verify(AsBytes("sample"), Hex(kR, kS)));
}

TEST(P256, NoFlippedBitOfASignatureVerifies) {
  for (size_t bit = 0; bit < 512; ++bit) {
    ByteVector signature = Hex(kR, kS);
    signature[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    EXPECT_FALSE(Verifies(signature)) << bit;
  }
}

// intel-dcap section 2: verifiers must not require the low half.
TEST(P256, BothHalvesOfSAreLegal) {
  const std::string other = Negated(kS);
  ASSERT_NE(other, kS);
  EXPECT_TRUE(Verifies(Hex(kR, other)));
}

// FIPS 186-5 section 6.4.2 step 1: r and s lie in [1, n-1].
TEST(P256, ZeroAndTheOrderAndMoreAreOutOfRange) {
  const std::string zero(64, '0');
  const std::string most(64, 'f');
  const std::string order(kOrder);
  std::string above = order;
  above.back() = '2';
  for (const std::string& bad : {zero, order, above, most}) {
    EXPECT_FALSE(Verifies(Hex(bad, kS))) << bad;
    EXPECT_FALSE(Verifies(Hex(kR, bad))) << bad;
    EXPECT_FALSE(Verifies(Hex(bad, bad))) << bad;
  }
  std::string below = order;
  below.back() = '0';
  EXPECT_FALSE(Verifies(Hex(below, below))) << "in range, and simply wrong";
}

TEST(P256, SignaturesOfOtherLengthsAreRefused) {
  const ByteVector good = Hex(kR, kS);
  for (size_t size = 0; size < 64; ++size) EXPECT_FALSE(Verifies({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}));
  ByteVector longer = good;
  longer.push_back(0);
  EXPECT_FALSE(Verifies(longer));
}

TEST(P256, KeysAreEqualByTheirPoint) {
  const auto key = P256PublicKey::FromRaw(Hex(kKey)).value();
  EXPECT_TRUE(key == P256PublicKey::FromRaw(Hex(kKey)).value());
  EXPECT_FALSE(key == P256PublicKey::FromRaw(Hex(kBase)).value());
  EXPECT_TRUE(Equal(key.raw(), Hex(kKey)));
}

std::string_view Refusal(const ByteVector& point) {
  const auto key = P256PublicKey::FromRaw(point);
  return key ? "accepted" : key.error().where;
}

TEST(P256, APointOffTheCurveIsRefused) {
  EXPECT_EQ(Refusal(Hex(kBase)), "accepted");
  for (size_t bit = 0; bit < 512; ++bit) {
    ByteVector point = Hex(kBase);
    point[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    EXPECT_EQ(Refusal(point), "crypto.p256.point") << bit;
  }
  EXPECT_EQ(Refusal(ByteVector(64, 0)), "crypto.p256.point");
  EXPECT_EQ(Refusal(ByteVector(64, 0xff)), "crypto.p256.point");
}

// SEC 1 section 2.3.4: coordinates are less than p. With x = p + 5 the equation holds, for x = 5 is on the curve.
TEST(P256, ACoordinateNotReducedIsRefused) {
  const std::string x(64 - 1, '0');
  const std::string y = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
  EXPECT_EQ(Refusal(Hex(x + "5", y)), "accepted");
  EXPECT_EQ(Refusal(Hex("ffffffff00000001000000000000000000000001000000000000000000000004", y)), "crypto.p256.point");
  EXPECT_EQ(Refusal(Hex(kPrime, kPrime)), "crypto.p256.point");
}

TEST(P256, PointsOfOtherLengthsAreRefused) {
  const ByteVector good = Hex(kBase);
  for (size_t size = 0; size < 64; ++size)
    EXPECT_EQ(Refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "crypto.p256.point");
  ByteVector encoded = good;
  encoded.insert(encoded.begin(), 4);
  EXPECT_EQ(Refusal(encoded), "crypto.p256.point") << "the X9.62 form with its leading octet";
}

TEST(P256, VerifiesTheSelfSignatureOfTheRecordedRoot) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto root = ParseCertificate(testing::ReadVector("intel/collateral/chains/intel_sgx_root_ca.der")).value();
  const auto key = P256PublicKey::FromRaw(root.public_key).value();
  EXPECT_TRUE(key.Verify(root.tbs(), root.signature));
  EXPECT_FALSE(key.Verify(root.der, root.signature));
}

}  // namespace
}  // namespace vidimus
