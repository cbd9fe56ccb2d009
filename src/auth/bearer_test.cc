// A good token, and what makes it a bad one (RFC 6750, RFC 7515, RFC 7519, RFC 8725).
#include "auth/bearer.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <atomic>
#include <future>
#include <thread>

#include "auth/auth_fixture.h"
#include "base/limits.h"
#include "codec/pem.h"

namespace vidimus {
namespace {

using namespace vidimus::testing;

constexpr UnixTime kNow = 1'800'000'000;
const std::string kAudience = "https://attest.azure.net";
const std::string kArmAudience = "https://management.example.com/";

JsonObject GoodHeader() { return {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "rsa"}}; }
JsonObject GoodClaims() {
  return {{"iss", kIssuer}, {"sub", "alice"}, {"aud", kAudience}, {"exp", kNow + 600}, {"nbf", kNow - 10}, {"roles", JsonArray{"a"}}};
}
std::string Token(const JsonObject& header = GoodHeader(), const JsonObject& claims = GoodClaims(), const PrivateKey& key = RsaKey()) {
  return *SignJws(header, claims, key);
}
OpenIdIssuer FetchedIssuer() { return {kIssuer, {kAudience}, {kArmAudience}, "", ""}; }
OpenIdIssuer FixedIssuer() { return {kIssuer, {kAudience}, {kArmAudience}, "", GoodKeys()}; }

Result<std::unique_ptr<BearerAuthenticator>> Make(const OpenIdIssuer& issuer, Web& web) {
  return BearerAuthenticator::Create(
      {issuer}, [&web](const OpenIdIssuer&) { return std::make_unique<WebFetcher>(web); }, [] { return kNow; });
}

Result<Caller> Ask(const BearerAuthenticator& authenticator, const std::string& authorization, Plane plane = Plane::kData) {
  auto promise = std::make_shared<std::promise<Result<Caller>>>();
  authenticator.Authenticate(authorization, plane, [promise](Result<Caller> caller) { promise->set_value(std::move(caller)); });
  return promise->get_future().get();
}

// With fixed keys.
Result<Caller> AskFixed(const std::string& authorization, Plane plane = Plane::kData, const OpenIdIssuer& issuer = FixedIssuer()) {
  Web web;
  return Ask(**Make(issuer, web), authorization, plane);
}
std::string_view WhereOf(const std::string& token, Plane plane = Plane::kData) {
  const auto caller = AskFixed("Bearer " + token, plane);
  return caller ? "accepted" : caller.error().where;
}
std::string_view WhereOfClaim(const std::string& name, Json value) {
  return WhereOf(Token(GoodHeader(), With(GoodClaims(), name, std::move(value))));
}
std::string_view WhereOfHeader(const std::string& name, Json value) { return WhereOf(Token(With(GoodHeader(), name, std::move(value)))); }

TEST(Bearer, GivesTheCallerOfAGoodToken) {
  const auto caller = AskFixed("Bearer " + Token());
  ASSERT_TRUE(caller) << caller.error().detail;
  EXPECT_EQ(caller->issuer, kIssuer);
  EXPECT_EQ(caller->subject, "alice");
  EXPECT_EQ(WriteJson(*caller->claims.Find("roles")), R"(["a"])");
  EXPECT_EQ(DescribeCaller(*caller), "alice at " + kIssuer);
  EXPECT_EQ(WhereOf(Token(With(With(GoodHeader(), "alg", "ES256"), "kid", "ec"), GoodClaims(), EcKey())), "accepted");
}

TEST(Bearer, DescribesACallerPrintablyAndShortly) {
  const std::string text = DescribeCaller({"https://i", "a\r\nb" + std::string(5000, 'x'), {}});
  EXPECT_TRUE(text.starts_with("a??bxxx"));
  EXPECT_LT(text.size(), 512U);
}

TEST(Bearer, NeedsABearerToken) {
  const auto where = [](const std::string& authorization) {
    const auto caller = AskFixed(authorization);
    return caller ? "accepted" : caller.error().where;
  };
  EXPECT_EQ(where(""), "auth.missing");
  EXPECT_EQ(where("Bearer"), "auth.missing");
  EXPECT_EQ(where("Bearer  "), "auth.missing");
  EXPECT_EQ(where("Basic dTpw"), "auth.scheme");
  EXPECT_EQ(where(Token()), "auth.scheme");
  EXPECT_EQ(where("bEARER  " + Token()), "accepted");  // RFC 9110 section 11.1
}

TEST(Bearer, HasALimitOfSize) {
  EXPECT_EQ(WhereOf(std::string(limits::kBearerTokenBytes, 'a')), "auth.token.format");
  EXPECT_EQ(WhereOf(std::string(limits::kBearerTokenBytes + 1, 'a')), "auth.token.size");
}

TEST(Bearer, RefusesWhatIsNoJws) {
  EXPECT_EQ(WhereOf("a.b"), "auth.token.format");
  EXPECT_EQ(WhereOf("a.b.c.d.e"), "auth.token.format");
  EXPECT_EQ(WhereOf(Token() + "="), "auth.token.format");
  EXPECT_EQ(WhereOf(Token() + " "), "auth.token.format");
}

TEST(Bearer, RefusesCriticalExtensions) {  // RFC 7515 section 4.1.11
  EXPECT_EQ(WhereOfHeader("crit", JsonArray{"exp"}), "auth.token.format");
  EXPECT_EQ(WhereOfHeader("crit", JsonArray{}), "auth.token.format");
}

TEST(Bearer, TakesTwoAlgorithmsOnly) {  // RFC 8725 section 3.1
  for (const char* name : {"none", "None", "", "HS256", "RS512", "RS384", "PS256", "ES384", "rs256", "EdDSA"})
    EXPECT_EQ(WhereOfHeader("alg", name), "auth.token.algorithm") << name;
  EXPECT_EQ(WhereOfHeader("alg", Json()), "auth.token.algorithm");
  EXPECT_EQ(WhereOfHeader("alg", JsonArray{"RS256"}), "auth.token.algorithm");
  EXPECT_EQ(WhereOf(UnsecuredJws(With(GoodHeader(), "alg", "none"), GoodClaims())), "auth.token.algorithm");
  EXPECT_EQ(WhereOf(UnsecuredJws(GoodHeader(), GoodClaims())), "auth.token.signature");
}

TEST(Bearer, RefusesAnHmacWithThePublicKeyAsItsSecret) {  // RFC 8725 section 2.1
  const ByteVector der = RsaKey().PublicKeyDer();
  for (const std::string& secret : {WritePem("PUBLIC KEY", der), std::string(AsText(der))})
    for (const char* alg : {"HS256", "RS256", "ES256"}) {
      const std::string token = UnsecuredJws(With(GoodHeader(), "alg", alg), GoodClaims());
      const std::string input = token.substr(0, token.size() - 1);
      ByteVector mac(32);
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), AsBytes(input).data(), input.size(), mac.data(), nullptr);
      const bool hmac_named = std::string_view(alg) != "RS256";
      EXPECT_EQ(WhereOf(token + Base64UrlEncode(mac)), hmac_named ? "auth.token.algorithm" : "auth.token.signature") << alg;
    }
}

