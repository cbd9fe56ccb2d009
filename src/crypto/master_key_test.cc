#include "crypto/master_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/hex.h"

namespace vidimus {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr std::string_view kBase64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::string_view kSecret = "a private key";
constexpr std::string_view kContext = "signer";

MasterKey Key() { return *MasterKey::FromText(kHex); }

std::string_view Refusal(const Result<ByteVector>& result) { return result ? "accepted" : result.error().where; }

TEST(MasterKey, ReadsHexadecimalAndBase64WithWhiteSpaceAround) {
  for (const std::string_view text : {kHex, kBase64})
    for (const std::string_view before : {"", " ", "\n\t"})
      for (const std::string_view after : {"", "\n", " \r\n"}) {
        const auto key = MasterKey::FromText(std::string(before) + std::string(text) + std::string(after));
        ASSERT_TRUE(key) << key.error().detail;
        EXPECT_EQ(key->ToText(), kHex);
      }
  EXPECT_EQ(MasterKey::FromText("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")->ToText(), kHex);
}

TEST(MasterKey, RefusesOtherTextAndDoesNotQuoteIt) {
  std::vector<std::string> texts = {"", "\n", std::string(64, 'g'), std::string(44, '!')};
  for (const std::string_view good : {kHex, kBase64}) {
    for (size_t i = 0; i < good.size(); ++i) texts.emplace_back(good.substr(0, i));
    texts.push_back(std::string(good) + "0");
    texts.push_back(std::string(good) + std::string(good));
    std::string inside(good);
    inside[20] = ' ';
    texts.push_back(inside);
    texts.push_back(std::string(good.substr(0, 20)) + "\n" + std::string(good.substr(20)));
    texts.push_back("0x" + std::string(good));
  }
  texts.emplace_back("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=");  // stray bits
  texts.emplace_back("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==");  // 31 octets
  texts.emplace_back("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g");  // 33 octets
  texts.emplace_back("-_ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");  // base64url
  for (const std::string& text : texts) {
    const auto key = MasterKey::FromText(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().where, "crypto.master_key");
    if (text.size() > 4) {
      EXPECT_THAT(key.error().detail, Not(HasSubstr(text.substr(0, 5))));
    }
  }
}

TEST(MasterKey, NamesItselfByADigestOfItsOwn) {
  // printf 'vidimus master key id:' and the octets 00 to 1f, through sha256sum.
  EXPECT_EQ(Key().id(), "74ed6bb8e69e9180");
  EXPECT_NE(MasterKey::Generate()->id(), MasterKey::Generate()->id());
}

TEST(MasterKey, UnwrapsWhatItWrapped) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{1700}, limits::kWrappedSecretBytes}) {
    const ByteVector secret(size, 0x5a);
    const auto wrapped = Key().Wrap(secret, kContext);
    ASSERT_TRUE(wrapped) << wrapped.error().detail;
    EXPECT_EQ(wrapped->size(), size + 37);
    EXPECT_EQ(HexEncode(Bytes(*wrapped).subspan(1, 8)), Key().id());
    EXPECT_EQ(MasterKey::IdIn(*wrapped), Key().id());
    EXPECT_EQ(MasterKey::IdIn(Bytes(*wrapped).first(8)), "");
    const auto again = Key().Unwrap(*wrapped, kContext);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(*again, secret);
  }
}

TEST(MasterKey, RefusesSecretsOverTheLimit) {
  EXPECT_EQ(Refusal(Key().Wrap(ByteVector(limits::kWrappedSecretBytes + 1), kContext)), "crypto.master_key");
  ByteVector wrapped = *Key().Wrap(ByteVector(limits::kWrappedSecretBytes), kContext);
  wrapped.push_back(0);
  EXPECT_EQ(Refusal(Key().Unwrap(wrapped, kContext)), "crypto.master_key.unwrap");
}

TEST(MasterKey, RefusesEveryFlippedBitAndEveryPrefix) {
  const ByteVector wrapped = *Key().Wrap(AsBytes(kSecret), kContext);
  for (size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
    ByteVector spoiled = wrapped;
    spoiled[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    const bool in_id = bit >= 8 && bit < 72;
    EXPECT_EQ(Refusal(Key().Unwrap(spoiled, kContext)), in_id ? "crypto.master_key.other" : "crypto.master_key.unwrap") << bit;
  }
  for (size_t size = 0; size < wrapped.size(); ++size)
    EXPECT_EQ(Refusal(Key().Unwrap(Bytes(wrapped).first(size), kContext)), "crypto.master_key.unwrap") << size;
}

TEST(MasterKey, RefusesAnotherContext) {
  const ByteVector wrapped = *Key().Wrap(AsBytes(kSecret), kContext);
  for (const std::string_view context : {"", "signe", "signer ", "Signer", "other"})
    EXPECT_EQ(Refusal(Key().Unwrap(wrapped, context)), "crypto.master_key.unwrap") << context;
}

TEST(MasterKey, NamesBothKeysWhenAnotherHasWrapped) {
  const MasterKey other = *MasterKey::Generate();
  const auto opened = other.Unwrap(*Key().Wrap(AsBytes(kSecret), kContext), kContext);
  ASSERT_EQ(Refusal(opened), "crypto.master_key.other");
  EXPECT_THAT(opened.error().detail, AllOf(HasSubstr(Key().id()), HasSubstr(other.id())));
}

TEST(MasterKey, NeverWrapsTwiceAlike) {
  const ByteVector a = *Key().Wrap(AsBytes(kSecret), kContext), b = *Key().Wrap(AsBytes(kSecret), kContext);
  EXPECT_NE(ByteVector(a.begin() + 9, a.begin() + 21), ByteVector(b.begin() + 9, b.begin() + 21));  // the nonces
  EXPECT_NE(ByteVector(a.begin() + 21, a.end()), ByteVector(b.begin() + 21, b.end()));
}

// NIST SP 800-38D, by OpenSSL alone: nonce at 9, ciphertext at 21, the last 16 octets the tag; version, id and context authenticated.
TEST(MasterKey, WrapsAsAes256GcmDoes) {
  ByteVector wrapped = *Key().Wrap(AsBytes(kSecret), kContext);
  const ByteVector key = *HexDecode(kHex);
  ByteVector authenticated(wrapped.begin(), wrapped.begin() + 9);
  authenticated.insert(authenticated.end(), kContext.begin(), kContext.end());
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string opened(kSecret.size(), '\0');
  auto* out = reinterpret_cast<uint8_t*>(opened.data());
  int size = 0;
  ASSERT_EQ(wrapped.size(), 37 + kSecret.size());
  ASSERT_EQ(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), wrapped.data() + 9), 1);
  ASSERT_EQ(EVP_DecryptUpdate(cipher.get(), nullptr, &size, authenticated.data(), static_cast<int>(authenticated.size())), 1);
  ASSERT_EQ(EVP_DecryptUpdate(cipher.get(), out, &size, wrapped.data() + 21, static_cast<int>(kSecret.size())), 1);
  ASSERT_EQ(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, 16, wrapped.data() + wrapped.size() - 16), 1);
  ASSERT_EQ(EVP_DecryptFinal_ex(cipher.get(), out, &size), 1);
  EXPECT_EQ(opened, kSecret);
}

}  // namespace
}  // namespace vidimus
