// Who signed a management call (maa-rest-api section 3; client-compatibility section 5): the key decides, never what the header says.
#include "token/management_jws.h"

#include <functional>

#include <gmock/gmock.h>

#include "base/base64url.h"
#include "crypto/issue.h"
#include "token/management_claims.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1'700'000'000;

const PrivateKey& Rsa(size_t index) {
  static const std::vector<PrivateKey> keys = {*PrivateKey::GenerateRsa(2048), *PrivateKey::GenerateRsa(2048)};
  return keys.at(index);
}
const PrivateKey& P256(size_t index) {
  static const std::vector<PrivateKey> keys = {*PrivateKey::GenerateP256(), *PrivateKey::GenerateP256(), *PrivateKey::GenerateP256()};
  return keys.at(index);
}

CertificateSpec Spec(const std::string& name, bool is_ca = false) {
  CertificateSpec out;
  out.subject = {{"CN", name}};
  out.serial = {1};
  out.not_before = kNow - 100;
  out.not_after = kNow + 100;
  out.is_ca = is_ca;
  if (is_ca) out.key_usage = "keyCertSign";
  return out;
}
SignerCertificate SelfSigned(const std::string& name, const PrivateKey& key, bool is_ca = false) {
  const CertificateSpec spec = Spec(name, is_ca);
  return *SignerCertificate::FromDer(*IssueCertificate(spec, key, {spec.subject, key}));
}
SignerCertificate IssuedBy(const CertificateSpec& spec, const PrivateKey& key, const std::string& issuer, const PrivateKey& issuer_key) {
  return *SignerCertificate::FromDer(*IssueCertificate(spec, key, {{{"CN", issuer}}, issuer_key}));
}

std::string Part(std::string_view json) { return Base64UrlEncode(AsBytes(json)); }

JsonArray X5c(const std::vector<SignerCertificate>& certificates) {
  JsonArray out;
  for (const SignerCertificate& one : certificates) out.emplace_back(Base64Encode(one.der()));
  return out;
}
std::string SignedWith(const PrivateKey& key, const JsonObject& header) {
  const std::string input = Part(WriteJson(header)) + "." + Part(R"({"AttestationPolicy":"dg"})");
  return input + "." + Base64UrlEncode(*key.Sign(AsBytes(input)));
}
std::string SignedBy(const PrivateKey& key, const std::vector<SignerCertificate>& chain, std::string_view algorithm = "RS256") {
  return SignedWith(key, {{"alg", algorithm}, {"x5c", X5c(chain)}});
}

std::string WhereOf(const std::string& jws, const std::vector<SignerCertificate>& signers, UnixTime now = kNow) {
  const auto signature = ReadJwsSignature(jws);
  if (!signature) return std::string(signature.error().where);
  const auto signer = FindSigner(*signature, signers, now);
  return signer ? signer->subject() : std::string(signer.error().where);
}

TEST(FindSigner, TakesASignersKeyWhateverTheHeaderCallsItsAlgorithm) {
  const SignerCertificate rsa = SelfSigned("rsa", Rsa(0)), ec = SelfSigned("ec", P256(0));
  for (const char* algorithm : {"RS256", "RSA256", "ES256", "HS256", "x"})
    EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {rsa}, algorithm), {ec, rsa}), "CN=rsa") << algorithm;
  for (const char* algorithm : {"ES256", "ECDH256", "EC", "RS256"})
    EXPECT_EQ(WhereOf(SignedBy(P256(0), {ec}, algorithm), {rsa, ec}), "CN=ec") << algorithm;
}

TEST(FindSigner, TakesASignersKeyWithoutACertificateInTheHeaderAndWithOneInItsJwk) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0));
  EXPECT_EQ(WhereOf(SignedWith(Rsa(0), {{"alg", "RS256"}}), {signer}), "CN=signer");
  EXPECT_EQ(WhereOf(SignedWith(Rsa(0), {{"alg", "RSA256"}, {"jwk", JsonObject{{"x5c", X5c({signer})}}}}), {signer}), "CN=signer");
}

