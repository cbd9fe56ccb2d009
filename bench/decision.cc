// Is it acceptable, and say so: the whole appraisal, the policy alone, a token.
#include <chrono>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "appraise/appraise.h"
#include "bench/fixtures.h"
#include "policy/compile.h"
#include "policy/default_policies.h"
#include "service/attestation_service.h"
#include "service/fair_share.h"
#include "token/attestation_claims.h"

namespace vidimus::bench {
namespace {

// Entering and leaving, from one of a thousand addresses.
void FairShareOne(benchmark::State& state) {
  FairShare share;
  std::vector<std::string> addresses;
  for (int i = 0; i < 1000; ++i) addresses.push_back("192.0." + std::to_string(i >> 8) + "." + std::to_string(i & 255));
  auto now = std::chrono::steady_clock::time_point();
  size_t i = 0;
  for (auto _ : state) {
    now += std::chrono::milliseconds(20);  // management calls: fifty a second
    if (!share.Enter(FairShareKind::kManagement, addresses[i++ % addresses.size()], now)) throw std::runtime_error("refused");
  }
}

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
  static IntelVerificationCache cache;
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

// The value of a claim of the sample.
std::string TextOf(std::string_view type) {
  const Appraisal appraisal = AppraiseOne(Request(Get().samples[0]));
  for (const Claim& claim : appraisal.verified->incoming())
    if (claim.type == type) return std::get<std::string>(claim.value);
  throw std::runtime_error("the sample has no " + std::string(type));
}

void Evaluating(benchmark::State& state, const Program& program) {
  const ClaimSet claims = AppraiseOne(Request(Get().samples[0])).verified->incoming();
  for (auto _ : state) {
    const auto decision = Evaluate(program, claims);
    benchmark::DoNotOptimize(&decision);
  }
  const auto decision = Evaluate(program, claims);
  if (!decision || !decision->permitted()) throw std::runtime_error("the policy does not permit");
}

// `pins` values of one claim, each in a rule of its own; the sample has the last.
std::string Pinning(size_t pins) {
  const std::string measurement = TextOf("x-ms-sgx-mrenclave");
  std::string out = "version=1.0;authorizationrules{";
  for (size_t i = 1; i <= pins; ++i) {
    const std::string other = measurement.substr(0, 60) + std::to_string(1000 + i);
    out += "[type==\"x-ms-sgx-mrenclave\",value==\"" + (i == pins ? measurement : other) + "\"]=>permit();";
  }
  return out + "};";
}

std::string FiveComparisons() {
  return "version=1.0;authorizationrules{[type==\"x-ms-sgx-is-debuggable\",value==false]&&[type==\"x-ms-sgx-product-id\",value>=0]&&"
         "[type==\"x-ms-sgx-svn\",value>=0]&&[type==\"x-ms-sgx-mrsigner\",value==\"" +
         TextOf("x-ms-sgx-mrsigner") + "\"]&&[type==\"x-ms-attestation-type\",value==\"sgx\"]=>permit();};";
}

void RegisterPolicy(const char* name, const std::string& text) {
  benchmark::RegisterBenchmark(name, [text](benchmark::State& state) { Evaluating(state, CompileProgram(text).value()); });
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
  benchmark::RegisterBenchmark("fair_share", FairShareOne);
  benchmark::RegisterBenchmark("appraise_warm", AppraiseWarm);
  benchmark::RegisterBenchmark("evaluate_policy", [](benchmark::State& state) { Evaluating(state, Policy().program); });
  RegisterPolicy("evaluate_five", FiveComparisons());
  RegisterPolicy("evaluate_one_pin", Pinning(1));
  RegisterPolicy("evaluate_hundred_pins", Pinning(100));
  benchmark::RegisterBenchmark("issue_token", IssueToken);
}

}  // namespace vidimus::bench
