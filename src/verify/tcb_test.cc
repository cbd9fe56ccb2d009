#include "verify/tcb.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

using S = TcbStatus;

constexpr S kAll[] = {S::kUpToDate,
                      S::kSwHardeningNeeded,
                      S::kConfigurationNeeded,
                      S::kConfigurationAndSwHardeningNeeded,
                      S::kOutOfDate,
                      S::kOutOfDateConfigurationNeeded,
                      S::kRevoked};

// intel-dcap section 5.5, row by row. A quoting enclave's level is UpToDate, OutOfDate or Revoked (section 4.4).
TEST(ConvergeTcbStatus, FollowsTheTableForEveryPair) {
  struct Row {
    S platform, when_up_to_date, when_out_of_date, when_revoked;
  };
  constexpr Row kTable[] = {
      {S::kUpToDate, S::kUpToDate, S::kOutOfDate, S::kRevoked},
      {S::kSwHardeningNeeded, S::kSwHardeningNeeded, S::kOutOfDate, S::kRevoked},
      {S::kConfigurationNeeded, S::kConfigurationNeeded, S::kOutOfDateConfigurationNeeded, S::kRevoked},
      {S::kConfigurationAndSwHardeningNeeded, S::kConfigurationAndSwHardeningNeeded, S::kOutOfDateConfigurationNeeded, S::kRevoked},
      {S::kOutOfDate, S::kOutOfDate, S::kOutOfDate, S::kRevoked},
      {S::kOutOfDateConfigurationNeeded, S::kOutOfDateConfigurationNeeded, S::kOutOfDateConfigurationNeeded, S::kRevoked},
      {S::kRevoked, S::kRevoked, S::kRevoked, S::kRevoked},
  };
  ASSERT_EQ(std::size(kTable), std::size(kAll));
  for (const Row& row : kTable) {
    const std::string_view name = TcbStatusName(row.platform);
    EXPECT_EQ(ConvergeTcbStatus(row.platform, S::kUpToDate), row.when_up_to_date) << name;
    EXPECT_EQ(ConvergeTcbStatus(row.platform, S::kOutOfDate), row.when_out_of_date) << name;
    EXPECT_EQ(ConvergeTcbStatus(row.platform, S::kRevoked), row.when_revoked) << name;
  }
}

TEST(ConvergeTcbStatus, NeverImprovesOnRevokedAndNeverHidesIt) {
  for (const S status : kAll) {
    EXPECT_EQ(ConvergeTcbStatus(S::kRevoked, status), S::kRevoked);
    EXPECT_EQ(ConvergeTcbStatus(status, S::kRevoked), S::kRevoked);
  }
}

TEST(Converge, TakesTheEarlierDateAndTheUnionOfAdvisories) {
  const TcbLevelVerdict verdict = Converge({S::kConfigurationNeeded, 200, {"C", "B"}}, {S::kOutOfDate, 100, {"C", "A"}});
  EXPECT_EQ(verdict.status, S::kOutOfDateConfigurationNeeded);
  EXPECT_EQ(verdict.date, 100);
  EXPECT_EQ(verdict.advisory_ids, (std::vector<std::string>{"A", "B", "C"}));
}

// intel-dcap section 5.6. Rows: what the launch gives; columns: what today gives, in the order of kAll.
TEST(ConvergeLaunch, FollowsTheRuleForEveryPairAndNeverHidesTheWorse) {
  const S advised = S::kTdRelaunchAdvised, configure = S::kTdRelaunchAdvisedConfigurationNeeded;
  const S table[7][7] = {{kAll[0], kAll[1], kAll[2], kAll[3], kAll[4], kAll[5], kAll[6]},
                         {kAll[1], kAll[1], kAll[2], kAll[3], kAll[4], kAll[5], kAll[6]},
                         {kAll[2], kAll[2], kAll[2], kAll[3], kAll[4], kAll[5], kAll[6]},
                         {kAll[3], kAll[3], kAll[3], kAll[3], kAll[4], kAll[5], kAll[6]},
                         {advised, advised, configure, configure, kAll[4], kAll[5], kAll[6]},
                         {configure, configure, configure, configure, kAll[5], kAll[5], kAll[6]},
                         {kAll[6], kAll[6], kAll[6], kAll[6], kAll[6], kAll[6], kAll[6]}};
  for (size_t launch = 0; launch < 7; ++launch)
    for (size_t current = 0; current < 7; ++current)
      EXPECT_EQ(ConvergeLaunch({kAll[launch], 0, {}}, {kAll[current], 0, {}}).status, table[launch][current])
          << TcbStatusName(kAll[launch]) << " then " << TcbStatusName(kAll[current]);
}

TEST(FindPlatformLevel, ATdMustReachTheComponentsOfSgxAndOfTdxInOneLevel) {
  TcbInfo info{};
  TcbLevel high{}, low{};
  high.components.fill(5);
  high.tdx_components.fill(5);
  low.components.fill(3);
  low.tdx_components.fill(3);
  info.levels = {high, low};
  PlatformTcb platform;
  std::array<uint8_t, 16> svn{};
  platform.components.fill(5);
  svn.fill(4);
  EXPECT_EQ(FindPlatformLevel(info, platform), &info.levels[0]) << "SGX has no SVNs of a TD";
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), &info.levels[1]);
  svn.fill(5);
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), &info.levels[0]);
  platform.components[15] = 2;
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), nullptr);
}

// Section 5.2: bytes 0 and 1 are the module's, which its identity judges, once byte 1 names a version.
TEST(FindPlatformLevel, BytesZeroAndOneOfATdCountOnlyWithoutAModuleVersion) {
  TcbInfo info{};
  TcbLevel level{};
  level.tdx_components.fill(5);
  info.levels = {level};
  const PlatformTcb platform;
  std::array<uint8_t, 16> svn{};
  svn.fill(5);
  svn[0] = 0;
  EXPECT_NE(FindPlatformLevel(info, platform, &svn), nullptr);
  svn[1] = 1;
  EXPECT_NE(FindPlatformLevel(info, platform, &svn), nullptr);
  svn[1] = 0;
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), nullptr);
  svn[0] = 5;
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), nullptr) << "byte 1 is below too";
  svn[1] = 1;
  svn[2] = 4;
  EXPECT_EQ(FindPlatformLevel(info, platform, &svn), nullptr);
}

TEST(FindSvnLevel, IsTheFirstAtOrBelow) {
  const std::vector<SvnTcbLevel> levels = {{8, {}}, {5, {}}};
  EXPECT_EQ(FindSvnLevel(levels, 9), &levels[0]);
  EXPECT_EQ(FindSvnLevel(levels, 8), &levels[0]);
  EXPECT_EQ(FindSvnLevel(levels, 7), &levels[1]);
  EXPECT_EQ(FindSvnLevel(levels, 5), &levels[1]);
  EXPECT_EQ(FindSvnLevel(levels, 4), nullptr);
}

}  // namespace
}  // namespace vidimus
