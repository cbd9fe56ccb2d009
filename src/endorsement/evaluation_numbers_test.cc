// Intel's lists of evaluation numbers (intel-dcap section 4.5), recorded and made.
#include "endorsement/evaluation_numbers.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using testing::ReadVector;

std::string Entry(int64_t number, const std::string& date = "2024-03-12T00:00:00Z") {
  return R"({"tcbEvaluationDataNumber":)" + std::to_string(number) + R"(,"tcbRecoveryEventDate":")" + date + R"(","tcbDate":")" + date +
         R"("})";
}

std::string List(const std::string& entries, const std::string& head = R"("id":"TDX","version":1,)") {
  return R"({"tcbEvaluationDataNumbers":{)" + head +
         R"("issueDate":"2025-06-05T02:05:57Z","nextUpdate":"2025-07-05T02:05:57Z","tcbEvalNumbers":[)" + entries + R"(]},"signature":")" +
         std::string(128, 'a') + R"("})";
}

Result<EvaluationNumbers> Parsed(const std::string& text) {
  VIDIMUS_TRY(SignedJson document, ParseSignedJson(text));
  return ParseEvaluationNumbers(std::move(document));
}

std::string Refusal(const std::string& text) {
  const auto parsed = Parsed(text);
  return parsed ? "accepted" : std::string(parsed.error().where) + ": " + parsed.error().detail;
}

TEST(EvaluationNumbersFormat, TheRecordedListIsReadWhole) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector content = ReadVector("intel/collateral/evalnumbers/sgx_20250605T020557Z.json");
  const EvaluationNumbers list = Parsed(std::string(AsText(content))).value();
  EXPECT_EQ(list.tee, IntelTee::kSgx);
  EXPECT_EQ(FormatRfc3339Utc(list.issue_date), "2025-06-05T02:05:57Z");
  ASSERT_GE(list.numbers.size(), 2U);
  for (size_t i = 1; i < list.numbers.size(); ++i) EXPECT_GT(list.numbers[i - 1].number, list.numbers[i].number);
}

TEST(EvaluationNumbersFormat, NumbersComeInAnyOrderAndEachOnce) {
  const EvaluationNumbers list = Parsed(List(Entry(17) + "," + Entry(19) + "," + Entry(18))).value();
  ASSERT_EQ(list.numbers.size(), 3U);
  EXPECT_EQ(list.numbers[0].number, 19);
  EXPECT_EQ(list.numbers[2].number, 17);
  EXPECT_EQ(Refusal(List(Entry(17) + "," + Entry(17))), "intel.evaluation_numbers.format: found number 17 twice");
}

TEST(EvaluationNumbersFormat, AListHoldsAsManyNumbersAsTheLimitAndNotOneMore) {
  const auto of = [](size_t count) {
    std::string entries;
    for (size_t i = 0; i < count; ++i) entries += (i == 0 ? "" : ",") + Entry(static_cast<int64_t>(i));
    return Refusal(List(entries));
  };
  EXPECT_EQ(of(limits::kEvaluationNumbers), "accepted");
  EXPECT_TRUE(of(limits::kEvaluationNumbers + 1).starts_with("intel.evaluation_numbers.format"));
  EXPECT_TRUE(of(0).starts_with("intel.evaluation_numbers.format"));
}

TEST(EvaluationNumbersFormat, WhateverElseIsRefused) {
  const std::string where = "intel.evaluation_numbers.format";
  EXPECT_TRUE(Refusal(List(Entry(1), R"("id":"QE","version":1,)")).starts_with(where));
  EXPECT_TRUE(Refusal(List(Entry(1), R"("id":"SGX","version":2,)")).starts_with(where));
  EXPECT_TRUE(Refusal(List(Entry(1), R"("version":1,)")).starts_with(where));
  EXPECT_TRUE(Refusal(List(Entry(-1))).starts_with(where));
  EXPECT_TRUE(Refusal(List(Entry(1, "yesterday"))).starts_with(where));
  EXPECT_TRUE(Refusal(List("1")).starts_with(where));
  EXPECT_TRUE(Refusal(R"({"tcbInfo":{},"signature":")" + std::string(128, 'a') + R"("})").starts_with(where));
}

// Intel keeps twelve months between what update=early and update=standard give (section 4.5).
TEST(StandardNumber, IsTheHighestWhoseRecoveryEventIsTwelveMonthsPast) {
  const EvaluationNumbers list =
      Parsed(List(Entry(17, "2024-03-12T00:00:00Z") + "," + Entry(18, "2024-11-12T00:00:00Z") + "," + Entry(19, "2025-05-13T00:00:00Z")))
          .value();
  const auto at = [&](const std::string& time) { return StandardNumberOf(list, ParseRfc3339Utc(time).value()); };
  EXPECT_EQ(at("2025-03-11T23:59:59Z"), std::nullopt);
  EXPECT_EQ(at("2025-03-12T00:00:00Z"), 17);
  EXPECT_EQ(at("2025-11-11T23:59:59Z"), 17);
  EXPECT_EQ(at("2025-11-12T00:00:00Z"), 18);
  EXPECT_EQ(at("2030-01-01T00:00:00Z"), 19);
}

}  // namespace
}  // namespace vidimus
