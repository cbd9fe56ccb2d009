// Is it genuine: one SGX or TDX verification with every check made.
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "bench/fixtures.h"
#include "verify/sgx.h"
#include "verify/tdx.h"

namespace vidimus::bench {
namespace {

void VerifyMachine(const Sample& sample, IntelVerificationCache& cache) {
  const TdxEvidence evidence{sample.td_quote, AsBytes(sample.runtime_data), std::nullopt};
  const TdxVerification out = VerifyTdx(evidence, Get().endorsements, std::nullopt, TdxSettings(), kNow, &cache);
  if (!out.verified) throw std::runtime_error(out.verified.error().detail);
  benchmark::DoNotOptimize(&out);
}

void VerifyEnclave(const Sample& sample, IntelVerificationCache& cache) {
  SgxEvidence evidence{sample.quote, std::nullopt, AsBytes(sample.runtime_data), std::nullopt};
  const SgxVerification out = VerifySgx(evidence, Get().endorsements, std::nullopt, SgxSettings(), kNow, &cache);
  if (!out.verified) throw std::runtime_error(out.verified.error().detail);
  benchmark::DoNotOptimize(&out);
}

using Verify = void (*)(const Sample&, IntelVerificationCache&);

void Warm(benchmark::State& state, Verify verify) {
  IntelVerificationCache cache;
  size_t i = 0;
  for (auto _ : state) verify(Get().samples[i++ % kRequests], cache);
}

void Cold(benchmark::State& state, Verify verify) {
  size_t i = 0;
  for (auto _ : state) {
    const auto cache = std::make_unique<IntelVerificationCache>();
    verify(Get().samples[i++ % kRequests], *cache);
  }
}

}  // namespace

void RegisterVerification() {
  benchmark::RegisterBenchmark("verify_warm", Warm, VerifyEnclave);
  benchmark::RegisterBenchmark("verify_cold", Cold, VerifyEnclave);
  benchmark::RegisterBenchmark("verify_tdx_warm", Warm, VerifyMachine);
  benchmark::RegisterBenchmark("verify_tdx_cold", Cold, VerifyMachine);
}

}  // namespace vidimus::bench
