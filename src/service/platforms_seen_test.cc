// Which platforms an instance remembers, for how long, and what of them is news to the store.
#include "service/platforms_seen.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1'780'000'000;

PlatformTcb Of(uint8_t svn) {
  PlatformTcb out;
  out.pck_ca = "platform";
  out.trust_anchor = "Intel";
  out.components[0] = svn;
  return out;
}

std::vector<int> Svns(const std::vector<SeenPlatform>& platforms) {
  std::vector<int> out;
  for (const SeenPlatform& one : platforms) out.push_back(one.platform.components[0]);
  return out;
}

TEST(PlatformsSeen, KeepsFirstAndLastOfManySightings) {
  PlatformsSeen seen;
  for (const UnixTime at : {kNow, kNow + 60, kNow + 30}) seen.Note(Of(1), at);
  const auto all = seen.All();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].first_seen, kNow);
  EXPECT_EQ(all[0].last_seen, kNow + 60) << "clocks of threads differ";
}

TEST(PlatformsSeen, EverySvnMakesAnotherPlatform) {
  PlatformsSeen seen;
  PlatformTcb tdx = Of(1);
  tdx.tee = IntelTee::kTdx;
  tdx.tee_tcb_svn.emplace();
  PlatformTcb updated = tdx;
  updated.tee_tcb_svn_2.emplace();
  for (const PlatformTcb& one : {Of(1), Of(2), tdx, updated, Of(1)}) seen.Note(one, kNow);
  EXPECT_EQ(seen.All().size(), 4U);
}

TEST(PlatformsSeen, TheOneSeenLongestAgoMakesRoomForOneMoreThanTheLimit) {
  PlatformsSeen seen(3);
  seen.Note(Of(1), kNow);
  seen.Note(Of(2), kNow + 1);
  seen.Note(Of(3), kNow + 2);
  EXPECT_THAT(Svns(seen.All()), ::testing::ElementsAre(1, 2, 3)) << "at the limit";
  seen.Note(Of(1), kNow + 3);
  seen.Note(Of(4), kNow + 4);
  EXPECT_THAT(Svns(seen.All()), ::testing::ElementsAre(1, 3, 4));
}

TEST(PlatformsSeen, AreNewsOnceAndAgainAfterAnHour) {
  PlatformsSeen seen;
  seen.Note(Of(1), kNow);
  EXPECT_THAT(Svns(seen.TakeNews(0)), ::testing::ElementsAre(1));
  EXPECT_THAT(Svns(seen.TakeNews(0)), ::testing::IsEmpty());
  seen.Note(Of(1), kNow + limits::kPlatformKeepSeconds - 1);
  seen.Note(Of(2), kNow);
  EXPECT_THAT(Svns(seen.TakeNews(0)), ::testing::ElementsAre(2));
  seen.Note(Of(1), kNow + limits::kPlatformKeepSeconds);
  EXPECT_THAT(Svns(seen.TakeNews(0)), ::testing::ElementsAre(1));
}

TEST(PlatformsSeen, AreNewsAgainWhenTheyCouldNotBeKept) {
  PlatformsSeen seen;
  seen.Note(Of(1), kNow);
  seen.PutBack(seen.TakeNews(0));
  EXPECT_THAT(Svns(seen.TakeNews(0)), ::testing::ElementsAre(1));
}

TEST(PlatformsSeen, WhatTheStoreHasIsNoNews) {
  PlatformsSeen seen;
  EXPECT_FALSE(seen.added());
  seen.Note(Of(1), kNow);
  seen.Add({{Of(1), kNow - 900, kNow - 10}, {Of(2), kNow - 900, kNow - 800}});
  EXPECT_TRUE(seen.added());
  EXPECT_THAT(seen.TakeNews(0), ::testing::IsEmpty());
  const auto all = seen.All();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].first_seen, kNow - 900);
  EXPECT_EQ(all[0].last_seen, kNow);
}

TEST(PlatformsSeen, AreForgottenOnceTheyAreOlderThanAsked) {
  PlatformsSeen seen;
  seen.Note(Of(1), kNow - 1);
  seen.Note(Of(2), kNow);
  EXPECT_THAT(Svns(seen.TakeNews(kNow)), ::testing::ElementsAre(2));
  EXPECT_THAT(Svns(seen.All()), ::testing::ElementsAre(2));
}

TEST(PlatformsSeen, ManyThreadsNoteAndTakeAtOnce) {
  PlatformsSeen seen(50);
  std::vector<std::thread> threads;
  std::atomic<size_t> taken = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&seen, &taken, t] {
      for (int i = 0; i < 500; ++i) {
        seen.Note(Of(static_cast<uint8_t>((t * 7 + i) % 60)), kNow + i);
        if (i % 50 == 0) taken += seen.TakeNews(kNow).size();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen.All().size(), 50U);
  EXPECT_GE(taken + seen.TakeNews(kNow).size(), 60U) << "each was news once at least";
}

}  // namespace
}  // namespace vidimus
