// Fair share as a specification: what is let in, what is refused, and until when.
#include "service/fair_share.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Time = std::chrono::steady_clock::time_point;
using Kind = FairShareKind;

const Time kStart = Time(seconds(1000));
constexpr FairShareLimits kUnlimited = {};
const std::string kClient = "192.0.2.1";

FairShareSettings Unlimited() { return {kUnlimited, kUnlimited, kUnlimited, kUnlimited}; }
// Ten a second, five at once.
FairShareSettings TenASecond() {
  FairShareSettings settings = Unlimited();
  settings.address = {10, 5, 0};
  return settings;
}
FairShareSettings TwoAtOnce() {
  FairShareSettings settings = Unlimited();
  settings.address = {0, 0, 2};
  return settings;
}

bool Enters(FairShare& share, Time now, const std::string& address = kClient, Kind kind = Kind::kRequest) {
  return share.Enter(kind, address, now).has_value();
}
int EnterAll(FairShare& share, Time now, const std::string& address = kClient, Kind kind = Kind::kRequest) {
  int count = 0;
  while (count < 1000 && Enters(share, now, address, kind)) ++count;
  return count;
}
FairShareRefusal Refusal(FairShare& share, Time now, const std::string& address = kClient, Kind kind = Kind::kRequest) {
  auto entered = share.Enter(kind, address, now);
  EXPECT_FALSE(entered);
  return entered ? FairShareRefusal{} : entered.error();
}

TEST(FairShare, LetsABurstInAtOnceAndNoMore) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart), 5);
}

TEST(FairShare, FillsUpAgainAtItsRate) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart), 5);
  EXPECT_EQ(EnterAll(share, kStart + milliseconds(99)), 0);
  EXPECT_EQ(EnterAll(share, kStart + milliseconds(100)), 1);
  EXPECT_EQ(EnterAll(share, kStart + milliseconds(300)), 2);
  EXPECT_EQ(EnterAll(share, kStart + seconds(60)), 5);
}

TEST(FairShare, SaysWhichRateIsMetAndWhenThereIsRoom) {
  FairShareSettings settings = Unlimited();
  settings.address = {0.25, 2, 0};
  FairShare share(settings);
  EXPECT_EQ(EnterAll(share, kStart), 2);
  const FairShareRefusal refusal = Refusal(share, kStart + milliseconds(500));
  EXPECT_EQ(refusal.error.code, ErrorCode::kBusy);
  EXPECT_EQ(refusal.error.where, "request.rate");
  EXPECT_EQ(refusal.error.detail,
            "found requests from 192.0.2.1 beyond 0.25 a second and bursts of 2, expected at most that many; there is room in 4 s");
  EXPECT_EQ(refusal.retry_after_seconds, 4);  // 3.5
  EXPECT_FALSE(Enters(share, kStart + milliseconds(3999)));
  EXPECT_TRUE(Enters(share, kStart + milliseconds(4000)));
}

TEST(FairShare, SaysHowManyMayBeAtWorkAtOnce) {
  FairShare share(TwoAtOnce());
  const auto first = share.Enter(Kind::kRequest, kClient, kStart);
  const auto second = share.Enter(Kind::kRequest, kClient, kStart);
  EXPECT_TRUE(first && second);
  const FairShareRefusal refusal = Refusal(share, kStart);
  EXPECT_EQ(refusal.error.code, ErrorCode::kBusy);
  EXPECT_EQ(refusal.error.where, "request.concurrency");
  EXPECT_EQ(refusal.error.detail, "found requests from 192.0.2.1 beyond 2 at once, expected at most that many");
  EXPECT_EQ(refusal.retry_after_seconds, 1);
}

TEST(FairShare, FreesAPlaceWhenItsTicketGoes) {
  FairShare share(TwoAtOnce());
  for (int i = 0; i < 10; ++i) {
    auto first = share.Enter(Kind::kRequest, kClient, kStart);
    auto second = share.Enter(Kind::kRequest, kClient, kStart);
    ASSERT_TRUE(first && second) << i;
    ASSERT_FALSE(Enters(share, kStart));
  }
}

// A request whose client gives up, or whose handler throws, ends with whatever held its ticket.
TEST(FairShare, FreesAPlaceThatIsAbandonedOnAnotherThread) {
  FairShare share(TwoAtOnce());
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    auto ticket = std::make_shared<FairShare::Ticket>(share.Enter(Kind::kRequest, kClient, kStart).value());
    threads.emplace_back([ticket = std::move(ticket)]() mutable { ticket.reset(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Enters(share, kStart));
}

TEST(FairShare, CountsATicketOnceWhereverItIsMoved) {
  FairShare share(TwoAtOnce());
  auto first = share.Enter(Kind::kRequest, kClient, kStart).value();
  auto second = share.Enter(Kind::kRequest, kClient, kStart).value();
  std::optional<FairShare::Ticket> moved(std::move(first));
  EXPECT_FALSE(Enters(share, kStart));
  second = *std::move(moved);  // gives its own place up
  moved.reset();
  auto third = share.Enter(Kind::kRequest, kClient, kStart);
  EXPECT_TRUE(third);
  EXPECT_FALSE(Enters(share, kStart));
}

TEST(FairShare, TicketsMayOutliveIt) {
  std::optional<FairShare> share(TwoAtOnce());
  auto ticket = share->Enter(Kind::kManagement, kClient, kStart);
  ASSERT_TRUE(ticket);
  share.reset();
}

TEST(FairShare, AddressesAreApart) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.1"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.2"), 5);
}

