// What a platform that was verified once would be worth under endorsements that ask for more, each thing short alone.
#include "verify/tcb_forecast.h"

#include <gtest/gtest.h>

#include "tests/support/simulated_sgx.h"
#include "verify/tdx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::Spoiled;
using Spec = SimulatedIntelSpec;
using Kind = TcbBaseline::Kind;
using Short = std::vector<TcbShortfall>;

IntelEndorsements Held(const std::vector<NamedDocument>& documents) {
  return IntelEndorsements::Load(documents, {GoodVendor().Anchor().value()}).value();
}

IntelEndorsements Published(const std::function<void(Spec&)>& spoil) { return Held(Spoiled(spoil).Documents(kSimulatedNow).value()); }

// As verification of good evidence saw them.
PlatformTcb Enclave() {
  const testing::SgxCase good;
  return VerifySgx({good.quote, {}, {}, {}}, Held(good.documents), {}, {}, kSimulatedNow).platform.value();
}

PlatformTcb Td(const TdReportFields& fields = {}) {
  const IntelEndorsements held = Published([](Spec&) {});
  return VerifyTdx({GoodVendor().QuoteTd(fields).value(), {}, {}}, held, {}, {}, kSimulatedNow).platform.value();
}

TcbForecast Forecast(const PlatformTcb& platform, const std::function<void(Spec&)>& spoil, const TcbSettings& settings = {}) {
  return ForecastTcb(platform, Published(spoil), {}, settings, kSimulatedNow).value();
}

std::string WhereOf(const TcbForecast& forecast) { return forecast.refusal ? std::string(forecast.refusal->where) : ""; }

TEST(TcbForecast, APlatformThatIsUpToDateIsShortOfNothing) {
  for (const PlatformTcb& platform : {Enclave(), Td()}) {
    const TcbForecast forecast = Forecast(platform, [](Spec&) {});
    EXPECT_EQ(forecast.status, TcbStatus::kUpToDate);
    EXPECT_EQ(forecast.evaluation_data_number, 20);
    EXPECT_EQ(WhereOf(forecast), "");
    EXPECT_EQ(forecast.shortfalls, Short());
  }
}

TEST(TcbForecast, APlatformSaysWhatItsQuoteVouchesForAlsoWhenItIsRefused) {
  const testing::SgxCase good;
  const IntelEndorsements held = Held(good.documents);
  const PlatformTcb platform = Enclave();
  EXPECT_EQ(platform.tee, IntelTee::kSgx);
  EXPECT_EQ(platform.pck_ca, "platform");
  EXPECT_EQ(platform.trust_anchor, "simulated");
  EXPECT_EQ(platform.components, GoodVendor().spec().platform.components);
  EXPECT_EQ(platform.qe_isv_svn, 8);
  SgxSettings none;
  none.accepted_tcb.clear();
  EXPECT_EQ(VerifySgx({good.quote, {}, {}, {}}, held, {}, none, kSimulatedNow).platform, platform);
  ByteVector quote = good.quote;
  quote[432 + 4] ^= 1;  // a bit of the signature
  EXPECT_FALSE(VerifySgx({quote, {}, {}, {}}, held, {}, {}, kSimulatedNow).platform);
  TdReportFields later;
  later.v1_5.emplace().tee_tcb_svn_2 = {6, 1, 7};
  EXPECT_EQ(Td(later).tee_tcb_svn, later.tee_tcb_svn);
  EXPECT_EQ(Td(later).tee_tcb_svn_2, later.v1_5->tee_tcb_svn_2);
}

TEST(TcbForecast, NamesEachComponentThatIsBelowTheBestLevel) {
  const TcbForecast forecast = Forecast(Enclave(), [](Spec& s) {
    s.tcb_levels[0].components[0] = 14;
    s.tcb_levels[0].components[2] = 4;
  });
  EXPECT_EQ(forecast.status, TcbStatus::kOutOfDate);
  EXPECT_EQ(forecast.advisory_ids, (std::vector<std::string>{"INTEL-SA-00657", "INTEL-SA-00767"}));
  EXPECT_EQ(WhereOf(forecast), "sgx.tcb.status");
  EXPECT_EQ(forecast.shortfalls, (Short{{"SGX component 1", 12, 14}, {"SGX component 3", 3, 4}}));
  const TcbForecast of_td = Forecast(Td(), [](Spec& s) { s.tcb_levels[0].tdx_components[2] = 9; });
  EXPECT_EQ(of_td.status, TcbStatus::kOutOfDate);
  EXPECT_EQ(of_td.shortfalls, (Short{{"TDX component 3", 7, 9}}));
}

