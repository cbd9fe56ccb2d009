#include "base/metrics.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(LatencyHistogram, CountsInTheFirstBucketWhoseBoundIsNotExceeded) {
  LatencyHistogram histogram;
  for (const int64_t bound : LatencyHistogram::kBounds) {
    histogram.Count(bound);
    histogram.Count(bound + 1);
  }
  const auto reading = histogram.Read();
  EXPECT_EQ(reading.up_to.front(), 1);
  for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) EXPECT_EQ(reading.up_to[i], 2 * i + 1) << i;
  EXPECT_EQ(reading.up_to.back(), 2 * LatencyHistogram::kBounds.size());
}

TEST(LatencyHistogram, LosesNothingOfSeveralThreads) {
  LatencyHistogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) histogram.Count(250);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.Read().up_to.back(), 40'000);
  EXPECT_DOUBLE_EQ(histogram.Read().seconds, 10.0);
}

TEST(MetricsText, WritesFamiliesAndSamplesAsTheFormatHasThem) {
  MetricsText text;
  text.Family("a_total", "counter", "What a is.");
  text.Sample({}, uint64_t{3});
  text.Sample({{"b", "c"}, {"d", ""}}, uint64_t{18'446'744'073'709'551'615U});
  text.Family("e", "gauge", "What e is.");
  text.Sample({}, 0.25);
  EXPECT_EQ(text.Take(),
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total 3\na_total{b=\"c\",d=\"\"} 18446744073709551615\n"
            "# HELP e What e is.\n# TYPE e gauge\ne 0.25\n");
}

TEST(MetricsText, EscapesWhatWouldEndALabel) {
  MetricsText text;
  text.Family("a", "gauge", "What a is.");
  text.Sample({{"b", "x\"\\\ny{}"}}, uint64_t{1});
  EXPECT_TRUE(text.Take().ends_with("a{b=\"x\\\"\\\\\\ny{}\"} 1\n"));
}

TEST(MetricsText, WritesHistogramsWithSumCountAndTheBucketOfAll) {
  LatencyHistogram histogram;
  histogram.Count(700);
  histogram.Count(20'000'000);
  MetricsText text;
  text.Family("a_seconds", "histogram", "What a is.");
  text.Histogram({{"b", "c"}}, histogram.Read());
  const std::string found = text.Take();
  for (const char* const line : {"a_seconds_bucket{b=\"c\",le=\"0.0005\"} 0\n", "a_seconds_bucket{b=\"c\",le=\"0.001\"} 1\n",
                                 "a_seconds_bucket{b=\"c\",le=\"10\"} 1\n", "a_seconds_bucket{b=\"c\",le=\"+Inf\"} 2\n",
                                 "a_seconds_sum{b=\"c\"} 20.0007\n", "a_seconds_count{b=\"c\"} 2\n"})
    EXPECT_NE(found.find(line), std::string::npos) << line << found;
}

}  // namespace
}  // namespace vidimus