TEST(FairShare, InstancesAreApart) {
  FairShare one(TenASecond());
  FairShare other(TenASecond());
  EXPECT_EQ(EnterAll(one, kStart), 5);
  EXPECT_EQ(EnterAll(other, kStart), 5);
}

// RFC 4291 2.5.4: the first 64 bits are the network's, the rest is the host's own choice.
TEST(FairShare, CountsAnIpv6ClientByItsNetwork) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart, "2001:db8:0:1::1"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "2001:db8:0:1:ffff:ffff:ffff:ffff"), 0);
  EXPECT_EQ(EnterAll(share, kStart, "2001:db8:0:2::1"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "fe80::1%eth0"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "fe80::2%a_zone_with_a_rather_long_name_of_its_own"), 0);
}

// RFC 4291 2.5.5.2: how a socket for both shows an IPv4 client.
TEST(FairShare, CountsAnIpv4MappedAddressAsTheIpv4Address) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart, "::ffff:192.0.2.1"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.1"), 0);
  EXPECT_EQ(EnterAll(share, kStart, "::ffff:192.0.2.2"), 5);
  EXPECT_EQ(EnterAll(share, kStart, "::1"), 5);
}

TEST(FairShare, CountsWhatIsNoAddressAsOneClient) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart, ""), 5);
  for (const std::string& address : {std::string("nonsense"), std::string("1.2.3"), std::string(10'000, '1')}) {
    EXPECT_EQ(EnterAll(share, kStart, address), 0);
  }
}

TEST(FairShare, LimitsAllClientsOfAnInstanceTogether) {
  FairShareSettings settings = Unlimited();
  settings.instance = {10, 3, 0};
  FairShare share(settings);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Enters(share, kStart, "192.0.2." + std::to_string(i)));
  const FairShareRefusal refusal = Refusal(share, kStart, "192.0.2.9");
  EXPECT_EQ(refusal.error.where, "request.rate");
  EXPECT_THAT(refusal.error.detail, HasSubstr("requests on this instance beyond 10 a second"));
}

TEST(FairShare, LimitsDraftsAndManagementBesides) {
  FairShareSettings settings = Unlimited();
  settings.drafts = {10, 2, 0};
  settings.management = {10, 3, 0};
  FairShare share(settings);
  EXPECT_EQ(EnterAll(share, kStart, kClient, Kind::kDraft), 2);
  EXPECT_EQ(EnterAll(share, kStart, kClient, Kind::kManagement), 3);
  EXPECT_THAT(Refusal(share, kStart, kClient, Kind::kDraft).error.detail, HasSubstr("draft policies on this instance"));
  EXPECT_THAT(Refusal(share, kStart, kClient, Kind::kManagement).error.detail, HasSubstr("management calls on this instance"));
  EXPECT_TRUE(Enters(share, kStart));
}

// One client that asks and asks must not use up what the others have.
TEST(FairShare, ARefusalTakesNothingFromAnyLimit) {
  FairShareSettings settings = Unlimited();
  settings.address = {1, 2, 3};
  settings.instance = {1, 4, 5};
  settings.drafts = {1, 1, 1};
  FairShare share(settings);
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.1"), 2);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Enters(share, kStart, "192.0.2.1"));
  EXPECT_TRUE(Enters(share, kStart, "192.0.2.2", Kind::kDraft));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Enters(share, kStart, "192.0.2.2", Kind::kDraft));
  EXPECT_TRUE(Enters(share, kStart, "192.0.2.2"));
  EXPECT_FALSE(Enters(share, kStart, "192.0.2.3"));  // of the instance: four in all
}

