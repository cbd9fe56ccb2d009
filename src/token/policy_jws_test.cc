// Policies as clients send and expect them (client-compatibility section 5; maa-rest-api sections 2.10 and 3.2).
#include "token/policy_jws.h"

#include <filesystem>
#include <functional>

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "tests/support/vectors.h"
#include "token/attestation_claims.h"
#include "token/jws.h"

namespace vidimus {
namespace {

using Signature = PolicyJws::Signature;

const std::string kPolicy = "version=1.0; authorizationrules{=> permit();}; issuancerules{};\n// \xc3\xa4";

const PrivateKey& RsaKey() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

ByteVector CertificateOf(const PrivateKey& key) {
  CertificateSpec spec;
  spec.subject = {{"CN", "signer"}};
  spec.serial = {1};
  spec.not_after = 2'000'000'000;
  return *IssueCertificate(spec, key, {spec.subject, key});
}

const std::string& Signed() {
  static const std::string jws = *SignPolicy(kPolicy, RsaKey(), {CertificateOf(RsaKey())});
  return jws;
}

std::string Part(std::string_view json) { return Base64UrlEncode(AsBytes(json)); }
std::string OfPayload(std::string_view payload) { return Part(R"({"alg":"none"})") + "." + Part(payload) + "."; }
std::string OfHeader(std::string_view header) { return Part(header) + "." + Part(R"({"AttestationPolicy":"dg"})") + "."; }

std::string_view WhereOf(std::string_view jws) {
  const auto read = ReadPolicyJws(jws);
  return read ? "accepted" : read.error().where;
}

// In the JWS of `sign`, whose header names the algorithm as a client does.
Signature SignatureNamed(std::string_view algorithm, const PrivateKey& key, const std::function<ByteVector(Bytes)>& sign) {
  const JsonArray x5c{Base64Encode(CertificateOf(key))};
  const std::string input = Part(WriteJson(JsonObject{{"alg", algorithm}, {"x5c", x5c}})) + "." + Part(R"({"AttestationPolicy":"dg"})");
  return ReadPolicyJws(input + "." + Base64UrlEncode(sign(AsBytes(input))))->signature;
}

TEST(PolicyJws, UnsecuredGivesTheTextBackAndNoSigner) {
  const auto read = ReadPolicyJws(UnsecuredPolicy(kPolicy));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->text, kPolicy);
  EXPECT_EQ(read->algorithm, "none");
  EXPECT_TRUE(read->x5c.empty());
  EXPECT_EQ(read->signature, Signature::kNone);
  EXPECT_EQ(*PolicyOf(UnsecuredPolicy("")), "");
}

TEST(PolicyJws, SignedGivesTheTextBackAndVerifiesWithItsCertificate) {
  const auto read = ReadPolicyJws(Signed());
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->text, kPolicy);
  EXPECT_EQ(read->algorithm, "RS256");
  EXPECT_EQ(read->x5c, std::vector<ByteVector>{CertificateOf(RsaKey())});
  EXPECT_EQ(read->signature, Signature::kValid);
}

TEST(PolicyJws, IsToldFromPolicyTextByItsForm) {
  EXPECT_TRUE(LooksLikePolicyJws(Signed()));
  EXPECT_TRUE(LooksLikePolicyJws(UnsecuredPolicy(kPolicy)));
  EXPECT_FALSE(LooksLikePolicyJws(kPolicy));
  EXPECT_FALSE(LooksLikePolicyJws("eyJ"));
}

// Item 1.
TEST(PolicyJws, IsTakenOutOfQuotesAndWhiteSpace) {
  EXPECT_EQ(UnquotedJws(" \"a.b.c\"\r\n"), "a.b.c");
  EXPECT_EQ(UnquotedJws("a.b.c\n"), "a.b.c");
  EXPECT_EQ(UnquotedJws(" \n"), "");
  EXPECT_EQ(UnquotedJws("\""), "\"");
}

TEST(SignPolicy, RefusesACertificateOfAnotherKey) {
  const auto where = [](const PrivateKey& key, const std::vector<ByteVector>& chain) {
    return SignPolicy(kPolicy, key, chain).error().where;
  };
  const PrivateKey other = *PrivateKey::GenerateRsa(2048);
  const PrivateKey p256 = *PrivateKey::GenerateP256();
  EXPECT_EQ(where(RsaKey(), {CertificateOf(other)}), "policy.signer.certificate");
  EXPECT_EQ(where(RsaKey(), {CertificateOf(p256)}), "policy.signer.certificate");
  EXPECT_EQ(where(RsaKey(), {ByteVector{1}}), "policy.signer.certificate");
  EXPECT_EQ(where(RsaKey(), {}), "policy.signer.certificate");
  EXPECT_EQ(where(p256, {CertificateOf(p256)}), "policy.signer.key");
}

