// Bodies of the control plane, read and written (maa-rest-api section 5.1).
#include "api/arm_resource.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/limits.h"
#include "crypto/issue.h"

namespace vidimus {
namespace {

std::string Certificate(size_t number) {
  static const PrivateKey key = *PrivateKey::GenerateP256();
  CertificateSpec spec;
  spec.subject = {{"CN", "signer"}};
  spec.serial = {1, static_cast<uint8_t>(number)};
  spec.not_after = 4'000'000'000;
  return Base64Encode(*IssueCertificate(spec, key, {spec.subject, key}));
}

JsonObject Body(JsonObject properties) { return {{"location", "here"}, {"properties", std::move(properties)}}; }

JsonObject WithSigners(size_t count, bool same = false) {
  JsonArray keys;
  const std::string one = Certificate(0);  // made again it would have another signature
  for (size_t i = 0; i < count; ++i) keys.push_back(JsonObject{{"kty", "EC"}, {"x5c", JsonArray{same ? one : Certificate(i)}}});
  return Body({{"policySigningCertificates", JsonObject{{"keys", std::move(keys)}}}});
}

std::string Where(const std::string& body) {
  const auto read = ReadArmCreateBody(body);
  return read ? "" : std::string(read.error().where);
}
std::string WhereOf(const JsonObject& body) { return Where(WriteJson(body)); }

JsonObject Tags(size_t count, size_t name, size_t value) {
  JsonObject out;
  for (size_t i = 0; i < count; ++i) out.emplace_back(std::string(name - 2, 'n') + std::to_string(10 + i), std::string(value, 'v'));
  return {{"location", "here"}, {"tags", std::move(out)}};
}

TEST(ArmResource, IsReadAsItIsCreated) {
  const auto read = ReadArmCreateBody(R"({"location":"here","tags":{"a":"b"},"unknown":1,
      "properties":{"publicNetworkAccess":"Enabled","tpmAttestationAuthentication":"Disabled","other":[]}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->location, "here");
  EXPECT_EQ(read->tags.size(), 1U);
  EXPECT_TRUE(read->signers.empty());
  EXPECT_EQ(read->tpm_needs_token, false);
  EXPECT_EQ(ReadArmCreateBody(R"({"location":"x","tags":null,"properties":null})")->tpm_needs_token, std::nullopt);
}

TEST(ArmResource, IsRefusedWithAnotherBody) {
  for (const std::string body :
       {"", "[]", "{", "{}", R"({"location":""})", R"({"location":1})", R"({"location":"x","properties":[]})",
        R"({"location":"x","tags":[]})", R"({"location":"x","tags":{"a":1}})", R"({"location":"x","tags":{"":"a"}})",
        R"({"location":"x","properties":{"tpmAttestationAuthentication":true}})",
        R"({"location":"x","properties":{"tpmAttestationAuthentication":"enabled"}})",
        R"({"location":"x","properties":{"policySigningCertificates":[]}})",
        R"({"location":"x","properties":{"policySigningCertificates":{"keys":[{}]}}})",
        R"({"location":"x","properties":{"policySigningCertificates":{"keys":[{"x5c":[]}]}}})",
        R"({"location":"x","properties":{"policySigningCertificates":{"keys":[{"x5c":["!"]}]}}})"})
    EXPECT_EQ(Where(body), "arm.body") << body;
  EXPECT_EQ(Where(R"({"location":"x","properties":{"publicNetworkAccess":"Disabled"}})"), "arm.public_network_access");
  EXPECT_EQ(Where(R"({"location":"x","properties":{"policySigningCertificates":{"keys":[{"x5c":["AAAA"]}]}}})"),
            "crypto.signer_certificate");
}

TEST(ArmResource, HasALocationOfSoManyOctets) {
  EXPECT_EQ(WhereOf(JsonObject{{"location", std::string(64, 'x')}}), "");
  EXPECT_EQ(WhereOf(JsonObject{{"location", std::string(65, 'x')}}), "arm.body");
}

TEST(ArmResource, HasSoManyTagsOfSuchALengthAndNoMore) {
  EXPECT_EQ(WhereOf(Tags(50, 512, 256)), "");
  EXPECT_EQ(WhereOf(Tags(51, 8, 8)), "arm.body");
  EXPECT_EQ(WhereOf(Tags(1, 513, 8)), "arm.body");
  EXPECT_EQ(WhereOf(Tags(1, 8, 257)), "arm.body");
}

TEST(ArmResource, HasSoManySignersAndNoMore) {
  EXPECT_EQ(ReadArmCreateBody(WriteJson(WithSigners(limits::kPolicySigners)))->signers.size(), limits::kPolicySigners);
  EXPECT_EQ(WhereOf(WithSigners(limits::kPolicySigners + 1)), "arm.body");
  EXPECT_EQ(ReadArmCreateBody(WriteJson(WithSigners(3, true)))->signers.size(), 1U);  // the same one again is one
}

TEST(ArmResource, ChangesOnlyWhatAnUpdateNames) {
  const auto nothing = ReadArmUpdateBody("{}");
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->tags);
  EXPECT_FALSE(nothing->tpm_needs_token);
  EXPECT_TRUE(ReadArmUpdateBody(R"({"tags":{}})")->tags->empty());
  EXPECT_EQ(ReadArmUpdateBody(R"({"properties":{"publicNetworkAccess":"Disabled"}})").error().where, "arm.public_network_access");
}

TEST(ArmResource, IsFoundInItsScopeWithoutRegardToCase) {
  const JsonObject kept = NewArmResource({"SUB", "Group"}, "Name", {"here", {}, {}, {}}, "someone", "then");
  EXPECT_TRUE(IsInScope(kept, {"sub", "GROUP"}));
  EXPECT_TRUE(IsInScope(kept, {"sub", ""}));
  EXPECT_FALSE(IsInScope(kept, {"sub", "other"}));
  EXPECT_FALSE(IsInScope(kept, {"other", "group"}));
  EXPECT_FALSE(IsInScope({}, {"sub", ""}));
  EXPECT_FALSE(IsInScope({{"subscription", 1}}, {"sub", ""}));
}

TEST(ArmResource, ShowsWhatIsKeptAndNoSettings) {
  InstanceRecord record;
  record.key = {"name", 1};
  record.issuer = "https://name.attest.example";
  record.trust_model = TrustModel::kIsolated;
  const JsonObject kept = NewArmResource({"s", "g"}, "Name", {"here", {{"a", "b"}}, {}, {}}, "someone", "then");
  InstanceSettings settings;
  settings.grants = {{{"https://i", "sub", "secret-person"}, Role::kOwner}};
  const Json shown = ArmResourceJson(record, kept, settings);
  EXPECT_EQ(*shown.Find("id")->AsString(), "/subscriptions/s/resourceGroups/g/providers/Microsoft.Attestation/attestationProviders/Name");
  EXPECT_EQ(*shown.Find("properties")->Find("attestUri")->AsString(), record.issuer);
  EXPECT_EQ(*shown.Find("properties")->Find("trustModel")->AsString(), "Isolated");
  EXPECT_EQ(*shown.Find("properties")->Find("tpmAttestationAuthentication")->AsString(), "Enabled");
  EXPECT_EQ(*shown.Find("systemData")->Find("createdBy")->AsString(), "someone");
  EXPECT_EQ(WriteJson(shown).find("secret-person"), std::string::npos);
}

}  // namespace
}  // namespace vidimus
