// Tokens as clients need them (client-compatibility section 3) and as relying parties must check them (maa-rest-api section 2.11).
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "token/jwk_set.h"
#include "token/jws.h"
#include "token/management_claims.h"
#include "token/token_signer.h"
#include "token/validate.h"

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1'800'000'000;
const std::string kIssuer = "https://localhost:8443";

const PrivateKey& Key() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

const TokenSigner& Signer() {
  static const TokenSigner signer = *TokenSigner::Create(kIssuer, Key(), false);
  return signer;
}

JsonObject PublishedKey() { return *SigningKeyJwk(*MakeSigningCertificate(kIssuer, Key())); }

std::vector<VerificationKey> Published() { return *ParseJwkSet(WriteJson(JsonObject{{"keys", JsonArray{PublishedKey()}}})); }

JsonObject GoodHeader() { return {{"alg", "RS256"}, {"kid", Signer().kid()}, {"typ", "JWT"}}; }
JsonObject GoodPayload() { return {{"iss", kIssuer}, {"nbf", kNow}, {"exp", kNow + 60}, {"claim", "value"}}; }

TokenExpectations Expected() {
  TokenExpectations out;
  out.issuer = kIssuer;
  out.now = kNow;
  return out;
}

std::string_view WhereOf(const std::string& token, const TokenExpectations& expected = Expected()) {
  const auto payload = ValidateToken(token, Published(), expected);
  return payload ? "accepted" : payload.error().where;
}

// `object` with one member set to another value.
JsonObject With(JsonObject object, const std::string& name, Json value) {
  std::erase_if(object, [&](const JsonMember& member) { return member.first == name; });
  object.emplace_back(name, std::move(value));
  return object;
}

std::string Signed(const JsonObject& header, const JsonObject& payload) { return *SignJws(header, payload, Key()); }

TEST(Jws, IsWrittenCompactWithSortedMembersAtEveryDepth) {
  const auto jws = ParseJws(UnsecuredJws({{"b", 1}, {"a", 2}}, {{"z", JsonObject{{"y", 1}, {"x", 2}}}, {"k", "v"}}));
  ASSERT_TRUE(jws);
  EXPECT_EQ(WriteJson(jws->header), R"({"a":2,"b":1})");
  EXPECT_EQ(WriteJson(jws->payload), R"({"k":"v","z":{"x":2,"y":1}})");
}

TEST(Jws, RefusesWhatIsNotThreePartsOfStrictBase64UrlWithJsonObjects) {
  const std::string good = Signed(GoodHeader(), GoodPayload());
  for (size_t size = 0; size < good.rfind('.'); ++size) EXPECT_FALSE(ParseJws(good.substr(0, size))) << size;
  EXPECT_EQ(ParseJws(good + ".").error().where, "token.jws.format");
  EXPECT_EQ(ParseJws(good + "=").error().where, "token.jws.format");
  EXPECT_EQ(ParseJws(Base64UrlEncode(AsBytes("[]")) + ".e30.").error().where, "token.jws.header");
  EXPECT_EQ(ParseJws("e30." + Base64UrlEncode(AsBytes("1")) + ".").error().where, "token.jws.payload");
  EXPECT_EQ(ParseJws("e30=.e30.").error().where, "token.jws.header");
}

TEST(Jws, HasALimitOfSize) {
  const std::string head = "e30.e30.";
  const auto of_size = [&](size_t size) { return head + std::string(size - head.size(), 'A'); };
  EXPECT_TRUE(ParseJws(of_size(limits::kJwsBytes)));
  EXPECT_EQ(ParseJws(of_size(limits::kJwsBytes + 1)).error().where, "token.jws.size");
}

// What can be set can be read: the answer with it is a token too.
TEST(TokenSigner, PutsTheLargestPolicyIntoAnAnswer) {
  const auto token = Signer().IssueManagement(ManagementClaims::StoredPolicy(std::string(limits::kPolicyJwsBytes, 'A')), kNow);
  ASSERT_TRUE(token);
  EXPECT_EQ(WhereOf(*token), "accepted");
}