TEST(SignPolicy, HasALimitOfCertificates) {
  const std::vector<ByteVector> most(limits::kX5cCertificates, CertificateOf(RsaKey()));
  EXPECT_EQ(ReadPolicyJws(*SignPolicy(kPolicy, RsaKey(), most))->x5c.size(), limits::kX5cCertificates);
  std::vector<ByteVector> more = most;
  more.push_back(more.front());
  EXPECT_EQ(SignPolicy(kPolicy, RsaKey(), more).error().where, "policy.signer.certificate");
  JsonArray x5c;
  for (const ByteVector& der : more) x5c.emplace_back(Base64Encode(der));
  EXPECT_EQ(WhereOf(OfHeader(WriteJson(JsonObject{{"alg", "RS256"}, {"x5c", x5c}}))), "policy.jws");
}

TEST(PolicyJws, HasALimitOfSize) {
  EXPECT_EQ(PolicyOf(UnsecuredPolicy(std::string(limits::kPolicyBytes, ' ')))->size(), limits::kPolicyBytes);
  EXPECT_EQ(PolicyOf(UnsecuredPolicy(std::string(limits::kPolicyBytes + 1, ' '))).error().where, "policy.size");
}

TEST(PolicyJws, HasALimitOfSizeWithItsSignature) {
  const std::string head = UnsecuredPolicy(kPolicy);
  const auto of_size = [&](size_t size) { return head + std::string(size - head.size(), 'A'); };
  EXPECT_TRUE(PolicyOf(of_size(limits::kPolicyJwsBytes)));
  EXPECT_EQ(PolicyOf(of_size(limits::kPolicyJwsBytes + 1)).error().where, "token.jws.size");
}

TEST(PolicyJws, RefusesPartsOfAnotherShape) {
  EXPECT_EQ(WhereOf("nonsense"), "token.jws.format");
  EXPECT_EQ(WhereOf("ey.."), "token.jws.header");
  EXPECT_EQ(WhereOf("eyJhbGciOiJub25lIn0.."), "token.jws.payload");  // of a reset: no policy
  for (const char* payload : {"{}", R"({"AttestationPolicy":1})", R"({"AttestationPolicy":"!"})", R"({"AttestationPolicy":"dg=="})",
                              R"({"attestationpolicy":"dg"})"})
    EXPECT_EQ(WhereOf(OfPayload(payload)), "policy.jws") << payload;
  for (const char* header : {"{}", R"({"alg":1})", R"({"alg":"RS256","x5c":1})", R"({"alg":"RS256","x5c":[]})",
                             R"({"alg":"RS256","x5c":[1]})", R"({"alg":"RS256","x5c":[""]})", R"({"alg":"RS256","x5c":["!"]})"})
    EXPECT_EQ(WhereOf(OfHeader(header)), "policy.jws") << header;
  EXPECT_EQ(WhereOf(OfPayload(R"({"AttestationPolicy": "dg"})")), "accepted");  // item 2: with a space
}

TEST(PolicyJws, IsInvalidWithoutASignatureThatItsCertificateMade) {
  for (const char* header : {R"({"alg":"RS256"})", R"({"alg":"none","x5c":["AA"]})", R"({"alg":"RS256","x5c":["AA"]})"})
    EXPECT_EQ(ReadPolicyJws(OfHeader(header))->signature, Signature::kInvalid) << header;
  EXPECT_EQ(ReadPolicyJws(UnsecuredPolicy(kPolicy) + "AA")->signature, Signature::kInvalid);
  const std::string bare = Signed().substr(0, Signed().rfind('.') + 1);
  EXPECT_EQ(ReadPolicyJws(bare)->signature, Signature::kInvalid);
}

TEST(PolicyJws, NoPrefixIsValidAndNoFlippedBitVerifies) {
  for (size_t size = 0; size < Signed().size(); ++size) {
    const auto read = ReadPolicyJws(std::string_view(Signed()).substr(0, size));
    EXPECT_TRUE(!read || read->signature == Signature::kInvalid) << size;
  }
  for (size_t bit = 0; bit < 8 * Signed().size(); bit += 7) {
    std::string flipped = Signed();
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto read = ReadPolicyJws(flipped);
    EXPECT_TRUE(!read || read->signature == Signature::kInvalid) << bit;
  }
}

