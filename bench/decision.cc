// Is it acceptable, and say so: the whole appraisal, the policy alone, a token.
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "appraise/appraise.h"
#include "bench/fixtures.h"
#include "policy/default_policies.h"
#include "service/attestation_service.h"
#include "token/attestation_claims.h"

namespace vidimus::bench {
namespace {

AppraisalRequest Request(const Sample& sample) {
  AppraisalRequest out;
  out.evidence = sample.quote;
  const Bytes data = AsBytes(sample.runtime_data);
  out.runtime_data = BoundData{{data.begin(), data.end()}, true};
  return out;
}

const PolicyInForce& Policy() {
  static const auto policy = CompilePolicy(DefaultPolicy(AttestationType::kSgxEnclave)).value();
  return *policy;
}

Appraisal AppraiseOne(const AppraisalRequest& request) {
  static SgxVerificationCache cache;
  Appraisal out = Appraise(request, Get().endorsements, Policy().program, AppraisalSettings(), kNow, &cache);
  if (!out.accepted) throw std::runtime_error(out.error->detail);
  return out;
}

void AppraiseWarm(benchmark::State& state) {
  std::vector<AppraisalRequest> requests;
  for (const Sample& sample : Get().samples) requests.push_back(Request(sample));
  size_t i = 0;
  for (auto _ : state) {
    const Appraisal out = AppraiseOne(requests[i++ % requests.size()]);
    benchmark::DoNotOptimize(&out);
  }
}

void EvaluatePolicy(benchmark::State& state) {
  const Appraisal appraisal = AppraiseOne(Request(Get().samples[0]));
  for (auto _ : state) {
    const auto decision = Evaluate(Policy().program, appraisal.verified->incoming());
    benchmark::DoNotOptimize(&decision);
  }
}

void IssueToken(benchmark::State& state) {
  const Appraisal appraisal = AppraiseOne(Request(Get().samples[0]));
  for (auto _ : state) {
    AttestationClaims claims(*appraisal.verified, appraisal.decision->issued, std::nullopt, Policy().hash);
    const std::string token = Get().signer.IssueAttestation(std::move(claims), kNow).value();
    benchmark::DoNotOptimize(token.data());
  }
}

}  // namespace

void RegisterDecisionAndToken() {
  benchmark::RegisterBenchmark("appraise_warm", AppraiseWarm);
  benchmark::RegisterBenchmark("evaluate_policy", EvaluatePolicy);
  benchmark::RegisterBenchmark("issue_token", IssueToken);
}

}  // namespace vidimus::bench
