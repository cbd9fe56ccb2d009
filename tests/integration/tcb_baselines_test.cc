// The TCB baselines that an instance offers (maa-rest-api section 1.7).
#include "service/tcb_baselines.h"

#include <gtest/gtest.h>

#include "service/policies.h"
#include "tests/support/simulated_sgx.h"
#include "tests/support/test_service.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::Spoiled;

class TcbBaselinesTest : public ::testing::Test {
 protected:
  static IntelEndorsements Held(const SimulatedIntel& vendor, const std::string& without = "none") {
    auto documents = vendor.Documents(kSimulatedNow).value();
    std::erase_if(documents, [&](const NamedDocument& one) { return one.name == without; });
    return IntelEndorsements::Load(documents, {vendor.Anchor().value()}).value();
  }
  // "azuredefault 20 selected, 20, 19"
  static std::string Offered(const Instance& instance, const IntelEndorsements& held, AttestationType type = AttestationType::kSgxEnclave) {
    const auto baselines = TcbBaselines(instance, type, held, kSimulatedNow);
    if (!baselines) return std::string(baselines.error().where);
    std::string out;
    for (const TcbBaselineEntry& one : *baselines) {
      out += (out.empty() ? "" : ", ") + one.identifier;
      if (one.identifier != std::to_string(one.number)) out += " " + std::to_string(one.number);
      if (one.selected) out += " selected";
    }
    return out;
  }

  testing::TestService owner;
};

TEST_F(TcbBaselinesTest, AreTheDefaultAndEachNumberThatIsPublished) {
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor())), "azuredefault 20 selected, 20, 19");
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor()), AttestationType::kTdxVm), "azuredefault 20 selected, 20, 19");
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor()), AttestationType::kTpm), "request.evidence_type");
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor(), "evaluation-numbers.json")), "azuredefault 20 selected, 20, 19")
      << "without a list, those of the TCB info held";
  EXPECT_EQ(Offered(*owner.instance(), IntelEndorsements({})), "") << "nothing is held";
}

TEST_F(TcbBaselinesTest, TheDefaultIsWhatTheInstanceMakesOfIt) {
  const IntelEndorsements held = Held(GoodVendor());
  EXPECT_EQ(Offered(*owner.With(JsonObject{{"sgx", JsonObject{{"tcbBaseline", "standard"}}}}), held), "azuredefault 19 selected, 20, 19");
  EXPECT_EQ(Offered(*owner.With(JsonObject{{"sgx", JsonObject{{"tcbBaseline", 7}}}}), held), "azuredefault 7 selected, 20, 19");
  const auto standard = owner.With(JsonObject{{"sgx", JsonObject{{"tcbBaseline", "standard"}}}});
  EXPECT_EQ(Offered(*standard, Held(GoodVendor(), "evaluation-numbers.json")), "20, 19") << "standard means nothing without a list";
}

// policy-language section 3.
TEST_F(TcbBaselinesTest, TheOneThatThePolicyAsksForIsMarked) {
  const std::string policy =
      "version=1.1; configurationrules{=> issueproperty(type=\"x-ms-sgx-tcbidentifier\", value=\"19\");}; authorizationrules{=> permit();};"
      "issuancerules{};";
  const auto set =
      Policies(owner.management()).Set(owner.instance()->record.key, AttestationType::kSgxEnclave, UnsecuredPolicy(policy), "test");
  ASSERT_TRUE(set) << set.error().error.detail;
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor())), "azuredefault 20, 20, 19 selected");
  EXPECT_EQ(Offered(*owner.instance(), Held(GoodVendor()), AttestationType::kOpenEnclave), "azuredefault 20 selected, 20, 19");
}

TEST_F(TcbBaselinesTest, TellThePlatformSoftwareThatIsKnownToMeetThem) {
  const IntelEndorsements held = Held(Spoiled([](SimulatedIntelSpec& s) { s.evaluation_data_numbers = {10, 15, 16}; }));
  const auto baselines = TcbBaselines(*owner.instance(), AttestationType::kSgxEnclave, held, kSimulatedNow).value();
  ASSERT_EQ(baselines.size(), 4U);
  EXPECT_EQ(baselines[1].psw_linux, "") << "16 has not been published";
  EXPECT_EQ(baselines[2].psw_linux, "2.17");
  EXPECT_EQ(baselines[3].psw_windows, "2.7.101.2");
  EXPECT_TRUE(baselines[3].released);
}

}  // namespace
}  // namespace vidimus