TEST(FairShare, RemembersAddressesUpToItsLimit) {
  FairShareSettings settings = TenASecond();
  settings.addresses = 3;
  FairShare share(settings);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(EnterAll(share, kStart, "192.0.2." + std::to_string(i)), 5);
  EXPECT_EQ(share.addresses(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(EnterAll(share, kStart, "192.0.2." + std::to_string(i)), 0);
}

TEST(FairShare, OnePastItsLimitForgetsTheAddressIdleLongest) {
  FairShareSettings settings = TenASecond();
  settings.addresses = 3;
  FairShare share(settings);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(EnterAll(share, kStart, "192.0.2." + std::to_string(i)), 5);
  EXPECT_FALSE(Enters(share, kStart, "192.0.2.0"));  // now 1 is idle longest
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.3"), 5);
  EXPECT_EQ(share.addresses(), 3);
  for (const char* kept : {"192.0.2.0", "192.0.2.2", "192.0.2.3"}) EXPECT_FALSE(Enters(share, kStart, kept)) << kept;
  EXPECT_EQ(EnterAll(share, kStart, "192.0.2.1"), 5);
}

TEST(FairShare, ForgetsAnIdleAddressBeforeOneAtWork) {
  FairShareSettings settings = TwoAtOnce();
  settings.addresses = 2;
  FairShare share(settings);
  auto first = share.Enter(Kind::kRequest, "192.0.2.1", kStart);
  auto second = share.Enter(Kind::kRequest, "192.0.2.1", kStart);
  EXPECT_TRUE(Enters(share, kStart, "192.0.2.2"));
  EXPECT_TRUE(Enters(share, kStart, "192.0.2.3"));
  EXPECT_FALSE(Enters(share, kStart, "192.0.2.1"));
  EXPECT_EQ(share.addresses(), 2);
}

TEST(FairShare, StaysWithinItsLimitWhenAllAddressesAreAtWork) {
  FairShareSettings settings = TwoAtOnce();
  settings.addresses = 2;
  FairShare share(settings);
  std::vector<FairShare::Ticket> tickets;
  for (int i = 0; i < 50; ++i) tickets.push_back(share.Enter(Kind::kRequest, "192.0.2." + std::to_string(i), kStart).value());
  EXPECT_EQ(share.addresses(), 2);
  tickets.clear();
  EXPECT_TRUE(Enters(share, kStart));
}

TEST(FairShare, RemembersAsManyAddressesAsTheNamedLimitAndNoMore) {
  FairShare share;
  const auto enter = [&](size_t i) {
    EXPECT_TRUE(Enters(share, kStart + milliseconds(i),
                       "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255)));
  };
  for (size_t i = 0; i < 4 * limits::kAddressBuckets; ++i) {
    enter(i);
    ASSERT_LE(share.addresses(), limits::kAddressBuckets);
  }
  EXPECT_EQ(share.addresses(), limits::kAddressBuckets);
}

TEST(FairShare, TimeGoingBackALittleGivesNothing) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart), 5);
  EXPECT_EQ(EnterAll(share, kStart - milliseconds(1)), 0);
  EXPECT_EQ(EnterAll(share, kStart - milliseconds(900)), 0);
  EXPECT_EQ(EnterAll(share, kStart + milliseconds(100)), 1);
}

TEST(FairShare, TimeGoingBackALotRefusesNobodyForLong) {
  FairShare share(TenASecond());
  EXPECT_EQ(EnterAll(share, kStart), 5);
  const Time earlier = kStart - std::chrono::hours(1);
  EXPECT_EQ(Refusal(share, earlier).retry_after_seconds, 1);
  EXPECT_EQ(EnterAll(share, earlier + milliseconds(100)), 1);
  EXPECT_EQ(EnterAll(share, earlier + seconds(60)), 5);
  FairShare fresh(TenASecond());
  EXPECT_EQ(EnterAll(fresh, Time::min()), 5);
  EXPECT_EQ(EnterAll(fresh, Time::max()), 5);
  EXPECT_EQ(EnterAll(fresh, Time::min()), 0);
  EXPECT_EQ(EnterAll(fresh, kStart), 5);
}

TEST(FairShare, ZeroIsUnlimited) {
  FairShare share(Unlimited());
  std::vector<FairShare::Ticket> tickets;
  for (int i = 0; i < 5000; ++i) tickets.push_back(share.Enter(Kind::kDraft, kClient, kStart).value());
}

TEST(FairShare, ABurstLeavesRoomForOneRequest) {
  FairShareSettings settings = Unlimited();
  settings.address = {10, 0, 0};
  FairShare share(settings);
  EXPECT_EQ(EnterAll(share, kStart), 1);
  EXPECT_EQ(EnterAll(share, kStart + milliseconds(100)), 1);
}

TEST(FairShare, CountsExactlyWhenManyThreadsEnter) {
  FairShareSettings settings = Unlimited();
  settings.instance = {1, 1000, 0};
  settings.address = {0, 0, 4};
  FairShare share(settings);
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) entered += Enters(share, kStart) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entered, 1000);
  // All places are free again.
  std::vector<FairShare::Ticket> tickets;
  for (int i = 0; i < 4; ++i) {
    auto ticket = share.Enter(Kind::kRequest, kClient, kStart + seconds(10));
    ASSERT_TRUE(ticket);
    tickets.push_back(*std::move(ticket));
  }
  EXPECT_EQ(Refusal(share, kStart + seconds(10)).error.where, "request.concurrency");
}

}  // namespace
}  // namespace vidimus
