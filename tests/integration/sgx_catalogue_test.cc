// What SGX verification gives is what the catalogue says it gives.
#include <set>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "claims/catalogue.h"
#include "tests/support/simulated_sgx.h"
#include "verify/sgx_claims.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;

// The claims of an enclave that has everything: KSS, a platform of several packages, and endorsements in their grace.
VerifiedClaims EveryClaim() {
  SgxReportFields report;
  report.flags |= kSgxFlagKss;
  const ByteVector quote = GoodVendor().Quote(report).value();
  const auto endorsements = IntelEndorsements::Load(GoodVendor().Documents(kSimulatedNow).value(), {GoodVendor().Anchor().value()});
  SgxSettings settings;
  settings.expiry.grace = 20 * 86400;
  const auto result = VerifySgx({quote, {}, {}, {}}, endorsements.value(), {}, settings, kSimulatedNow + 40 * 86400);
  SgxClaimsContext context;
  context.submitted = quote;
  context.tcb_identifier = "azuredefault";
  context.expiry = settings.expiry;
  context.held_data = quote;
  context.runtime = Json(JsonObject{});
  context.init_time = Json(JsonObject{});
  return SgxClaims(result.verified.value(), context);
}

void ExpectForm(const CatalogueEntry& entry, const ClaimValue& value) {
  EXPECT_EQ(TypeOf(value), entry.type) << entry.name;
  if (entry.encoding != ClaimEncoding::kHex) return;
  const std::string* text = std::get_if<std::string>(&value);
  ASSERT_NE(text, nullptr) << entry.name;
  const auto octets = HexDecode(*text);
  ASSERT_TRUE(octets) << entry.name;
  EXPECT_EQ(octets->size(), entry.octets) << entry.name;
  EXPECT_EQ(HexEncode(*octets), *text) << entry.name << " is lower case";
}

TEST(SgxCatalogue, EveryIncomingClaimIsInItInItsForm) {
  const VerifiedClaims claims = EveryClaim();
  for (const Claim& claim : claims.incoming()) {
    const CatalogueEntry* entry = FindIncoming(AttestationType::kSgxEnclave, claim.type);
    ASSERT_NE(entry, nullptr) << claim.type;
    ExpectForm(*entry, claim.value);
    EXPECT_EQ(claim.read_only, entry->read_only) << claim.type;
  }
}

TEST(SgxCatalogue, HoldsNoIncomingClaimThatVerificationDoesNotGive) {
  const VerifiedClaims claims = EveryClaim();
  std::set<std::string_view> given;
  for (const Claim& claim : claims.incoming()) given.insert(claim.type);
  for (const CatalogueEntry& entry : ClaimCatalogue(AttestationType::kSgxEnclave)) {
    if (!entry.incoming()) continue;
    EXPECT_TRUE(given.contains(entry.name)) << entry.name;
  }
}

// intel-dcap section 4.8: what applied is in the token.
TEST(SgxCatalogue, TokensSayWhichExpiryAppliedAndToWhat) {
  const Json claims(EveryClaim().outgoing());
  EXPECT_EQ(*claims.Find("x-vidimus-expiry")->AsString(), "grace(1728000)");
  EXPECT_EQ(*claims.Find("x-vidimus-past-next-update")->AsString(), "root-crl,pck-crl,tcb-info,qe-identity");
  EXPECT_EQ(*claims.Find("x-vidimus-evaluation-number")->AsInt(), 20);
  EXPECT_EQ(*claims.Find("x-vidimus-tcb-baseline")->AsString(), "early");
}

TEST(SgxCatalogue, EveryMemberOfATokenIsInItAndReserved) {
  const VerifiedClaims claims = EveryClaim();
  std::set<std::string_view> outgoing;
  for (const CatalogueEntry& entry : ClaimCatalogue(AttestationType::kSgxEnclave))
    if (entry.outgoing()) outgoing.insert(entry.name);
  for (const JsonMember& member : claims.outgoing()) {
    EXPECT_TRUE(outgoing.contains(member.first)) << member.first;
    EXPECT_TRUE(IsReservedInTokens(member.first)) << member.first;
  }
}

}  // namespace
}  // namespace vidimus