TEST(FindSigner, RefusesWhatIsNotSigned) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0));
  const std::string good = SignedBy(Rsa(0), {signer});
  EXPECT_EQ(WhereOf(UnsecuredPolicy("version=1.0;"), {signer}), "policy.signer.unsigned");
  EXPECT_EQ(WhereOf(good.substr(0, good.rfind('.') + 1), {signer}), "policy.signer.unsigned");  // an empty signature
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {signer}, "none"), {signer}), "policy.signer.unsigned");   // none, and yet a good signature
  EXPECT_EQ(WhereOf("eyJhbGciOiJub25lIn0..", {signer}), "policy.signer.unsigned");
}

TEST(FindSigner, RefusesAnotherKeyThatNamesASigner) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0)), other = SelfSigned("other", Rsa(1));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(1), {signer}), {signer}), "policy.signer.untrusted");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(1), {other}), {signer}), "policy.signer.untrusted");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(1), {other, signer}), {signer}), "policy.signer.untrusted");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {signer}), {}), "policy.signer.untrusted");
  // A bare key is nobody's, and neither is one with the signer's public key as the secret of an HMAC.
  EXPECT_EQ(WhereOf(SignedWith(Rsa(1), {{"alg", "RS256"}, {"jwk", JsonObject{{"kty", "RSA"}, {"n", "AQ"}, {"e", "AQAB"}}}}), {signer}),
            "policy.signer.untrusted");
}

TEST(FindSigner, RefusesEveryFlippedBitOfASignature) {
  const SignerCertificate signer = SelfSigned("signer", P256(0));
  const std::string good = SignedBy(P256(0), {signer}, "ES256");
  const size_t dot = good.rfind('.');
  const ByteVector signature = *Base64UrlDecodeStrict(good.substr(dot + 1));
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    ByteVector spoiled = signature;
    spoiled[bit / 8] = static_cast<uint8_t>(spoiled[bit / 8] ^ (1U << (bit % 8)));
    ASSERT_EQ(WhereOf(good.substr(0, dot + 1) + Base64UrlEncode(spoiled), {signer}), "policy.signer.untrusted") << bit;
  }
}

TEST(FindSigner, TakesALeafThatASignerWhichIsACaHasIssued) {
  const SignerCertificate root = SelfSigned("root", P256(0), true);
  const SignerCertificate leaf = IssuedBy(Spec("leaf"), Rsa(0), "root", P256(0));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {leaf}), {root}), "CN=root");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {leaf, root}), {root}), "CN=root");
  const SignerCertificate middle = IssuedBy(Spec("middle", true), P256(1), "root", P256(0));
  const SignerCertificate below = IssuedBy(Spec("below"), Rsa(0), "middle", P256(1));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {below, middle}), {root}), "CN=root");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {below}), {root}), "policy.signer.untrusted");          // the one between is missing
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {middle, below}), {root}), "policy.signer.untrusted");  // in the wrong order
}

TEST(FindSigner, RefusesALeafOfASignerThatIsNoCa) {
  const SignerCertificate signer = SelfSigned("signer", P256(0));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "signer", P256(0))}), {signer}), "policy.signer.untrusted");
  // The same below one that is: the issuer between must be a CA too.
  const SignerCertificate root = SelfSigned("root", P256(1), true);
  const SignerCertificate middle = IssuedBy(Spec("middle"), P256(2), "root", P256(1));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "middle", P256(2)), middle}), {root}), "policy.signer.untrusted");
}

TEST(FindSigner, RefusesACertificateOfTheSameNameThatTheSignerDidNotIssue) {
  const SignerCertificate root = SelfSigned("root", P256(0), true);
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "root", P256(1))}), {root}), "policy.signer.untrusted");
}