TEST(Bearer, RefusesAnAlgorithmOfAnotherKindThanTheKey) {
  EXPECT_EQ(WhereOfHeader("alg", "ES256"), "auth.token.algorithm");
  EXPECT_EQ(WhereOf(Token(With(GoodHeader(), "kid", "ec"), GoodClaims(), EcKey())), "auth.token.algorithm");
}

TEST(Bearer, TakesEs256SignaturesOf64BytesOnly) {  // RFC 7518 section 3.4
  const std::string good = Token(With(With(GoodHeader(), "alg", "ES256"), "kid", "ec"), GoodClaims(), EcKey());
  const size_t dot = good.rfind('.');
  const ByteVector raw = *Base64UrlDecodeStrict(std::string_view(good).substr(dot + 1));
  for (const size_t size : {0U, 32U, 63U})
    EXPECT_EQ(WhereOf(good.substr(0, dot + 1) + Base64UrlEncode(Bytes(raw).first(size))), "auth.token.signature");
  ByteVector longer = raw;
  longer.push_back(0);
  EXPECT_EQ(WhereOf(good.substr(0, dot + 1) + Base64UrlEncode(longer)), "auth.token.signature");
}

TEST(Bearer, RefusesAForeignIssuerWithTheRightAudience) {
  EXPECT_EQ(WhereOfClaim("iss", "https://evil.example.com"), "auth.token.issuer");
  EXPECT_EQ(WhereOfClaim("iss", kIssuer + "/"), "auth.token.issuer");
  EXPECT_EQ(WhereOfClaim("iss", JsonArray{kIssuer}), "auth.token.issuer");
  EXPECT_EQ(WhereOfClaim("iss", Json()), "auth.token.issuer");
}