// client-compatibility section 2 items 2 to 5.
TEST(TokenSigner, PublishesAKeyThatEveryClientCanUse) {
  const JsonObject jwk = PublishedKey();
  const Json json(jwk);
  EXPECT_EQ(*json.Find("kty")->AsString(), "RSA");
  EXPECT_EQ(*json.Find("alg")->AsString(), "RS256");
  EXPECT_EQ(*json.Find("use")->AsString(), "sig");
  EXPECT_TRUE(json.Find("n") != nullptr && json.Find("e") != nullptr);
  ASSERT_EQ(json.Find("x5c")->AsArray()->size(), 1U);
  const auto der = Base64DecodeLenient(*json.Find("x5c")->AsArray()->front().AsString());
  ASSERT_TRUE(der);
  EXPECT_NE(AsText(*der).find(kIssuer), std::string_view::npos) << "the subject names the issuer";
  EXPECT_EQ(Base64DecodeLenient(Signer().kid())->size(), 32U);
}

TEST(TokenSigner, TakesAnIssuerLongerThanX509sBoundOnCommonNames) {
  EXPECT_TRUE(MakeSigningCertificate("https://" + std::string(80, 'a') + ".example", Key()));
}

TEST(TokenSigner, RefusesKeysAndIssuersThatClientsCannotUse) {
  EXPECT_EQ(TokenSigner::Create(kIssuer, *PrivateKey::GenerateP256(), false).error().where, "token.signer.key");
  EXPECT_EQ(TokenSigner::Create(kIssuer + "/", Key(), false).error().where, "token.signer.issuer");
  for (const char* issuer : {"http://localhost", "https://[::1", "https://[", "https://h:", "https://h:x", "https://h:999999",
                             "https://a..b", "https://h/./x", "https://h?x", "https://a b", "https://-a"})
    EXPECT_EQ(TokenSigner::Create(issuer, Key(), false).error().where, "token.signer.issuer") << issuer;
  for (const char* issuer : {"https://localhost:8443", "https://[::1]:8443", "https://127.0.0.1", "https://a.b-c.example/tenant"})
    EXPECT_TRUE(TokenSigner::Create(issuer, Key(), false)) << issuer;
}

TEST(ValidateToken, AcceptsWhatTheIssuerSigned) {
  const auto payload = ValidateToken(Signed(GoodHeader(), GoodPayload()), Published(), Expected());
  ASSERT_TRUE(payload) << payload.error().detail;
  EXPECT_EQ(*payload->Find("claim")->AsString(), "value");
}

TEST(ValidateToken, RefusesEveryFlippedBit) {
  const std::string good = Signed(GoodHeader(), GoodPayload());
  for (size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string spoiled = good;
      spoiled[i] = static_cast<char>(spoiled[i] ^ (1 << bit));
      EXPECT_NE(WhereOf(spoiled), "accepted") << i << " bit " << bit;
    }
}

TEST(ValidateToken, RefusesEveryPrefix) {
  const std::string good = Signed(GoodHeader(), GoodPayload());
  for (size_t size = 0; size < good.size(); ++size) EXPECT_NE(WhereOf(good.substr(0, size)), "accepted") << size;
}

TEST(ValidateToken, RefusesOneThingSpoiledAtATime) {
  EXPECT_EQ(WhereOf(UnsecuredJws(With(GoodHeader(), "alg", "none"), GoodPayload())), "token.algorithm");
  EXPECT_EQ(WhereOf(Signed(With(GoodHeader(), "alg", "RS512"), GoodPayload())), "token.algorithm");
  EXPECT_EQ(WhereOf(Signed(With(GoodHeader(), "alg", 1), GoodPayload())), "token.algorithm");
  EXPECT_EQ(WhereOf(UnsecuredJws(GoodHeader(), GoodPayload())), "token.signature");
  EXPECT_EQ(WhereOf(Signed(With(GoodHeader(), "kid", "another"), GoodPayload())), "token.kid");
  EXPECT_EQ(WhereOf(Signed(With(GoodHeader(), "kid", Json()), GoodPayload())), "token.kid");
  EXPECT_EQ(WhereOf(*SignJws(GoodHeader(), GoodPayload(), *PrivateKey::GenerateRsa(2048))), "token.signature");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "iss", kIssuer + "/"))), "token.issuer");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "exp", "1800000060"))), "token.expired");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "nbf", 1.5))), "token.not_before");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "x-vidimus-mode", "dev"))), "token.mode");
}

