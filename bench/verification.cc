// Is it genuine: one SGX verification with every check made.
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "bench/fixtures.h"
#include "verify/sgx.h"

namespace vidimus::bench {
namespace {

void Verify(const Sample& sample, IntelVerificationCache& cache) {
  SgxEvidence evidence{sample.quote, std::nullopt, AsBytes(sample.runtime_data), std::nullopt};
  const SgxVerification out = VerifySgx(evidence, Get().endorsements, std::nullopt, SgxSettings(), kNow, &cache);
  if (!out.verified) throw std::runtime_error(out.verified.error().detail);
  benchmark::DoNotOptimize(&out);
}

void Warm(benchmark::State& state) {
  IntelVerificationCache cache;
  size_t i = 0;
  for (auto _ : state) Verify(Get().samples[i++ % kRequests], cache);
}

void Cold(benchmark::State& state) {
  size_t i = 0;
  for (auto _ : state) {
    const auto cache = std::make_unique<IntelVerificationCache>();
    Verify(Get().samples[i++ % kRequests], *cache);
  }
}

}  // namespace

void RegisterVerification() {
  benchmark::RegisterBenchmark("verify_warm", Warm);
  benchmark::RegisterBenchmark("verify_cold", Cold);
}

}  // namespace vidimus::bench
