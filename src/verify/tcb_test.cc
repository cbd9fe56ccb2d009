#include "verify/sgx_tcb.h"

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

TEST(Converge, TakesTheEarliestDateTheUnionOfAdvisoriesAndTheSmallerNumber) {
  TcbInfo info{};
  info.evaluation_data_number = 20;
  QeIdentity identity{};
  identity.evaluation_data_number = 19;
  const SgxTcbLevel platform{{}, 0, {S::kConfigurationNeeded, 200, {"B", "C"}}};
  const QeTcbLevel qe{1, {S::kOutOfDate, 100, {"C", "A"}}};
  const TcbVerdict verdict = Converge(info, platform, identity, qe);
  EXPECT_EQ(verdict.status, S::kOutOfDateConfigurationNeeded);
  EXPECT_EQ(verdict.date, 100);
  EXPECT_EQ(verdict.advisory_ids, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(verdict.evaluation_data_number, 19);
}

TEST(FindQeLevel, IsTheFirstAtOrBelow) {
  QeIdentity identity{};
  identity.levels = {{8, {}}, {5, {}}};
  EXPECT_EQ(FindQeLevel(identity, 9), &identity.levels[0]);
  EXPECT_EQ(FindQeLevel(identity, 8), &identity.levels[0]);
  EXPECT_EQ(FindQeLevel(identity, 7), &identity.levels[1]);
  EXPECT_EQ(FindQeLevel(identity, 5), &identity.levels[1]);
  EXPECT_EQ(FindQeLevel(identity, 4), nullptr);
}

}  // namespace
}  // namespace vidimus
