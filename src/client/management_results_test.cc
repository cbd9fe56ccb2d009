#include "client/management_results.h"

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "crypto/issue.h"
#include "token/jws.h"
#include "token/management_claims.h"
#include "token/management_jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

SignerCertificate Certificate(const std::string& name) {
  static const PrivateKey key = *PrivateKey::GenerateP256();
  CertificateSpec spec;
  spec.subject = {{"CN", name}};
  spec.serial = {1};
  spec.not_before = 1'600'000'000;
  spec.not_after = 2'000'000'000;
  return *SignerCertificate::FromDer(*IssueCertificate(spec, key, {spec.subject, key}));
}

Json Payload(const ManagementClaims& claims) { return claims.members(); }

const std::string kText = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { };";
const std::string kPolicy = UnsecuredPolicy(kText);

// maa-rest-api section 5.2.
TEST(ManagementResults, DescribeAPolicyAsAzDoes) {
  const auto shown = DescribePolicy(Payload(ManagementClaims::StoredPolicy(kPolicy)));
  ASSERT_TRUE(shown);
  EXPECT_EQ(*shown->Find("Jwt"), Json(kPolicy));
  EXPECT_EQ(*shown->Find("Text"), Json(kText));
  EXPECT_EQ(*shown->Find("Algorithm"), Json("none"));
  EXPECT_EQ(WriteJson(*shown->Find("TextLength")), std::to_string(kText.size()));
  EXPECT_EQ(WriteJson(*shown->Find("JwtLength")), std::to_string(kPolicy.size()));
}

// maa-rest-api section 3.3: the default of Tpm is no policy at all.
TEST(ManagementResults, DescribeNoPolicyAsAnEmptyText) {
  const auto shown = DescribePolicy(Payload(ManagementClaims::StoredPolicy(std::string(kUnsecuredReset))));
  ASSERT_TRUE(shown);
  EXPECT_EQ(*shown->Find("Text"), Json(""));
}

TEST(ManagementResults, RefuseAPayloadWithoutWhatWasAskedFor) {
  for (const Json& payload : {Json(), Json(JsonObject{}), Json(JsonObject{{"x-ms-policy", 1}})}) {
    EXPECT_EQ(DescribePolicy(payload).error().where, "client.result");
    EXPECT_EQ(DescribeSigners(kPolicy, payload).error().where, "client.result");
    EXPECT_EQ(CheckPolicyUpdated(payload, kPolicy).error().where, "client.result");
    EXPECT_EQ(CheckPolicyRemoved(payload).error().where, "client.result");
  }
  EXPECT_EQ(DescribePolicy(JsonObject{{"x-ms-policy", "nonsense"}}).error().where, "token.jws.format");
  const Json no_x5c = JsonObject{{"x-ms-policy-certificates", JsonObject{{"keys", JsonArray{JsonObject{}}}}}};
  EXPECT_EQ(DescribeSigners(kPolicy, no_x5c).error().where, "client.result");
}

TEST(ManagementResults, DescribeSignersWithSubjectAndThumbprint) {
  const SignerCertificate one = Certificate("one"), two = Certificate("two");
  const std::string token = UnsecuredJws({{"alg", "RS256"}, {"jku", "https://host/certs"}}, {});
  const auto shown = DescribeSigners(token, Payload(ManagementClaims::Signers({one, two})));
  ASSERT_TRUE(shown);
  EXPECT_EQ(*shown->Find("Jwt"), Json(token));
  EXPECT_EQ(*shown->Find("Algorithm"), Json("RS256"));
  EXPECT_EQ(*shown->Find("JKU"), Json("https://host/certs"));
  EXPECT_EQ(WriteJson(*shown->Find("CertificateCount")), "2");
  const Json& second = shown->Find("Certificates")->AsArray()->at(1);
  EXPECT_EQ(*second.Find("thumbprint"), Json(two.thumbprint()));
  EXPECT_EQ(*second.Find("subject"), Json("CN=two"));
  EXPECT_EQ(second.Find("x5c")->AsArray()->front(), Json(Base64Encode(two.der())));
}

TEST(ManagementResults, BelieveOnlyAnAnswerAboutJustThisPolicyOrCertificate) {
  const SignerCertificate one = Certificate("one"), two = Certificate("two");
  const Json updated = Payload(ManagementClaims::PolicyUpdated(kPolicy, std::nullopt));
  EXPECT_TRUE(CheckPolicyUpdated(updated, kPolicy));
  EXPECT_FALSE(CheckPolicyUpdated(updated, UnsecuredPolicy(kText + " ")));
  EXPECT_FALSE(CheckPolicyRemoved(updated));
  EXPECT_TRUE(CheckPolicyRemoved(Payload(ManagementClaims::PolicyRemoved())));
  const Json present = Payload(ManagementClaims::SignerPresent(one));
  EXPECT_TRUE(CheckSignerChanged(present, one, true));
  EXPECT_FALSE(CheckSignerChanged(present, two, true));
  EXPECT_FALSE(CheckSignerChanged(present, one, false));
  EXPECT_TRUE(CheckSignerChanged(Payload(ManagementClaims::SignerAbsent(one)), one, false));
}

}  // namespace
}  // namespace vidimus
