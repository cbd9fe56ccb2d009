// What an instance may ask of a platform's TCB beside its status, and which evaluation number it is judged by (maa-rest-api section 1.4.4,
// intel-dcap sections 4.5 and 4.8).
#include <gtest/gtest.h>

#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::Judge;
using testing::SgxCase;
using testing::Spoiled;

using Spec = SimulatedIntelSpec;
using Kind = TcbBaseline::Kind;

// nextUpdate of everything was ten seconds ago.
SgxCase Stale() {
  return SgxCase(Spoiled([](Spec& s) {
    for (SimulatedPeriod* period : {&s.tcb_info_period, &s.qe_identity_period, &s.root_crl_period, &s.pck_crl_period})
      *period = {-100, -10};
  }));
}

TEST(ExpiryOfEndorsements, GraceIsAddedToEveryNextUpdate) {
  SgxCase c = Stale();
  EXPECT_EQ(Judge(c).where, "sgx.crl.validity");
  c.settings.expiry.grace = 10;
  EXPECT_EQ(Judge(c).where, "");
  c.settings.expiry.grace = 9;
  EXPECT_EQ(Judge(c).where, "sgx.crl.validity");
}

TEST(ExpiryOfEndorsements, GraceNeverForgivesADateOfIssueOrACertificate) {
  SgxCase early(Spoiled([](Spec& s) { s.tcb_info_period = {1, 100}; }));
  early.settings.expiry.grace = 1000;
  EXPECT_EQ(Judge(early).where, "sgx.tcb_info.validity");
  SgxCase expired(Spoiled([](Spec& s) { s.tcb_signer.not_after = testing::kSimulatedNow - 1; }));
  expired.settings.expiry.grace = 1000;
  EXPECT_EQ(Judge(expired).where, "sgx.tcb_info.signer_validity");
}

TEST(ExpiryOfEndorsements, WhatWasKeptInForceBySettingIsNamed) {
  SgxCase c = Stale();
  c.settings.expiry.grace = 10;
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
  const auto judged = VerifySgx({c.quote, {}, {}, {}}, endorsements, {}, c.settings, c.now);
  ASSERT_TRUE(judged.verified);
  EXPECT_EQ(judged.verified->past_next_update(), "root-crl,pck-crl,tcb-info,qe-identity");
  const SgxCase good;
  const auto held = IntelEndorsements::Load(good.documents, good.anchors).value();
  EXPECT_EQ(VerifySgx({good.quote, {}, {}, {}}, held, {}, good.settings, good.now).verified->past_next_update(), "");
}

TEST(TcbBaselineSetting, ChoosesTheEvaluationNumberWhereNobodyNamesOne) {
  SgxCase c;
  const auto number = [&] { return Judge(c).tcb->evaluation_data_number; };
  EXPECT_EQ(number(), 20);
  EXPECT_EQ(Judge(c).tcb->baseline, Kind::kEarly);
  c.settings.baseline = {Kind::kStandard, 0};
  EXPECT_EQ(number(), 19) << "of thirteen months ago; 20 is a month old";
  EXPECT_EQ(Judge(c).tcb->baseline, Kind::kStandard);
  c.settings.baseline = {Kind::kNumber, 20};
  EXPECT_EQ(number(), 20);
  c.settings.baseline = {Kind::kStandard, 0};
  c.number = 20;
  EXPECT_EQ(number(), 20) << "the number asked for comes first";
  EXPECT_EQ(Judge(c).tcb->baseline, Kind::kNumber);
}

