// When the documents held run out: which of them count, in which state, and in which order.
#include "endorsement/calendar.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "gather/intel_plan.h"
#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::Spoiled;
using Spec = SimulatedIntelSpec;

constexpr UnixTime kDay = 86'400;

IntelEndorsements Held(std::initializer_list<std::vector<NamedDocument>> issues) {
  IntelEndorsements out({GoodVendor().Anchor().value()});
  for (const auto& documents : issues) out = out.With(documents).value();
  return out;
}

const CalendarEntry* Find(const std::vector<CalendarEntry>& calendar, const std::string& document) {
  const auto found = std::find_if(calendar.begin(), calendar.end(), [&](const auto& one) { return one.document == document; });
  return found == calendar.end() ? nullptr : &*found;
}

std::string StateOf(const std::vector<CalendarEntry>& calendar, const std::string& document) {
  const CalendarEntry* entry = Find(calendar, document);
  return entry == nullptr ? "none" : std::string(CalendarStateName(entry->state));
}

const std::string kIdentity = "identity of the SGX quoting enclave, evaluation number ";

TEST(ExpiryCalendar, HasEachDocumentAndEachCertificateOnceWhatRunsOutFirstComesFirst) {
  const auto vendor = Spoiled([](Spec& s) { s.pck_crl_period.next_update = 7 * kDay, s.tcb_info_period.next_update = 9 * kDay; });
  const auto calendar = ExpiryCalendar(Held({vendor.Documents(kSimulatedNow).value()}), kSimulatedNow);
  std::vector<std::string> names;
  for (const CalendarEntry& entry : calendar) names.push_back(entry.document);
  EXPECT_EQ(names.front(), "CRL of the PCK Platform CA");
  EXPECT_THAT(names, ::testing::IsSupersetOf({std::string("CRL of the root"), std::string("list of TDX evaluation numbers"),
                                              std::string("certificate \"Intel SGX TCB Signing\""),
                                              std::string("certificate \"Intel SGX Root CA\"")}));
  EXPECT_TRUE(std::is_sorted(calendar.begin(), calendar.end(), [](const auto& a, const auto& b) { return a.next_update < b.next_update; }));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(ExpiryCalendar, ADocumentIsDueFromHalfOfItsLifeAndExpiredAfterItsNextUpdate) {
  const auto vendor = Spoiled([](Spec& s) { s.root_crl_period = {-100, 100}; });
  const IntelEndorsements held = Held({vendor.Documents(kSimulatedNow).value()});
  const auto at = [&](UnixTime now) { return StateOf(ExpiryCalendar(held, now), "CRL of the root"); };
  EXPECT_EQ(at(kSimulatedNow - 101), "none") << "not yet issued";
  EXPECT_EQ(at(kSimulatedNow - 1), "in force");
  EXPECT_EQ(at(kSimulatedNow), "due");
  EXPECT_EQ(at(kSimulatedNow + 100), "due");
  EXPECT_EQ(at(kSimulatedNow + 101), "expired");
}

TEST(ExpiryCalendar, ACertificateHasNoHalfLife) {
  const auto vendor = Spoiled([](Spec& s) { s.tcb_signer.not_after = kSimulatedNow + 10; });
  const IntelEndorsements held = Held({vendor.Documents(kSimulatedNow).value()});
  const std::string name = "certificate \"Intel SGX TCB Signing\"";
  const auto calendar = ExpiryCalendar(held, kSimulatedNow);
  ASSERT_NE(Find(calendar, name), nullptr);
  EXPECT_EQ(Find(calendar, name)->kind, "certificate");
  EXPECT_FALSE(Find(calendar, name)->half_life || Find(calendar, name)->key);
  EXPECT_EQ(StateOf(calendar, name), "in force");
  EXPECT_EQ(StateOf(ExpiryCalendar(held, kSimulatedNow + 11), name), "expired");
}

TEST(ExpiryCalendar, OnlyTheLatestIssueOfADocumentCounts) {
  const UnixTime later = kSimulatedNow + kDay;
  const IntelEndorsements held = Held({GoodVendor().Documents(kSimulatedNow).value(), GoodVendor().Documents(later).value()});
  const auto calendar = ExpiryCalendar(held, later);
  const auto crls = std::count_if(calendar.begin(), calendar.end(), [](const auto& one) { return one.document == "CRL of the root"; });
  EXPECT_EQ(crls, 1);
  EXPECT_EQ(Find(calendar, "CRL of the root")->issued, later - 3600);
}

// The others run out, and nobody need do anything about it.
TEST(ExpiryCalendar, ANumberThatTheListNamesNoMoreIsSuperseded) {
  const auto before = Spoiled([](Spec& s) { s.evaluation_data_numbers = {18, 19, 20}; });
  const UnixTime later = kSimulatedNow + kDay;
  const IntelEndorsements held = Held({before.Documents(kSimulatedNow).value(), GoodVendor().Documents(later).value()});
  EXPECT_EQ(StateOf(ExpiryCalendar(held, kSimulatedNow), kIdentity + "18"), "in force");
  EXPECT_EQ(StateOf(ExpiryCalendar(held, later), kIdentity + "18"), "superseded");
  EXPECT_EQ(StateOf(ExpiryCalendar(held, later), kIdentity + "19"), "in force");
}

// A source may have the documents of a recovery before the list that names it is looked at again.
TEST(ExpiryCalendar, ANumberHigherThanTheListKnowsIsNot) {
  const auto before = Spoiled([](Spec& s) { s.evaluation_data_numbers = {18, 19}; });
  const UnixTime later = kSimulatedNow + 20 * kDay;
  std::vector<NamedDocument> documents = before.Documents(kSimulatedNow).value();
  const auto newer = GoodVendor().Documents(kSimulatedNow).value();
  std::copy_if(newer.begin(), newer.end(), std::back_inserter(documents), [](const auto& one) { return one.name.ends_with("-20.json"); });
  const IntelEndorsements held = Held({documents});
  EXPECT_EQ(StateOf(ExpiryCalendar(held, kSimulatedNow), kIdentity + "20"), "in force");
  const auto due = DueAt(held, later);
  EXPECT_NE(std::find(due.begin(), due.end(), IntelDocumentKey{IntelDocumentKind::kQeIdentity, IntelTee::kSgx, "", 20}), due.end());
}

TEST(ExpiryCalendar, WithoutAListInForceTheHighestNumberAloneCounts) {
  const auto vendor = Spoiled([](Spec& s) { s.evaluation_numbers_period = {-100, -10}; });
  const auto calendar = ExpiryCalendar(Held({vendor.Documents(kSimulatedNow).value()}), kSimulatedNow);
  EXPECT_EQ(StateOf(calendar, "list of SGX evaluation numbers"), "expired");
  EXPECT_EQ(StateOf(calendar, kIdentity + "19"), "superseded");
  EXPECT_EQ(StateOf(calendar, kIdentity + "20"), "in force");
  EXPECT_EQ(StateOf(calendar, "SGX TCB info of FMSPC 513d6a000000, evaluation number 20"), "in force");
}

TEST(ExpiryCalendar, AnEntryIsWrittenAsThisJson) {
  const auto vendor = Spoiled([](Spec& s) { s.root_crl_period = {-100, 300}; });
  const auto calendar = ExpiryCalendar(Held({vendor.Documents(kSimulatedNow).value()}), kSimulatedNow);
  EXPECT_EQ(WriteJson(CalendarEntryToJson(*Find(calendar, "CRL of the root"), kSimulatedNow)),
            R"({"document":"CRL of the root","kind":"root-crl","issued":"2026-05-28T20:25:00Z","halfLife":"2026-05-28T20:28:20Z",)"
            R"("nextUpdate":"2026-05-28T20:31:40Z","secondsLeft":300,"state":"in force"})");
}

}  // namespace
}  // namespace vidimus