TEST(FindSigner, KeepsToTheLengthOfPathThatIssuersAllow) {  // RFC 5280 section 4.2.1.9
  CertificateSpec short_spec = Spec("root", true);
  short_spec.path_length = 0;
  const SignerCertificate root = IssuedBy(short_spec, P256(0), "root", P256(0));
  const SignerCertificate middle = IssuedBy(Spec("middle", true), P256(1), "root", P256(0));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "root", P256(0))}), {root}), "CN=root");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "middle", P256(1)), middle}), {root}), "policy.signer.untrusted");
}

TEST(FindSigner, AsksTheDatesOfALeafAndNotOfASigner) {
  const SignerCertificate root = SelfSigned("root", P256(0), true);
  const std::string by_leaf = SignedBy(Rsa(0), {IssuedBy(Spec("leaf"), Rsa(0), "root", P256(0))});
  EXPECT_EQ(WhereOf(by_leaf, {root}, kNow + 99), "CN=root");
  EXPECT_EQ(WhereOf(by_leaf, {root}, kNow + 101), "policy.signer.expired");
  EXPECT_EQ(WhereOf(by_leaf, {root}, kNow - 101), "policy.signer.expired");
  EXPECT_EQ(WhereOf(SignedBy(P256(0), {root}), {root}, kNow + 1'000'000), "CN=root");
}

TEST(JwsSignature, HasALimitOfCertificates) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0));
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), std::vector(limits::kX5cCertificates, signer)), {signer}), "CN=signer");
  EXPECT_EQ(WhereOf(SignedBy(Rsa(0), std::vector(limits::kX5cCertificates + 1, signer)), {signer}), "policy.jws");
}

TEST(FindSelfNamedSigner, IsTheFirstCertificateIfItsKeySigned) {
  const SignerCertificate own = SelfSigned("own", Rsa(0)), other = SelfSigned("other", Rsa(1));
  EXPECT_EQ(FindSelfNamedSigner(*ReadJwsSignature(SignedBy(Rsa(0), {own, other})))->subject(), "CN=own");
  for (const std::string& jws : {SignedBy(Rsa(0), {other, own}), SignedWith(Rsa(0), {{"alg", "RS256"}}), SignedBy(Rsa(0), {own}, "none")})
    EXPECT_EQ(FindSelfNamedSigner(*ReadJwsSignature(jws)).error().where, "policy.signer.signature") << jws;
}

TEST(ResetJws, HasAnEmptyPayload) {  // section 3.3
  EXPECT_TRUE(CheckResetJws("eyJhbGciOiJub25lIn0.."));
  EXPECT_TRUE(CheckResetJws("eyJhbGciOiJub25lIn0.e30."));
  EXPECT_EQ(CheckResetJws(UnsecuredPolicy("version=1.0;")).error().where, "policy.jws");
  EXPECT_EQ(CheckResetJws("eyJhbGciOiJub25lIn0.").error().where, "token.jws.format");
}

std::string Change(const std::string& name, const Json& jwk) {
  return Part(R"({"alg":"none"})") + "." + Part(WriteJson(JsonObject{{name, jwk}})) + ".";
}

TEST(CertificateToChange, IsInAnyOfTheNamesThatTheMemberHasHad) {  // section 3.4
  const SignerCertificate signer = SelfSigned("signer", Rsa(0));
  const Json jwk = JsonObject{{"kty", "RSA"}, {"x5c", X5c({signer})}};
  for (const char* name : {"policyCertificate", "maa-policyCertificate", "aas-policyCertificate", "x-ms-policyCertificate"})
    EXPECT_EQ(CertificateToChange(Change(name, jwk))->der(), signer.der()) << name;
  EXPECT_EQ(CertificateToChange(Change("certificate", jwk)).error().where, "policy.jws");
  EXPECT_EQ(CertificateToChange(Change("policyCertificate", JsonObject{{"kty", "RSA"}})).error().where, "policy.jws");
  EXPECT_EQ(CertificateToChange(Change("policyCertificate", JsonObject{{"x5c", JsonArray{"AAAA"}}})).error().where,
            "crypto.signer_certificate");
}

