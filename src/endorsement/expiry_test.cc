// The setting that says what a passed nextUpdate means.
#include "endorsement/expiry.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

TEST(ExpirySetting, IsReadAsItIsWritten) {
  for (const std::string text : {"strict", "ignore", "grace(1)", "grace(86400)"}) EXPECT_EQ(ExpiryText(ParseExpiry(text).value()), text);
}

TEST(ExpirySetting, GraceIsASecondAtLeastAndTheLimitAtMost) {
  const auto grace = [](int64_t seconds) { return ParseExpiry("grace(" + std::to_string(seconds) + ")"); };
  EXPECT_EQ(grace(limits::kGraceSeconds).value().grace, limits::kGraceSeconds);
  EXPECT_FALSE(grace(limits::kGraceSeconds + 1));
  EXPECT_FALSE(grace(0));
  EXPECT_FALSE(grace(-1));
}

TEST(ExpirySetting, NothingElseIsOne) {
  for (const std::string text :
       {"", "Strict", "grace", "grace()", "grace(1", "grace(1) ", "grace(1.5)", "grace(99999999999999999999)", "grace(x)"})
    EXPECT_EQ(ParseExpiry(text).error().where, "intel.expiry") << text;
}

// The last second of nextUpdate, and of the grace, still counts.
TEST(ExpirySetting, CoversWhatItSays) {
  const Expiry strict, grace{10, false}, ignore{0, true};
  EXPECT_TRUE(strict.Covers(100, 100));
  EXPECT_FALSE(strict.Covers(100, 101));
  EXPECT_TRUE(grace.Covers(100, 110));
  EXPECT_FALSE(grace.Covers(100, 111));
  EXPECT_TRUE(grace.CoversCrl(100, 110));
  EXPECT_FALSE(grace.CoversCrl(100, 111));
  EXPECT_TRUE(ignore.Covers(100, 1'000'000));
  EXPECT_TRUE(ignore.CoversCrl(100, 100));
  EXPECT_FALSE(ignore.CoversCrl(100, 101)) << "of CRLs nothing is ignored";
}

}  // namespace
}  // namespace vidimus
