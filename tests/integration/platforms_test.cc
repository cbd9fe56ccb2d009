// Platforms as an instance sees them: which evidence counts, what other nodes and the next start know, and what is forecast for them.
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/attestation_service.h"
#include "service/platforms.h"
#include "tests/support/simulated_sgx.h"
#include "tests/support/test_service.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::Spoiled;
using Baseline = TcbBaseline::Kind;

const Caller kCreator{"https://issuer", "someone", JsonObject{{"sub", "someone"}}};

class PlatformsTest : public ::testing::Test {
 protected:
  PlatformsTest() {
    EndorsementCache::Settings settings;
    settings.anchors = {GoodVendor().Anchor().value()};
    settings.files = GoodVendor().Documents(kSimulatedNow).value();
    settings.clock = clock;
    cache = EndorsementCache::Open(std::move(settings)).value();
    collateral = std::make_unique<Collateral>(*cache, std::vector<std::unique_ptr<IntelSource>>{}, Collateral::Settings{clock, {}});
    service = std::make_unique<AttestationService>(*collateral, clock, [this] { return owner.now; });
    Start();
  }

  void Start(std::chrono::milliseconds look = std::chrono::hours(1)) {
    platforms.reset();
    platforms = std::make_unique<Platforms>(owner.management().store, owner.registry(), *cache,
                                            Platforms::Settings{[this] { return owner.now; }, clock, look});
  }
  // "accepted", or where it was refused.
  std::string Attest(const ByteVector& quote, const std::string& instance = "default") {
    AttestRequest request;
    request.evidence.type = AttestationType::kSgxEnclave;
    request.evidence.evidence = quote;
    std::promise<std::string> told;
    service->Attest(owner.instance(instance), request,
                    [&](const AttestResult& result) { told.set_value(result ? "accepted" : std::string(result.error().error.where)); });
    return told.get_future().get();
  }
  std::vector<SeenPlatform> Seen(const std::string& instance = "default") { return platforms->Seen(*owner.instance(instance)).value(); }

  // A platform whose first component is at `svn`.
  static ByteVector QuoteOf(uint8_t svn) {
    return Spoiled([&](SimulatedIntelSpec& spec) { spec.platform.components[0] = svn; }).Quote({}).value();
  }

  const std::function<UnixTime()> clock = [] { return kSimulatedNow; };
  testing::TestService owner;
  std::unique_ptr<EndorsementCache> cache;
  std::unique_ptr<Collateral> collateral;
  std::unique_ptr<AttestationService> service;
  std::unique_ptr<Platforms> platforms;
};

TEST_F(PlatformsTest, AnAttestedPlatformIsSeenByItsInstanceAlone) {
  ASSERT_TRUE(owner.instances().Create({"other", {}, {}}, kCreator));
  EXPECT_TRUE(Seen().empty());
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value()), "accepted");
  const auto seen = Seen();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].platform.fmspc, GoodVendor().spec().platform.fmspc);
  EXPECT_EQ(seen[0].platform.pck_ca, "platform");
  EXPECT_EQ(seen[0].first_seen, owner.now);
  EXPECT_TRUE(Seen("other").empty());
}

// What an operator must see first is what is refused for its TCB.
TEST_F(PlatformsTest, APlatformRefusedForItsTcbIsSeen) {
  EXPECT_EQ(Attest(QuoteOf(0)), "sgx.tcb.status");
  EXPECT_EQ(Seen().size(), 1U);
}

TEST_F(PlatformsTest, APlatformWhoseQuoteNobodySignedIsNot) {
  ByteVector quote = GoodVendor().Quote({}).value();
  quote[100] ^= 1;
  EXPECT_EQ(Attest(quote), "sgx.quote.signature");
  EXPECT_EQ(Attest(testing::SgxCase(SimulatedIntel::Create().value()).quote), "intel.root.untrusted");
  EXPECT_TRUE(Seen().empty());
}

