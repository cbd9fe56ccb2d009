#include "base/time.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

std::string_view PartsRefusal(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  const auto result = TimeFromParts(year, month, day, hour, minute, second);
  return result ? "accepted" : result.error().where;
}

std::string_view TextRefusal(std::string_view text) {
  const auto result = ParseRfc3339Utc(text);
  return result ? "accepted" : result.error().where;
}

TEST(Time, CountsSecondsSince1970) {
  EXPECT_EQ(TimeFromParts(1970, 1, 1, 0, 0, 0).value(), 0);
  EXPECT_EQ(TimeFromParts(1969, 12, 31, 23, 59, 59).value(), -1);
  EXPECT_EQ(TimeFromParts(2001, 9, 9, 1, 46, 40).value(), 1'000'000'000);
  EXPECT_EQ(TimeFromParts(2038, 1, 19, 3, 14, 8).value(), int64_t{1} << 31);
  EXPECT_EQ(TimeFromParts(9999, 12, 31, 23, 59, 59).value(), 253'402'300'799);
  EXPECT_EQ(TimeFromParts(0, 1, 1, 0, 0, 0).value(), -62'167'219'200);
}

TEST(Time, KnowsLeapYears) {
  EXPECT_EQ(PartsRefusal(2024, 2, 29), "accepted");
  EXPECT_EQ(PartsRefusal(2000, 2, 29), "accepted");
  EXPECT_EQ(PartsRefusal(2023, 2, 29), "time.range");
  EXPECT_EQ(PartsRefusal(1900, 2, 29), "time.range");
}

TEST(Time, RefusesEachPartOnePastItsRange) {
  EXPECT_EQ(PartsRefusal(2024, 12, 31, 23, 59, 59), "accepted");
  EXPECT_EQ(PartsRefusal(-1, 1, 1), "time.range");
  EXPECT_EQ(PartsRefusal(10000, 1, 1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 0, 1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 13, 1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 0), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 32), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 4, 31), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, 24), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, -1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, 0, 60), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, 0, -1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, 0, 0, 60), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 1, 0, 0, -1), "time.range");
}

TEST(Time, NumbersTooLargeForACalendarTypeDoNotWrapIntoAGoodDate) {
  EXPECT_EQ(PartsRefusal(2024, 256 + 1, 1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, 1, 256 + 1), "time.range");
  EXPECT_EQ(PartsRefusal(65536 + 2024, 1, 1), "time.range");
  EXPECT_EQ(PartsRefusal(2024, -255, 1), "time.range");
}

TEST(Time, ReadsTheOneFormThatIntelWrites) {
  EXPECT_EQ(ParseRfc3339Utc("1970-01-01T00:00:00Z").value(), 0);
  EXPECT_EQ(ParseRfc3339Utc("2001-09-09T01:46:40Z").value(), 1'000'000'000);
}

TEST(Time, RefusesEveryOtherForm) {
  for (const std::string_view text :
       {"", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01t00:00:00Z", "2024-01-01T00:00:00z", "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.0Z", "2024-01-01T00:00:00+00:00", " 2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z ", "2024-1-01T00:00:000Z",
        "+024-01-01T00:00:00Z", "-024-01-01T00:00:00Z", "2024/01/01T00:00:00Z", "20240101T000000Z0000"})
    EXPECT_EQ(TextRefusal(text), "time.format") << text;
}

TEST(Time, RefusesWellFormedTextThatNamesNoTime) {
  for (const std::string_view text : {"2023-02-29T00:00:00Z", "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z",
                                      "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2016-12-31T23:59:60Z"})
    EXPECT_EQ(TextRefusal(text), "time.range") << text;
}

TEST(Time, RefusesEveryPrefixAndEverySpoiledCharacter) {
  const std::string good = "2024-02-29T12:34:56Z";
  ASSERT_EQ(TextRefusal(good), "accepted");
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(TextRefusal(std::string_view(good).substr(0, i)), "time.format") << i;
    std::string spoiled = good;
    spoiled[i] = '?';
    EXPECT_EQ(TextRefusal(spoiled), "time.format") << i;
  }
}

TEST(Time, WritesWhatItReads) {
  for (const std::string_view text :
       {"0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2024-02-29T12:34:56Z", "9999-12-31T23:59:59Z"})
    EXPECT_EQ(FormatRfc3339Utc(ParseRfc3339Utc(text).value()), text);
}

}  // namespace
}  // namespace vidimus