TEST(TcbForecast, ThePceCanBeShort) {
  const TcbForecast forecast = Forecast(Enclave(), [](Spec& s) { s.tcb_levels[0].pce_svn = s.tcb_levels[1].pce_svn = 15; });
  EXPECT_EQ(forecast.status, TcbStatus::kOutOfDateConfigurationNeeded);
  EXPECT_EQ(forecast.shortfalls, (Short{{"PCE SVN", 13, 15}}));
}

TEST(TcbForecast, TheQuotingEnclaveCanBeShort) {
  const auto newer = [](SimulatedQeIdentity& identity) { identity.levels[0].isv_svn = 9; };
  const TcbForecast forecast = Forecast(Enclave(), [&](Spec& s) { newer(s.qe_identity); });
  EXPECT_EQ(forecast.status, TcbStatus::kOutOfDate);
  EXPECT_EQ(forecast.shortfalls, (Short{{"quoting enclave ISVSVN", 8, 9}}));
  const TcbForecast none = Forecast(Td(), [](Spec& s) { s.td_qe_identity.levels = {{9, {TcbStatus::kUpToDate, 0, {}}}}; });
  EXPECT_EQ(WhereOf(none), "tdx.tcb.qe_level");
  EXPECT_EQ(none.shortfalls, (Short{{"quoting enclave ISVSVN", 8, 9}}));
}

TEST(TcbForecast, TheModuleOfATdCanBeShort) {
  const auto newer = [](Spec& s) { s.module_identities[0].levels[0].isv_svn = 11; };
  TdReportFields fields;
  fields.tee_tcb_svn[0] = 6;
  const TcbForecast forecast = Forecast(Td(fields), newer);
  EXPECT_EQ(forecast.status, TcbStatus::kOutOfDate);
  EXPECT_EQ(forecast.advisory_ids, (std::vector<std::string>{"INTEL-SA-01036"}));
  EXPECT_EQ(forecast.shortfalls, (Short{{"TDX module 1 SVN", 6, 11}}));
  EXPECT_EQ(WhereOf(Forecast(Td(fields), [](Spec& s) { s.module_identities.clear(); })), "tdx.module.identity");
}

TEST(TcbForecast, ATdWhoseModuleWasUpdatedSinceItsLaunchIsToBeRelaunched) {
  const auto newer = [](Spec& s) { s.module_identities[0].levels[0].isv_svn = 11; };
  TdReportFields fields;
  fields.tee_tcb_svn[0] = 6;
  fields.v1_5.emplace().tee_tcb_svn_2 = {11, 1, 7};
  const TcbForecast forecast = Forecast(Td(fields), newer);
  EXPECT_EQ(forecast.status, TcbStatus::kTdRelaunchAdvised);
  EXPECT_EQ(forecast.shortfalls, (Short{{"TDX module 1 SVN at launch", 6, 11}}));
  fields.v1_5->tee_tcb_svn_2[0] = 7;
  EXPECT_EQ(Forecast(Td(fields), newer).shortfalls, (Short{{"TDX module 1 SVN", 7, 11}, {"TDX module 1 SVN at launch", 6, 11}}));
}

TEST(TcbForecast, WithoutALevelThereIsNoStatusAndTheBestLevelSaysWhatIsShort) {
  const TcbForecast forecast = Forecast(Enclave(), [](Spec& s) { s.tcb_levels.resize(1), s.tcb_levels[0].components[15] = 1; });
  EXPECT_FALSE(forecast.status);
  EXPECT_EQ(WhereOf(forecast), "sgx.tcb.platform_level");
  EXPECT_EQ(forecast.shortfalls, (Short{{"SGX component 16", 0, 1}}));
}

TEST(TcbForecast, RevokedIsRefusedWhateverIsAccepted) {
  TcbSettings settings;
  settings.accepted_tcb.insert(TcbStatus::kRevoked);
  const auto revoke = [](Spec& s) { s.tcb_levels[0].verdict.status = TcbStatus::kRevoked; };
  const TcbForecast forecast = Forecast(Enclave(), revoke, settings);
  EXPECT_EQ(forecast.status, TcbStatus::kRevoked);
  EXPECT_EQ(WhereOf(forecast), "sgx.tcb.revoked");
}

TEST(TcbForecast, SettingsRefuseAsInVerification) {
  TcbSettings settings;
  settings.least_evaluation_number = 21;
  EXPECT_EQ(WhereOf(Forecast(Enclave(), [](Spec&) {}, settings)), "sgx.tcb.evaluation_number");
  const auto old = [](Spec& s) { s.tcb_levels[0].components[0] = 14; };
  settings = {};
  settings.accepted_tcb.insert(TcbStatus::kOutOfDate);
  EXPECT_EQ(WhereOf(Forecast(Enclave(), old, settings)), "");
  settings.accepted_advisories = std::set<std::string>{"INTEL-SA-00657"};
  EXPECT_EQ(WhereOf(Forecast(Enclave(), old, settings)), "sgx.tcb.advisories");
}