// The background thread may be just writing what it took from memory.
TEST_F(PlatformsTest, ArePartOfTheNextAnswerWhoeverWritesThemDown) {
  Start(std::chrono::milliseconds(1));
  for (uint8_t svn = 0; svn < 50; ++svn) {
    Attest(QuoteOf(svn));
    EXPECT_EQ(Seen().size(), svn + 1U);
  }
}

TEST_F(PlatformsTest, OtherNodesAndTheNextStartKnowThem) {
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value()), "accepted");
  platforms.reset();  // writes the last news down
  InstanceRegistry::Settings settings;
  settings.addresses.default_name = "default";
  settings.clock = [this] { return owner.now; };
  const Management& one = owner.management();
  const auto other = InstanceRegistry::Start(one.store, one.vault, std::move(settings)).value();
  const Platforms there(one.store, *other, *cache, {[this] { return owner.now; }, clock});
  EXPECT_EQ(there.Seen(*other->Find("default").value()).value().size(), 1U);
}

TEST_F(PlatformsTest, AreForgottenThirtyDaysAfterTheLastSight) {
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value()), "accepted");
  owner.now += limits::kPlatformSeconds;
  EXPECT_EQ(Seen().size(), 1U);
  owner.now += 1;
  EXPECT_TRUE(Seen().empty());
}

TEST_F(PlatformsTest, ADeletedInstanceTakesItsPlatformsAlong) {
  ASSERT_TRUE(owner.instances().Create({"brief", {}, {}}, kCreator));
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value(), "brief"), "accepted");
  const auto instance = owner.instance("brief");
  ASSERT_TRUE(owner.instances().Delete("brief", "test").value());
  EXPECT_EQ(platforms->Seen(*instance).error().where, "store.missing");
  ASSERT_TRUE(owner.instances().Create({"brief", {}, {}}, kCreator));
  EXPECT_TRUE(Seen("brief").empty()) << "a new life begins with nothing";
}

TEST_F(PlatformsTest, AreForecastBySettingsOfTheirInstance) {
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value()), "accepted");
  const auto instance = owner.instance();
  const auto all = ForecastPlatforms(*instance, Seen(), *cache->Endorsements(), kSimulatedNow);
  ASSERT_EQ(all.size(), 1U);
  ASSERT_TRUE(all[0].early);
  EXPECT_FALSE(all[0].early->refusal);
  ASSERT_TRUE(all[0].standard);
  EXPECT_LT(all[0].standard->evaluation_data_number, all[0].early->evaluation_data_number);
  Instance stricter = *instance;
  stricter.settings.appraisal.sgx.least_evaluation_number = all[0].early->evaluation_data_number;
  const auto again = ForecastPlatforms(stricter, Seen(), *cache->Endorsements(), kSimulatedNow);
  EXPECT_FALSE(again[0].early->refusal);
  ASSERT_TRUE(again[0].standard->refusal);
  EXPECT_EQ(again[0].standard->refusal->where, "sgx.tcb.evaluation_number");
}

TEST_F(PlatformsTest, AreCountedByWhatBecomesOfThem) {
  ASSERT_EQ(Attest(GoodVendor().Quote({}).value()), "accepted");
  ASSERT_EQ(Attest(QuoteOf(0)), "sgx.tcb.status");
  Start(std::chrono::milliseconds(5));
  const auto count = [&](Baseline baseline, bool accepted) {
    uint64_t out = 0;
    for (const auto& [kind, platforms_of_kind] : platforms->counts())
      if (std::get<0>(kind) == baseline && std::get<2>(kind) == accepted) out += platforms_of_kind;
    return out;
  };
  while (platforms->counts().empty()) std::this_thread::yield();
  for (const Baseline baseline : {Baseline::kEarly, Baseline::kStandard}) {
    EXPECT_EQ(count(baseline, true), 1U);
    EXPECT_EQ(count(baseline, false), 1U);
  }
  EXPECT_TRUE(platforms->counts().contains({Baseline::kEarly, "UpToDate", true}));
}

}  // namespace
}  // namespace vidimus
