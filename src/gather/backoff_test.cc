// Pauses after failures: longer each time, never the same for all, and never shorter than was asked for.
#include "gather/backoff.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesWithEachFailureUpToItsLimit) {
  EXPECT_EQ(BackoffDelay(0, 1, {}), seconds(limits::kBackoffSeconds));
  EXPECT_EQ(BackoffDelay(1, 1, {}), seconds(2 * limits::kBackoffSeconds));
  EXPECT_EQ(BackoffDelay(3, 1, {}), seconds(8 * limits::kBackoffSeconds));
  EXPECT_EQ(BackoffDelay(40, 1, {}), seconds(limits::kBackoffGreatestSeconds));
  EXPECT_EQ(BackoffDelay(4'000'000'000U, 1, {}), seconds(limits::kBackoffGreatestSeconds));
}

TEST(Backoff, LiesBetweenHalfAndAllOfIt) {
  EXPECT_EQ(BackoffDelay(3, 0, {}), seconds(4 * limits::kBackoffSeconds));
  EXPECT_EQ(BackoffDelay(3, 0.5, {}), seconds(6 * limits::kBackoffSeconds));
  EXPECT_EQ(BackoffDelay(3, -1, {}), BackoffDelay(3, 0, {}));
  EXPECT_EQ(BackoffDelay(3, 2, {}), BackoffDelay(3, 1, {}));
}

// RFC 9110 section 10.2.3.
TEST(Backoff, IsNeverShorterThanAskedForAndNeverLongerThanTheLimit) {
  EXPECT_EQ(BackoffDelay(0, 1, seconds(90)), seconds(90));
  EXPECT_EQ(BackoffDelay(9, 1, seconds(1)), BackoffDelay(9, 1, {}));
  EXPECT_EQ(BackoffDelay(0, 1, seconds(limits::kRetryAfterSeconds)), seconds(limits::kRetryAfterSeconds));
  EXPECT_EQ(BackoffDelay(0, 1, seconds(limits::kRetryAfterSeconds + 1)), seconds(limits::kRetryAfterSeconds));
  EXPECT_EQ(BackoffDelay(0, 1, seconds(-5)), BackoffDelay(0, 1, {}));
}

}  // namespace
}  // namespace vidimus
