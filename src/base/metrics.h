// Metrics: what a running service counts, and the text in which Prometheus reads it (exposition format 0.0.4).
//
// By hand, since a client library's histograms take a lock for every request, and nothing here waits on the warm path.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace vidimus {

// How long something took. Any thread counts, any thread reads.
class LatencyHistogram {
 public:
  // Upper bounds in microseconds, each inclusive; what took longer is in a bucket of its own.
  static constexpr std::array<int64_t, 13> kBounds = {500,     1'000,   2'000,   5'000,     10'000,    20'000,    50'000,
                                                      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

  void Count(int64_t microseconds);

  struct Reading {
    std::array<uint64_t, kBounds.size() + 1> up_to{};  // cumulative; the last is all
    double seconds = 0;                                // the sum
  };
  Reading Read() const;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<int64_t> microseconds_ = 0;
};

// Writes one family after the other, and all samples of a family after its Family call. Names are literals of the code.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // `type`: counter, gauge or histogram. `help`: one line.
  void Family(std::string_view name, std::string_view type, std::string_view help);
  // Of the family that was begun last. Label values may be anything.
  void Sample(Labels labels, uint64_t value);
  void Sample(Labels labels, double value);
  void Histogram(Labels labels, const LatencyHistogram::Reading& reading);

  std::string Take() { return std::move(text_); }

 private:
  void Line(std::string_view suffix, Labels labels, std::string_view bound, const std::string& value);

  std::string text_, family_;
};

}  // namespace vidimus
