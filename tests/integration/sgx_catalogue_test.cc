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

// The claims of an enclave that has everything: KSS, and a platform of several packages.
VerifiedClaims EveryClaim() {
  SgxReportFields report;
  report.flags |= kSgxFlagKss;
  const ByteVector quote = GoodVendor().Quote(report).value();
  const auto endorsements = IntelEndorsements::Load(GoodVendor().Documents(kSimulatedNow).value(), {GoodVendor().Anchor().value()});
  const auto result = VerifySgx({quote, {}, {}, {}}, endorsements.value(), {}, {}, kSimulatedNow);
  SgxClaimsContext context;
  context.submitted = quote;
  context.tcb_identifier = "azuredefault";
  context.next_update_ignored = true;
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