TEST(Bearer, VerifiesWithTheKeyOfTheKidOrTheOnlyKey) {
  EXPECT_EQ(WhereOfHeader("kid", "other"), "auth.token.key");
  EXPECT_EQ(WhereOfHeader("kid", 1), "auth.token.key");
  EXPECT_EQ(WhereOfHeader("kid", Json()), "auth.token.key");  // there are two keys
  OpenIdIssuer issuer = FixedIssuer();
  issuer.keys = KeySet({With(RsaJwk(RsaKey(), ""), "kid", Json())});
  EXPECT_TRUE(AskFixed("Bearer " + Token(With(GoodHeader(), "kid", Json())), Plane::kData, issuer));
  EXPECT_EQ(AskFixed("Bearer " + Token(), Plane::kData, issuer).error().where, "auth.token.key");
}

TEST(Bearer, RefusesAForgedOrChangedToken) {
  const PrivateKey other = *PrivateKey::GenerateRsa(2048);
  EXPECT_EQ(WhereOf(Token(GoodHeader(), GoodClaims(), other)), "auth.token.signature");
  const std::string good = Token(), changed = Token(GoodHeader(), With(GoodClaims(), "sub", "mallory"));
  EXPECT_EQ(WhereOf(changed.substr(0, changed.rfind('.')) + good.substr(good.rfind('.'))), "auth.token.signature");
}

TEST(Bearer, ComparesAudiencesButForOneSlash) {
  EXPECT_EQ(WhereOfClaim("aud", kAudience + "/"), "accepted");
  EXPECT_EQ(WhereOfClaim("aud", kAudience + "//"), "auth.token.audience");
  EXPECT_EQ(WhereOfClaim("aud", JsonArray{"x", kAudience + "/"}), "accepted");
  EXPECT_EQ(WhereOfClaim("aud", JsonArray{"x", 1}), "auth.token.audience");
  EXPECT_EQ(WhereOfClaim("aud", "https://graph.example.com"), "auth.token.audience");
  EXPECT_EQ(WhereOfClaim("aud", JsonArray{}), "auth.token.audience");
  EXPECT_EQ(WhereOfClaim("aud", ""), "auth.token.audience");
  EXPECT_EQ(WhereOfClaim("aud", Json()), "auth.token.audience");
}

TEST(Bearer, KeepsThePlanesApart) {
  const std::string arm = Token(GoodHeader(), With(GoodClaims(), "aud", "https://management.example.com"));
  EXPECT_EQ(WhereOf(arm, Plane::kControl), "accepted");
  EXPECT_EQ(WhereOf(arm, Plane::kData), "auth.token.audience");
  EXPECT_EQ(WhereOf(Token(), Plane::kControl), "auth.token.audience");
}

TEST(Bearer, HoldsUntilItsExpiryAndTheSlack) {
  EXPECT_EQ(WhereOfClaim("exp", kNow - limits::kBearerSlackSeconds + 1), "accepted");
  EXPECT_EQ(WhereOfClaim("exp", kNow - limits::kBearerSlackSeconds), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("exp", Json()), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("exp", "1900000000"), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("exp", INT64_MIN), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("exp", UINT64_MAX), "accepted");
}

TEST(Bearer, RoundsTimesWithAFractionDown) {  // RFC 7519 section 2, NumericDate
  const auto before_now = static_cast<double>(kNow - limits::kBearerSlackSeconds);
  EXPECT_EQ(WhereOfClaim("exp", before_now + 0.9), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("exp", before_now + 1.0), "accepted");
  EXPECT_EQ(WhereOfClaim("exp", 1e300), "accepted");
  EXPECT_EQ(WhereOfClaim("exp", -1e300), "auth.token.expired");
  EXPECT_EQ(WhereOfClaim("nbf", static_cast<double>(kNow + limits::kBearerSlackSeconds) + 0.9), "accepted");
}

