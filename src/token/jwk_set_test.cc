// The keys of OpenID providers, as they are found in the wild (RFC 7517, RFC 7518 section 6).
#include "token/jwk_set.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/limits.h"
#include "codec/json.h"
#include "crypto/private_key.h"

namespace vidimus {
namespace {

const PrivateKey& Rsa() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

JsonObject RsaJwk() {
  return {{"kty", "RSA"}, {"kid", "r"}, {"n", Base64UrlEncode(Rsa().RsaModulus())}, {"e", Base64UrlEncode(Rsa().RsaExponent())}};
}

JsonObject EcJwk() {
  static const ByteVector point = PrivateKey::GenerateP256()->P256Point();
  return {{"kty", "EC"},
          {"kid", "e"},
          {"crv", "P-256"},
          {"x", Base64UrlEncode(Bytes(point).first(32))},
          {"y", Base64UrlEncode(Bytes(point).last(32))}};
}

JsonObject With(JsonObject object, const std::string& name, Json value) {
  std::erase_if(object, [&](const JsonMember& member) { return member.first == name; });
  if (!value.is_null()) object.emplace_back(name, std::move(value));
  return object;
}

// How many usable keys a set of `jwk` alone has.
size_t Usable(const JsonObject& jwk) {
  const auto keys = ParseIssuerKeys(WriteJson(JsonObject{{"keys", JsonArray{jwk}}}));
  EXPECT_TRUE(keys);
  return keys ? keys->size() : 0;
}

TEST(IssuerKeySet, HoldsRsaAndP256Keys) {
  const auto keys = ParseIssuerKeys(WriteJson(JsonObject{{"keys", JsonArray{RsaJwk(), EcJwk(), With(RsaJwk(), "kid", Json())}}}));
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 3U);
  const ByteVector signature = *Rsa().Sign(AsBytes("message"));
  EXPECT_TRUE(std::get<RsaPublicKey>((*keys)[0].key).Verify(AsBytes("message"), signature));
  EXPECT_TRUE(std::holds_alternative<P256PublicKey>((*keys)[1].key));
  EXPECT_EQ((*keys)[1].kid, "e");
  EXPECT_EQ((*keys)[2].kid, "");
}

TEST(IssuerKeySet, PassesOverKeysForOtherPurposes) {
  EXPECT_EQ(Usable(With(RsaJwk(), "use", "sig")), 1U);
  EXPECT_EQ(Usable(With(RsaJwk(), "use", "enc")), 0U);  // Keycloak publishes such
  EXPECT_EQ(Usable(With(RsaJwk(), "alg", "RS256")), 1U);
  EXPECT_EQ(Usable(With(RsaJwk(), "alg", "RSA-OAEP")), 0U);
  EXPECT_EQ(Usable(With(RsaJwk(), "alg", "RS512")), 0U);
  EXPECT_EQ(Usable(With(RsaJwk(), "alg", "ES256")), 0U);
  EXPECT_EQ(Usable(With(EcJwk(), "alg", "ES256")), 1U);
  EXPECT_EQ(Usable(With(EcJwk(), "alg", "ECDH-ES")), 0U);
  EXPECT_EQ(Usable(With(RsaJwk(), "x5c", JsonArray{"AAAA"})), 1U);  // Entra ID publishes n and e beside x5c
  EXPECT_EQ(Usable({{"kty", "oct"}, {"k", "AAAA"}, {"kid", "o"}}), 0U);
  EXPECT_EQ(Usable({}), 0U);
}

TEST(IssuerKeySet, PassesOverKeysThatAreNone) {
  const ByteVector modulus = Rsa().RsaModulus();
  EXPECT_EQ(Usable(With(RsaJwk(), "n", Base64UrlEncode(Bytes(modulus).first(128)))), 0U);  // 1024 bits
  EXPECT_EQ(Usable(With(RsaJwk(), "n", Base64UrlEncode(ByteVector(513, 0xff)))), 0U);      // over 4096 bits
  EXPECT_EQ(Usable(With(RsaJwk(), "e", Json())), 0U);
  EXPECT_EQ(Usable(With(EcJwk(), "crv", "P-384")), 0U);
  EXPECT_EQ(Usable(With(EcJwk(), "x", Base64UrlEncode(ByteVector(48, 1)))), 0U);
  EXPECT_EQ(Usable(With(EcJwk(), "x", Base64UrlEncode(ByteVector(32, 1)))), 0U);  // not on the curve
  EXPECT_EQ(Usable(With(EcJwk(), "y", "A+/=")), 0U);
  EXPECT_EQ(Usable(With(EcJwk(), "y", 1)), 0U);
}

TEST(IssuerKeySet, HasLimits) {
  const auto where = [](const std::string& json) {
    const auto keys = ParseIssuerKeys(json);
    return keys ? "accepted" : keys.error().where;
  };
  const auto of = [](size_t count) { return WriteJson(JsonObject{{"keys", JsonArray(count, Json(JsonObject{}))}}); };
  EXPECT_EQ(where(of(limits::kJwkSetKeys)), "accepted");
  EXPECT_EQ(where(of(limits::kJwkSetKeys + 1)), "token.jwk_set.keys");
  std::string set = of(1);
  set.resize(limits::kOpenIdDocumentBytes, ' ');
  EXPECT_EQ(where(set), "accepted");
  EXPECT_EQ(where(set + " "), "token.jwk_set.size");
  EXPECT_EQ(where(R"({"keys":{}})"), "token.jwk_set.format");
}

}  // namespace
}  // namespace vidimus
