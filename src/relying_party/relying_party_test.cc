#include "relying_party/relying_party.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "token/jws.h"
#include "token/token_signer.h"

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1'800'000'000;
const std::string kIssuer = "https://localhost:8443";

const PrivateKey& Key() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

// An issuer whose published keys a test can exchange.
class Issuer : public Fetcher {
 public:
  Issuer() { Publish(Key()); }
  void Publish(const PrivateKey& key) {
    const TokenSigner signer = *TokenSigner::Create(kIssuer, key, false);
    body = WriteJson(JsonObject{{"keys", JsonArray{*SigningKeyJwk(*MakeSigningCertificate(kIssuer, key))}}});
  }
  Result<FetchResponse> Fetch(const FetchRequest& request) override {
    ++fetches;
    url = request.url;
    FetchResponse out;
    out.status = status;
    out.body = body;
    return out;
  }
  std::string body, url;
  int status = 200;
  int fetches = 0;
};

std::string TokenBy(const PrivateKey& key) {
  const TokenSigner signer = *TokenSigner::Create(kIssuer, key, false);
  const JsonObject payload{{"iss", kIssuer},     {"nbf", kNow},
                           {"exp", kNow + 3600}, {"x-ms-sgx-report-data", HexEncode(Sha256(AsBytes("challenge"))) + std::string(64, '0')},
                           {"x-ms-sgx-svn", 3},  {"x-ms-runtime", JsonObject{{"keys", JsonObject{{"kid", "k"}}}, {"a.b", "dotted"}}}};
  return *SignJws({{"alg", "RS256"}, {"kid", signer.kid()}}, payload, key);
}

std::string_view WhereOf(const TokenRequirements& requirements) {
  Issuer issuer;
  RelyingParty relying_party(kIssuer, issuer);
  const auto payload = relying_party.Verify(TokenBy(Key()), requirements, kNow);
  return payload ? "trusted" : payload.error().where;
}

TEST(RelyingParty, TrustsATokenByThePublishedKeysAlone) {
  Issuer issuer;
  RelyingParty relying_party(kIssuer + "/", issuer);
  EXPECT_TRUE(relying_party.Verify(TokenBy(Key()), {}, kNow));
  EXPECT_EQ(issuer.url, kIssuer + "/certs");
}

TEST(RelyingParty, RequiresTheRuntimeDataThatTheEnclaveBound) {
  TokenRequirements requirements;
  requirements.runtime_data = ByteVector(AsBytes("challenge").begin(), AsBytes("challenge").end());
  EXPECT_EQ(WhereOf(requirements), "trusted");
  requirements.runtime_data->push_back('\n');
  EXPECT_EQ(WhereOf(requirements), "relying_party.runtime_data");
}

TEST(RelyingParty, RequiresClaimsByNameAndByPath) {
  const auto where = [](const std::string& claim, const std::string& value) {
    TokenRequirements requirements;
    requirements.claims = {{claim, value}};
    return WhereOf(requirements);
  };
  EXPECT_EQ(where("x-ms-sgx-svn", "3"), "trusted");
  EXPECT_EQ(where("x-ms-sgx-svn", "4"), "relying_party.requirement");
  EXPECT_EQ(where("x-ms-runtime.keys.kid", "k"), "trusted");
  EXPECT_EQ(where("x-ms-runtime.a.b", "dotted"), "trusted");
  EXPECT_EQ(where("absent", ""), "relying_party.requirement");
  EXPECT_EQ(where("absent", "null"), "relying_party.requirement");
}

TEST(RelyingParty, FetchesKeysOnceAndAgainForAnUnknownKeyButNotForEveryOne) {
  const PrivateKey second = *PrivateKey::GenerateRsa(2048);
  Issuer issuer;
  RelyingParty relying_party(kIssuer, issuer);
  EXPECT_TRUE(relying_party.Verify(TokenBy(Key()), {}, kNow));
  EXPECT_TRUE(relying_party.Verify(TokenBy(Key()), {}, kNow + 1));
  EXPECT_EQ(issuer.fetches, 1);
  issuer.Publish(second);
  EXPECT_EQ(relying_party.Verify(TokenBy(second), {}, kNow + RelyingParty::kKeyRefreshSeconds - 1).error().where, "token.kid");
  EXPECT_EQ(issuer.fetches, 1);
  EXPECT_TRUE(relying_party.Verify(TokenBy(second), {}, kNow + RelyingParty::kKeyRefreshSeconds));
  EXPECT_EQ(issuer.fetches, 2);
}

TEST(RelyingParty, TrustsNothingWhenTheKeysCannotBeHad) {
  Issuer issuer;
  issuer.status = 503;
  RelyingParty relying_party(kIssuer, issuer);
  EXPECT_EQ(relying_party.Verify(TokenBy(Key()), {}, kNow).error().where, "relying_party.keys");
  issuer.status = 200;
  issuer.body = "<html>";
  EXPECT_EQ(relying_party.Verify(TokenBy(Key()), {}, kNow).error().where, "token.jwk_set.format");
}

}  // namespace
}  // namespace vidimus
