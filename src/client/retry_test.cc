#include "client/retry.h"

#include <gtest/gtest.h>

#include "client/scripted_fetcher.h"

namespace vidimus {
namespace {

const tl::unexpected<Error> kNotReached = Fail(ErrorCode::kIo, "net.fetch.connect", "no");
const tl::unexpected<Error> kLost = Fail(ErrorCode::kIo, "net.fetch.timeout", "no");

size_t TriesUntilAccepted(const Result<FetchResponse>& first, Retry retry) {
  ScriptedFetcher fetcher({first, Answer(200, "")});
  static_cast<void>(FetchWithRetries(fetcher, {}, retry));
  return fetcher.requests.size();
}

TEST(Retry, RepeatsWhatChangesNothingAfterAnythingThatMayPass) {
  for (const int status : {429, 500, 502, 503}) EXPECT_EQ(TriesUntilAccepted(Answer(status, ""), Retry::kAlways), 2U) << status;
  for (const int status : {200, 302, 400, 401, 404}) EXPECT_EQ(TriesUntilAccepted(Answer(status, ""), Retry::kAlways), 1U) << status;
  EXPECT_EQ(TriesUntilAccepted(kLost, Retry::kAlways), 2U);
}

TEST(Retry, RepeatsAChangeOnlyWhereItCannotHaveBegun) {
  for (const int status : {429, 503}) EXPECT_EQ(TriesUntilAccepted(Answer(status, ""), Retry::kUnlessBegun), 2U) << status;
  for (const int status : {500, 502}) EXPECT_EQ(TriesUntilAccepted(Answer(status, ""), Retry::kUnlessBegun), 1U) << status;
  EXPECT_EQ(TriesUntilAccepted(kLost, Retry::kUnlessBegun), 1U);
  EXPECT_EQ(TriesUntilAccepted(kNotReached, Retry::kUnlessBegun), 2U);
}

TEST(Retry, GivesUpAfterThreeTriesWithTheLastAnswer) {
  ScriptedFetcher fetcher({Answer(503, "1"), Answer(503, "2"), Answer(503, "3"), Answer(200, "")});
  EXPECT_EQ(FetchWithRetries(fetcher, {}, Retry::kUnlessBegun)->body, "3");
}

}  // namespace
}  // namespace vidimus