TEST(Bearer, HoldsFromItsNotBeforeLessTheSlack) {
  EXPECT_EQ(WhereOfClaim("nbf", kNow + limits::kBearerSlackSeconds), "accepted");
  EXPECT_EQ(WhereOfClaim("nbf", kNow + limits::kBearerSlackSeconds + 1), "auth.token.not_before");
  EXPECT_EQ(WhereOfClaim("nbf", "1"), "auth.token.not_before");
  EXPECT_EQ(WhereOfClaim("nbf", Json()), "accepted");
}

TEST(Bearer, NeedsASubject) {
  EXPECT_EQ(WhereOfClaim("sub", Json()), "auth.token.subject");
  EXPECT_EQ(WhereOfClaim("sub", ""), "auth.token.subject");
  EXPECT_EQ(WhereOfClaim("sub", 1), "auth.token.subject");
}

TEST(Bearer, NamesNeitherTheTokenNorTheIssuersItTrusts) {
  const std::string foreign = Token(GoodHeader(), With(GoodClaims(), "iss", "https://evil.example.com"));
  const std::string detail = AskFixed("Bearer " + foreign).error().detail;
  EXPECT_NE(detail.find("evil.example.com"), std::string::npos);
  EXPECT_EQ(detail.find("login.example.com"), std::string::npos);
  const std::string broken = Token() + "!";
  EXPECT_EQ(AskFixed("Bearer " + broken).error().detail.find(broken.substr(0, 8)), std::string::npos);
  EXPECT_LT(AskFixed("Bearer " + Token(With(GoodHeader(), "kid", std::string(5000, 'k')))).error().detail.size(), 400U);
}

TEST(Bearer, FetchesOnceForTwoHundredAtOnce) {
  Web web;
  web.Serve(kDiscoveryUrl, GoodDiscovery());
  web.Serve(kKeysUrl, GoodKeys());
  const auto authenticator = *Make(FetchedIssuer(), web);
  const std::string authorization = "Bearer " + Token();
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) threads.emplace_back([&] { accepted += Ask(*authenticator, authorization).has_value() ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 200);
  EXPECT_EQ(web.Asked(), (std::vector<std::string>{kDiscoveryUrl, kKeysUrl}));
}

TEST(Bearer, FetchesNothingThatAHeaderNames) {  // design, invariant 10
  Web web;
  web.Serve(kDiscoveryUrl, GoodDiscovery());
  web.Serve(kKeysUrl, GoodKeys());
  const auto authenticator = *Make(FetchedIssuer(), web);
  const PrivateKey other = *PrivateKey::GenerateRsa(2048);
  web.Serve("https://evil.example.com/keys", KeySet({RsaJwk(other, "evil")}));
  JsonObject header = With(With(GoodHeader(), "kid", "evil"), "jku", "https://evil.example.com/keys");
  header = With(With(header, "x5u", "https://evil.example.com/chain"), "jwk", RsaJwk(other, "evil"));
  EXPECT_EQ(Ask(*authenticator, "Bearer " + Token(header, GoodClaims(), other)).error().where, "auth.token.key");
  header = With(header, "kid", "rsa");
  EXPECT_EQ(Ask(*authenticator, "Bearer " + Token(header, GoodClaims(), other)).error().where, "auth.token.signature");
  EXPECT_EQ(web.Asked(), (std::vector<std::string>{kDiscoveryUrl, kKeysUrl}));
}

TEST(Bearer, FindsNoKeyTwiceInARowWithoutAskingAgain) {
  Web web;
  web.Serve(kDiscoveryUrl, GoodDiscovery());
  web.Serve(kKeysUrl, GoodKeys());
  const auto authenticator = *Make(FetchedIssuer(), web);
  EXPECT_TRUE(Ask(*authenticator, "Bearer " + Token()));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(Ask(*authenticator, "Bearer " + Token(With(GoodHeader(), "kid", "k" + std::to_string(i)))).error().where, "auth.token.key");
  EXPECT_EQ(web.Asked().size(), 2U);
}