TEST(ValidateToken, HoldsFromNbfToExpWithTheSlackThatIsExpected) {
  TokenExpectations expected = Expected();
  const auto at = [&](UnixTime now) {
    expected.now = now;
    return WhereOf(Signed(GoodHeader(), GoodPayload()), expected);
  };
  EXPECT_EQ(at(kNow - expected.slack_seconds), "accepted");
  EXPECT_EQ(at(kNow - expected.slack_seconds - 1), "token.not_before");
  EXPECT_EQ(at(kNow + 60 + expected.slack_seconds - 1), "accepted");
  EXPECT_EQ(at(kNow + 60 + expected.slack_seconds), "token.expired");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "exp", INT64_MIN))), "token.expired");
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "nbf", INT64_MAX))), "token.not_before");
}

TEST(ValidateToken, AcceptsADevServersTokenOnlyWhenAllowed) {
  TokenExpectations expected = Expected();
  expected.allow_dev = true;
  EXPECT_EQ(WhereOf(Signed(GoodHeader(), With(GoodPayload(), "x-vidimus-mode", "dev")), expected), "accepted");
}

std::string_view SetWhere(const JsonObject& jwk) {
  const auto keys = ParseJwkSet(WriteJson(JsonObject{{"keys", JsonArray{jwk}}}));
  return keys ? "accepted" : keys.error().where;
}

TEST(JwkSet, TakesACertificateOrNumbersAndRefusesTwoDifferentKeys) {
  const JsonObject jwk = PublishedKey();
  const PrivateKey other = *PrivateKey::GenerateRsa(2048);
  const auto without = [&](const std::string& name) {
    JsonObject out = jwk;
    std::erase_if(out, [&](const JsonMember& member) { return member.first == name; });
    return out;
  };
  EXPECT_EQ(SetWhere(without("x5c")), "accepted");
  EXPECT_EQ(SetWhere(without("n")), "accepted");
  EXPECT_EQ(SetWhere(With(jwk, "n", Base64UrlEncode(other.RsaModulus()))), "token.jwk_set.key");
  EXPECT_EQ(SetWhere(With(jwk, "x5c", JsonArray{})), "token.jwk_set.key");
  EXPECT_EQ(SetWhere(With(jwk, "x5c", "AAAA")), "token.jwk_set.key");
}

TEST(JwkSet, PassesOverKeysItCannotUse) {
  const auto keys = ParseJwkSet(R"({"keys":[{"kty":"EC","kid":"1"},{"kty":"RSA"},{}]})");
  ASSERT_TRUE(keys);
  EXPECT_TRUE(keys->empty());
}

TEST(JwkSet, HasALimitOfKeys) {
  const auto of_size = [](size_t count) { return WriteJson(JsonObject{{"keys", JsonArray(count, Json(JsonObject{}))}}); };
  EXPECT_TRUE(ParseJwkSet(of_size(limits::kJwkSetKeys)));
  EXPECT_EQ(ParseJwkSet(of_size(limits::kJwkSetKeys + 1)).error().where, "token.jwk_set.keys");
  EXPECT_EQ(ParseJwkSet("[]").error().where, "token.jwk_set.format");
  EXPECT_EQ(ParseJwkSet("{").error().where, "token.jwk_set.format");
}

}  // namespace
}  // namespace vidimus
