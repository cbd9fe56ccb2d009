// Speed as ratios to OpenSSL's own primitives, measured interleaved in one run: what a machine, or its other users, do to one they
// do to both. Options are google-benchmark's.
#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <map>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "bench/fixtures.h"

namespace vidimus::bench {
namespace {

// Gathers the nanoseconds of every repetition.
class Medians : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const bool manual = run.run_name.time_type == "manual_time";
      if (run.error_occurred)
        failed_ = run.error_message;
      else
        all_[run.run_name.function_name].push_back(manual ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime());
    }
  }
  // Zero when it was not run.
  double Of(const std::string& name) const {
    const auto found = all_.find(name);
    if (found == all_.end()) return 0;
    std::vector<double> times = found->second;
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
  }
  const std::string& failed() const { return failed_; }

 private:
  std::map<std::string, std::vector<double>> all_;
  std::string failed_;
};

// What a subject's time is compared with: the sum of these.
struct Row {
  const char* name;
  const char* title;
  std::vector<std::string> yardstick;
  const char* target;
};

void PrintTable(const Medians& medians) {
  const std::array<Row, 22> rows = {
      {{"p256_verify", "P-256 verify, OpenSSL", {}, ""},
       {"rs256_sign", "RS256 sign, OpenSSL", {}, ""},
       {"http_echo", "HTTP echo", {}, ""},
       {"verify_cold", "SGX verification, empty cache", {"p256_verify"}, ""},
       {"verify_warm", "SGX verification, warm", {"p256_verify"}, "0.85"},
       {"verify_tdx_cold", "TDX verification, empty cache", {"p256_verify"}, ""},
       {"verify_tdx_warm", "TDX verification, warm", {"p256_verify"}, "0.85"},
       {"verify_new_platform", "SGX verification, a new platform", {"p256_verify"}, "0.25"},
       {"verify_tdx_new_platform", "TDX verification, a new platform", {"p256_verify"}, "0.25"},
       {"verify_nothing_held", "SGX verification, nothing held", {"p256_verify"}, "0.08"},
       {"verify_11_levels", "SGX verification, warm, last of 11 levels", {"p256_verify"}, ""},
       {"verify_200_levels", "SGX verification, warm, last of 200 levels", {"verify_11_levels"}, "0.95"},
       {"verify_tdx_11_levels", "TDX verification, warm, last of 11 levels", {"p256_verify"}, ""},
       {"verify_tdx_200_levels", "TDX verification, warm, last of 200 levels", {"verify_tdx_11_levels"}, "0.95"},
       {"appraise_warm", "appraisal, warm: verification, claims, policy", {"p256_verify"}, ""},
       {"evaluate_policy", "default policy", {"p256_verify"}, ""},
       {"evaluate_five", "policy of five comparisons", {"p256_verify"}, "60"},
       {"evaluate_one_pin", "policy that pins one value", {"p256_verify"}, ""},
       {"evaluate_hundred_pins", "policy of 100 rules that pin one each", {"evaluate_one_pin"}, "0.67"},
       {"fair_share", "fair share: enter and leave", {"p256_verify"}, "100"},
       {"issue_token", "token", {"rs256_sign"}, ""},
       {"http_attest", "HTTP attest request", {"p256_verify", "rs256_sign", "http_echo"}, "0.85"}}};
  std::printf("%-46s %10s %7s %7s   %s\n", "subject", "ns", "ratio", "target", "ratio to");
  for (const Row& row : rows) {
    const double time = medians.Of(row.name);
    if (time <= 0) continue;
    double yardstick = 0;
    std::string of;
    for (const std::string& one : row.yardstick) {
      yardstick += medians.Of(one);
      of += (of.empty() ? "" : " + ") + one;
    }
    std::printf("%-46s %10.0f ", row.title, time);
    if (of.empty())
      std::printf("\n");
    else
      std::printf("%7.2f %7s   %s\n", yardstick / time, row.target, of.c_str());
  }
}

int Run(int argc, char** argv) {
  // Chosen first, so that the caller's own come later and win.
  std::array<std::string, 3> chosen = {"--benchmark_repetitions=15", "--benchmark_min_time=0.05",
                                       "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> arguments = {argv[0]};
  for (std::string& one : chosen) arguments.push_back(one.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  // The server logs every request: that costs what it costs, but nobody wants to read it here.
  const int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(log, STDERR_FILENO);
  RegisterPrimitives();
  RegisterVerification();
  RegisterDecisionAndToken();
  RegisterHttp();
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  if (!medians.failed().empty()) {
    std::cout << "failed: " << medians.failed() << '\n';
    return 1;
  }
  PrintTable(medians);
  return 0;
}

}  // namespace
}  // namespace vidimus::bench

int main(int argc, char** argv) {
  try {
    return vidimus::bench::Run(argc, argv);
  } catch (const std::exception& failure) {
    std::cout << "failed: " << failure.what() << '\n';
    return 1;
  }
}