TEST(Bearer, SaysThatKeysAreUnavailable) {
  Web web;
  const auto authenticator = *Make(FetchedIssuer(), web);
  for (int i = 0; i < 2; ++i) {
    const auto caller = Ask(*authenticator, "Bearer " + Token());
    EXPECT_EQ(caller.error().where, "auth.keys.unavailable");
    EXPECT_EQ(caller.error().code, ErrorCode::kBusy);
  }
  EXPECT_EQ(web.Asked().size(), 1U);
}

TEST(Bearer, HoldsUpOnlyThoseWhoWaitForAnIssuerThatHangs) {
  Web web, hanging;
  hanging.Hang(true);
  OpenIdIssuer second = FixedIssuer();
  second.issuer = "https://second.example.com/";
  auto authenticator = *BearerAuthenticator::Create(
      {FetchedIssuer(), second}, [&](const OpenIdIssuer&) { return std::make_unique<WebFetcher>(hanging); }, [] { return kNow; });
  std::vector<std::string> answers;
  const auto note = [&](const Result<Caller>& caller) { answers.emplace_back(caller ? "accepted" : caller.error().where); };
  for (size_t i = 0; i < limits::kOpenIdWaiting; ++i) authenticator->Authenticate("Bearer " + Token(), Plane::kData, note);
  EXPECT_TRUE(answers.empty());
  authenticator->Authenticate("Bearer " + Token(), Plane::kData, note);
  EXPECT_EQ(answers, std::vector<std::string>{"auth.busy"});
  EXPECT_TRUE(Ask(*authenticator, "Bearer " + Token(GoodHeader(), With(GoodClaims(), "iss", second.issuer))));
  hanging.AwaitFetches(1);
  answers.clear();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    hanging.Hang(false);
  });
  authenticator.reset();
  later.join();
  EXPECT_EQ(answers, std::vector<std::string>(limits::kOpenIdWaiting, "auth.keys.unavailable"));
}

TEST(Bearer, FindsTheMetadataOfAnIssuerThatEndsInASlash) {  // OpenID Connect Discovery 1.0 section 4.1
  Web web;
  web.Serve(kDiscoveryUrl, WriteJson(JsonObject{{"issuer", kIssuer + "/"}, {"jwks_uri", kKeysUrl}}));
  web.Serve(kKeysUrl, GoodKeys());
  OpenIdIssuer issuer = FetchedIssuer();
  issuer.issuer += "/";
  const auto authenticator = *Make(issuer, web);
  EXPECT_TRUE(Ask(*authenticator, "Bearer " + Token(GoodHeader(), With(GoodClaims(), "iss", issuer.issuer))));
  EXPECT_EQ(authenticator->issuers(), std::vector<std::string>{issuer.issuer});
}

std::string_view CreateWhere(std::vector<OpenIdIssuer> issuers) {
  Web web;
  const auto made = BearerAuthenticator::Create(
      std::move(issuers), [&web](const OpenIdIssuer&) { return std::make_unique<WebFetcher>(web); }, [] { return kNow; });
  return made ? "accepted" : made.error().where;
}

TEST(Bearer, RefusesIssuersThatCannotBeTrusted) {
  const auto with = [](const auto& change) {
    OpenIdIssuer issuer = FixedIssuer();
    change(issuer);
    return CreateWhere({issuer});
  };
  EXPECT_EQ(CreateWhere({}), "accepted");
  EXPECT_EQ(CreateWhere({FixedIssuer(), FetchedIssuer()}), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.issuer = "http://login.example.com"; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.issuer = "https://"; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.issuer += " "; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.discovery_url = "http://x"; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.audiences = i.arm_audiences = {}; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.audiences = {"/"}; }), "auth.issuer");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.keys = "x"; }), "auth.keys");
  EXPECT_EQ(with([](OpenIdIssuer& i) { i.keys = KeySet({}); }), "auth.keys");
  const auto many = [](size_t count) {
    std::vector<OpenIdIssuer> issuers(count, FixedIssuer());
    for (size_t i = 0; i < count; ++i) issuers[i].issuer += std::to_string(i);
    return CreateWhere(issuers);
  };
  EXPECT_EQ(many(limits::kOpenIdIssuers), "accepted");
  EXPECT_EQ(many(limits::kOpenIdIssuers + 1), "auth.issuer");
}

}  // namespace
}  // namespace vidimus