TEST(TcbBaselineSetting, StandardMeansNothingWithoutASignedListInForce) {
  const auto judged = [](const SimulatedIntel& vendor, const std::string& without) {
    SgxCase c(vendor);
    c.settings.baseline = {Kind::kStandard, 0};
    std::erase_if(c.documents, [&](const NamedDocument& one) { return one.name == without; });
    return Judge(c);
  };
  EXPECT_EQ(judged(testing::GoodVendor(), "").where, "");
  EXPECT_EQ(judged(testing::GoodVendor(), "tdx-evaluation-numbers.json").where, "") << "of another TEE";
  EXPECT_EQ(judged(testing::GoodVendor(), "evaluation-numbers.json").where, "intel.select.standard");
  EXPECT_EQ(judged(Spoiled([](Spec& s) { s.evaluation_numbers_period = {-10, -1}; }), "").where, "intel.select.standard");
  EXPECT_EQ(judged(Spoiled([](Spec& s) { s.evaluation_data_numbers = {20}; }), "").where, "intel.select.standard") << "it is a month old";
}

TEST(LeastEvaluationNumber, RefusesAVerdictThatRestsOnAnOlderOne) {
  SgxCase c;
  c.settings.least_evaluation_number = 20;
  EXPECT_EQ(Judge(c).where, "");
  c.settings.least_evaluation_number = 21;
  EXPECT_EQ(Judge(c).where, "sgx.tcb.evaluation_number");
  c.settings.least_evaluation_number = 20;
  c.number = 19;
  EXPECT_EQ(Judge(c).where, "sgx.tcb.evaluation_number");
  EXPECT_EQ(Judge(c).code, ErrorCode::kUnacceptable);
}

TEST(AcceptedAdvisories, AreTheOnlyOnesThatMayApply) {
  SgxCase c(Spoiled([](Spec& s) {
    for (TcbLevel& level : s.tcb_levels) level.verdict.advisory_ids = {"INTEL-SA-00001", "INTEL-SA-00002"};
  }));
  EXPECT_EQ(Judge(c).where, "") << "not looked at unless told";
  c.settings.accepted_advisories = {"INTEL-SA-00001", "INTEL-SA-00002", "INTEL-SA-00003"};
  EXPECT_EQ(Judge(c).where, "");
  c.settings.accepted_advisories = {"INTEL-SA-00001"};
  EXPECT_EQ(Judge(c).where, "sgx.tcb.advisories");
  c.settings.accepted_advisories = std::set<std::string>();
  EXPECT_EQ(Judge(c).where, "sgx.tcb.advisories");
  SgxCase clean;
  clean.settings.accepted_advisories = std::set<std::string>();
  EXPECT_EQ(Judge(clean).where, "");
}

// What newer endorsements would cure, and nothing else, is said to lack them.
TEST(LackingEndorsements, AreNamedOnceThePckChainHasVerified) {
  const auto lacks = [](const SgxCase& c) {
    const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
    return VerifySgx({c.quote, {}, {}, {}}, endorsements, c.number, c.settings, c.now).lacks;
  };
  EXPECT_FALSE(lacks({}));
  SgxCase none;
  none.documents.clear();
  ASSERT_TRUE(lacks(none));
  EXPECT_EQ(lacks(none)->tee, IntelTee::kSgx);
  EXPECT_EQ(lacks(none)->fmspc, testing::GoodVendor().spec().platform.fmspc);
  EXPECT_EQ(lacks(none)->pck_ca, "platform");
  none.number = 7;
  EXPECT_EQ(lacks(none)->evaluation_data_number, 7);
  EXPECT_TRUE(lacks(Stale()));
  SgxCase unknown_root;
  unknown_root.documents.clear();
  unknown_root.anchors = {IntelRootAnchor()};
  EXPECT_FALSE(lacks(unknown_root)) << "nothing is fetched for whom no trusted root vouches";
  SgxCase expired_platform(Spoiled([](Spec& s) { s.pck.not_after = testing::kSimulatedNow - 1; }));
  expired_platform.documents.clear();
  EXPECT_FALSE(lacks(expired_platform)) << "no endorsement cures that";
  EXPECT_FALSE(lacks(SgxCase(Spoiled([](Spec& s) { s.pck_revoked = {s.pck.serial}; }))));
}

}  // namespace
}  // namespace vidimus