// Item 3: the key decides, whatever the client calls the algorithm.
TEST(PolicyJws, VerifiesWhatClientsSignUnderNamesOfTheirOwn) {
  const auto rsa = [](Bytes input) { return *RsaKey().Sign(input); };
  for (const char* name : {"RS256", "RSA256"}) EXPECT_EQ(SignatureNamed(name, RsaKey(), rsa), Signature::kValid) << name;
  EXPECT_EQ(SignatureNamed("none", RsaKey(), rsa), Signature::kInvalid);
  const PrivateKey p256 = *PrivateKey::GenerateP256();
  const auto raw = [&](Bytes input) { return *p256.Sign(input); };
  const auto der = [&](Bytes input) {
    const ByteVector pair = *p256.Sign(input);
    ByteVector out{0x30, 0};
    for (size_t at = 0; at < 64; at += 32) {
      size_t first = at;
      while (first + 1 < at + 32 && pair[first] == 0) ++first;
      const bool high = pair[first] >= 0x80;
      out.push_back(0x02);
      out.push_back(static_cast<uint8_t>(at + 32 - first + (high ? 1 : 0)));
      if (high) out.push_back(0);
      out.insert(out.end(), pair.begin() + static_cast<std::ptrdiff_t>(first), pair.begin() + static_cast<std::ptrdiff_t>(at + 32));
    }
    out[1] = static_cast<uint8_t>(out.size() - 2);
    return out;
  };
  for (const char* name : {"ES256", "ECDH256"}) EXPECT_EQ(SignatureNamed(name, p256, raw), Signature::kValid) << name;
  for (int i = 0; i < 64; ++i) EXPECT_EQ(SignatureNamed("EC", p256, der), Signature::kValid);
  EXPECT_EQ(SignatureNamed("EC", p256, [&](Bytes input) { return *PrivateKey::GenerateP256()->Sign(input); }), Signature::kInvalid);
}

std::string HashOf(std::string_view text) { return Base64UrlEncode(Sha256(AsBytes(text))); }

// What the text of `jws` hashes to is the hash of the string that was uploaded, and the claims of tokens say that one.
void ExpectUnwraps(const std::string& jws) {
  const auto read = ReadPolicyJws(jws);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(PolicyHash(read->text), HashOf(*ParseJws(jws)->payload.Find("AttestationPolicy")->AsString()));
  EXPECT_TRUE(read->text.starts_with("version"));
  if (read->algorithm == "none") {
    EXPECT_EQ(UnsecuredPolicy(read->text), jws);
    EXPECT_EQ(read->signature, Signature::kNone);
  } else {
    EXPECT_EQ(read->signature, Signature::kValid);
    EXPECT_EQ(read->x5c.size(), 1U);
  }
}

TEST(PolicyJws, UnwrapsEveryRecordedUploadAndAnswer) {
  VIDIMUS_REQUIRE_VECTORS();
  size_t uploads = 0, stored = 0;
  for (const auto& file : std::filesystem::directory_iterator(testing::VectorFolder() + "/maa/recordings-cpp")) {
    if (file.path().extension() != ".json") continue;
    const Json recording = *ParseJson(AsText(testing::ReadFile(file.path().string())));
    for (const Json& exchange : *recording.Find("exchanges")->AsArray()) {
      SCOPED_TRACE(file.path().filename().string());
      const Json* answer = exchange.Find("responseBody");
      const std::string token = testing::Text(*answer, "token");
      if (!testing::Text(exchange, "path").starts_with("/policies/") || token.empty()) continue;
      const Jws claims = *ParseJws(token);
      if (const std::string policy = testing::Text(claims.payload, "x-ms-policy"); policy.size() > 24) {
        ExpectUnwraps(policy);
        ++stored;
      }
      const std::string upload = testing::Text(exchange, "requestBody");
      if (testing::Text(exchange, "method") != "PUT" || upload.empty()) continue;
      ExpectUnwraps(upload);
      ++uploads;
      EXPECT_EQ(HashOf(upload), testing::Text(claims.payload, "x-ms-policy-token-hash"));
    }
  }
  EXPECT_EQ(uploads, 6U);
  EXPECT_EQ(stored, 12U);
}

TEST(PolicyJws, UnwrapsTheDocumentedExamplesWithTheirSpacingAndMisspeltAlgorithm) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector plain = testing::ReadVector("maa/policy-signers/policy-examples-0.jws");
  const ByteVector misspelt = testing::ReadVector("maa/policy-signers/policy-examples-1.jws");
  EXPECT_TRUE(PolicyOf(UnquotedJws(AsText(plain)))->starts_with("version= 1.0;authorizationrules{c:[type=="));
  const auto read = ReadPolicyJws(UnquotedJws(AsText(misspelt)));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->algorithm, "RSA256");
  EXPECT_EQ(read->signature, Signature::kValid);
}

}  // namespace
}  // namespace vidimus