TEST(TcbForecast, AVerdictByWhatHasExpiredIsShownAndRefused) {
  const auto stale = [](Spec& s) { s.tcb_info_period = {-100, -10}; };
  const TcbForecast forecast = Forecast(Td(), stale);
  EXPECT_EQ(forecast.status, TcbStatus::kUpToDate);
  EXPECT_EQ(WhereOf(forecast), "tdx.tcb_info.validity");
  TcbSettings settings;
  settings.expiry.grace = 10;
  EXPECT_EQ(WhereOf(Forecast(Td(), stale, settings)), "");
}

TEST(TcbForecast, GoesByTheNumberOfTheBaseline) {
  const IntelEndorsements held = Published([](Spec&) {});
  const auto number = [&](TcbBaseline baseline) {
    return ForecastTcb(Enclave(), held, baseline, {}, kSimulatedNow).value().evaluation_data_number;
  };
  EXPECT_EQ(number({Kind::kEarly, 0}), 20);
  EXPECT_EQ(number({Kind::kStandard, 0}), 19);
  EXPECT_EQ(number({Kind::kNumber, 19}), 19);
}

TEST(TcbForecast, WithoutEndorsementsItFailsAsVerificationDoes) {
  const auto where = [](const PlatformTcb& platform, const IntelEndorsements& held, TcbBaseline baseline) {
    const auto forecast = ForecastTcb(platform, held, baseline, {}, kSimulatedNow);
    return forecast ? "" : std::string(forecast.error().where);
  };
  const IntelEndorsements held = Published([](Spec&) {});
  EXPECT_EQ(where(Enclave(), held, {Kind::kNumber, 18}), "intel.select.tcb_info");
  const IntelEndorsements young = Published([](Spec& s) { s.evaluation_data_numbers = {20}; });
  EXPECT_EQ(where(Enclave(), young, {Kind::kStandard, 0}), "intel.select.standard");
  PlatformTcb other = Enclave();
  other.trust_anchor = "intel-sgx-root";
  EXPECT_EQ(where(other, held, {}), "forecast.trust_anchor");
}

// Simulated vendors share the name of their roots.
TEST(TcbForecast, OfRootsOfOneNameTheOneWhoseEndorsementsAreHeldCounts) {
  const TrustAnchor stranger = SimulatedIntel::Create().value().Anchor().value();
  const auto documents = GoodVendor().Documents(kSimulatedNow).value();
  const auto held = IntelEndorsements::Load(documents, {stranger, GoodVendor().Anchor().value()}).value();
  EXPECT_EQ(ForecastTcb(Enclave(), held, {}, {}, kSimulatedNow).value().status, TcbStatus::kUpToDate);
}

TEST(TcbForecast, IsWrittenAsThisJson) {
  const IntelEndorsements held = Published([](Spec& s) { s.tcb_levels[0].components[0] = 14; });
  const auto text = [&](TcbBaseline baseline) {
    return WriteJson(ForecastToJson(ForecastTcb(Enclave(), held, baseline, {}, kSimulatedNow)));
  };
  EXPECT_EQ(text({}),
            R"({"evaluationDataNumber":20,"status":"OutOfDate","advisoryIds":["INTEL-SA-00657","INTEL-SA-00767"],)"
            R"("tcbDate":"2023-01-11T00:00:00Z","accepted":false,"refusal":{"code":"sgx.tcb.status","message":"found OutOfDate, expected )"
            R"(one of UpToDate, SWHardeningNeeded, ConfigurationNeeded, ConfigurationAndSWHardeningNeeded"},)"
            R"("short":[{"component":"SGX component 1","found":12,"needed":14}]})");
  EXPECT_EQ(text({Kind::kNumber, 18}), R"({"error":{"code":"intel.select.tcb_info",)"
                                       R"("message":"no SGX TCB info held for FMSPC 513d6a000000 and evaluation number 18"}})");
  EXPECT_EQ(
      WriteJson(ForecastToJson(Forecast(Enclave(), [](Spec&) {}))),
      R"({"evaluationDataNumber":20,"status":"UpToDate","advisoryIds":[],"tcbDate":"2024-03-13T00:00:00Z","accepted":true,"short":[]})");
}

}  // namespace
}  // namespace vidimus
