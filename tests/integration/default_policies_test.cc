// The published default policies, by the hashes that relying parties know.
#include <gtest/gtest.h>

#include "policy/compile.h"
#include "policy/default_policies.h"
#include "policy/evaluator.h"
#include "tests/support/vectors.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

std::string HashOf(AttestationType type) { return PolicyHash(DefaultPolicy(type)); }

TEST(DefaultPolicies, HashToTheirPublishedHashes) {  // maa-rest-api section 2.4
  EXPECT_EQ(HashOf(AttestationType::kSgxEnclave), "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc");
  EXPECT_EQ(HashOf(AttestationType::kOpenEnclave), "ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc");
  EXPECT_EQ(HashOf(AttestationType::kSevSnpVm), "9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco");
  EXPECT_EQ(HashOf(AttestationType::kTdxVm), "B56nbp5slhw66peoRYkpdq1WykMkEworvdol08hnMXE");
  EXPECT_EQ(HashOf(AttestationType::kAzureGuest), "wm9mHlvTU82e8UqoOy1Yj1FBRSNkfe99-69IYDq9eWs");
}

TEST(DefaultPolicies, AreTheRecordedTexts) {  // policy-language section 5.1
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector tdx = testing::ReadVector("policy/real-world/default-tdxvm.txt");
  EXPECT_EQ(DefaultPolicy(AttestationType::kTdxVm), AsText(tdx));
  const ByteVector guest = testing::ReadVector("policy/real-world/default-azureguest.txt");
  EXPECT_EQ(DefaultPolicy(AttestationType::kAzureGuest), AsText(guest));
}

bool Permits(AttestationType type, const ClaimSet& claims) {
  const auto program = CompileProgram(DefaultPolicy(type));
  EXPECT_TRUE(program) << AttestationTypeName(type);
  const auto decision = program ? Evaluate(*program, claims) : Result<Decision>(tl::unexpected(program.error()));
  EXPECT_TRUE(decision) << AttestationTypeName(type);
  return decision && decision->permitted();
}

TEST(DefaultPolicies, PermitEverythingButTpm) {  // Tpm has none by design: nothing is attested until its owner sets one
  for (const AttestationType type : kAttestationTypes)
    EXPECT_EQ(Permits(type, {}), type != AttestationType::kTpm) << AttestationTypeName(type);
}

TEST(DefaultPolicies, OfAzureGuestRefusesAMachineWithoutSecureBoot) {
  EXPECT_TRUE(Permits(AttestationType::kAzureGuest, {{"secureboot", true}}));
  EXPECT_FALSE(Permits(AttestationType::kAzureGuest, {{"secureboot", false}}));
}

}  // namespace
}  // namespace vidimus