TEST(CertificateBody, IsAJwsBareOrQuotedOrInAnObject) {  // section 3.4; client-compatibility section 5 item 1
  for (const char* body :
       {"a.b.c", "\"a.b.c\"", " \"a.b.c\"\r\n", R"({"policyCertificateToAdd":"a.b.c"})", R"({"PolicyCertificateToRemove":"a.b.c"})"})
    EXPECT_EQ(*JwsOfCertificateBody(body), "a.b.c") << body;
  EXPECT_EQ(JwsOfCertificateBody(R"({"certificate":"a.b.c"})").error().where, "policy.jws");
  EXPECT_EQ(JwsOfCertificateBody(R"({"policyCertificateToAdd":1})").error().where, "policy.jws");
}

TEST(ManagementClaims, NameTheSignerOnlyOfWhatWasSigned) {  // client-compatibility section 5 item 6
  const SignerCertificate signer = SelfSigned("signer", Rsa(0));
  EXPECT_EQ(WriteJson(ManagementClaims::PolicyUpdated("a", std::nullopt).members()),
            R"({"x-ms-policy-result":"Updated","x-ms-policy-token-hash":"ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs"})");
  const Json jwk = ManagementClaims::PolicyUpdated("a", signer).members().back().second;
  EXPECT_EQ(*jwk.Find("kty")->AsString(), "RSA");
  EXPECT_EQ(jwk.Find("x5c")->AsArray()->front(), Json(Base64Encode(signer.der())));
  EXPECT_EQ(*Json(SignerJwk(SelfSigned("ec", P256(0)))).Find("kty")->AsString(), "EC");
  EXPECT_EQ(WriteJson(ManagementClaims::PolicyRemoved().members()), R"({"x-ms-policy-result":"Removed"})");
  EXPECT_EQ(WriteJson(ManagementClaims::Signers({}).members()), R"({"x-ms-policy-certificates":{"keys":[]}})");
  EXPECT_THAT(*ManagementClaims::SignerAbsent(signer).members().front().second.AsString(), ::testing::MatchesRegex("[0-9A-F]{40}"));
}

// What is signed here is what a service asks for: the same signer, the same certificate, an empty reset (maa-rest-api sections 3.3, 3.4).
TEST(ManagementJws, SignsChangesOfCertificatesAndResetsThatAreTakenAgain) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0)), other = SelfSigned("other", P256(0));
  const std::vector<ByteVector> chain = {signer.der()};
  const auto change = SignCertificateChange(other, Rsa(0), chain), reset = SignReset(Rsa(0), chain);
  ASSERT_TRUE(change && reset);
  EXPECT_EQ(CertificateToChange(*change)->der(), other.der());
  EXPECT_TRUE(CheckResetJws(*reset));
  EXPECT_TRUE(CheckResetJws(kUnsecuredReset));
  for (const std::string& jws : {*change, *reset}) EXPECT_EQ(FindSigner(*ReadJwsSignature(jws), {signer}, kNow)->der(), signer.der());
}

TEST(ManagementJws, IsSignedOnlyWithAnRsaKeyAndItsOwnCertificate) {
  const SignerCertificate signer = SelfSigned("signer", Rsa(0)), ec = SelfSigned("ec", P256(0));
  EXPECT_EQ(SignReset(P256(0), {ec.der()}).error().where, "policy.signer.key");
  EXPECT_EQ(SignReset(Rsa(1), {signer.der()}).error().where, "policy.signer.certificate");
  EXPECT_EQ(SignReset(Rsa(0), {}).error().where, "policy.signer.certificate");
  EXPECT_TRUE(SignReset(Rsa(0), std::vector<ByteVector>(limits::kX5cCertificates, signer.der())));
  EXPECT_EQ(SignReset(Rsa(0), std::vector<ByteVector>(limits::kX5cCertificates + 1, signer.der())).error().where,
            "policy.signer.certificate");
}

}  // namespace
}  // namespace vidimus
