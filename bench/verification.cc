// Is it genuine: one SGX or TDX verification with every check made, from the platform seen a moment ago to the one of which nothing is
// held, neither its certificates nor what the vendor publishes about it.
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "bench/fixtures.h"
#include "sim/intel_vendor.h"
#include "verify/sgx.h"
#include "verify/tdx.h"

namespace vidimus::bench {
namespace {

void VerifyMachine(const Sample& sample, const IntelEndorsements& endorsements, IntelVerificationCache& cache) {
  const TdxEvidence evidence{sample.td_quote, AsBytes(sample.runtime_data), std::nullopt};
  const TdxVerification out = VerifyTdx(evidence, endorsements, std::nullopt, TdxSettings(), kNow, &cache);
  if (!out.verified) throw std::runtime_error(out.verified.error().detail);
  benchmark::DoNotOptimize(&out);
}

void VerifyEnclave(const Sample& sample, const IntelEndorsements& endorsements, IntelVerificationCache& cache) {
  SgxEvidence evidence{sample.quote, std::nullopt, AsBytes(sample.runtime_data), std::nullopt};
  const SgxVerification out = VerifySgx(evidence, endorsements, std::nullopt, SgxSettings(), kNow, &cache);
  if (!out.verified) throw std::runtime_error(out.verified.error().detail);
  benchmark::DoNotOptimize(&out);
}

using Verify = void (*)(const Sample&, const IntelEndorsements&, IntelVerificationCache&);

void Warm(benchmark::State& state, Verify verify) {
  IntelVerificationCache cache;
  size_t i = 0;
  for (auto _ : state) verify(Get().samples[i++ % kRequests], Get().endorsements, cache);
}

// The first verification of a process.
void Cold(benchmark::State& state, Verify verify) {
  size_t i = 0;
  for (auto _ : state) {
    const auto cache = std::make_unique<IntelVerificationCache>();
    verify(Get().samples[i++ % kRequests], Get().endorsements, *cache);
  }
}

// Platforms of the vendor of the fixtures, each with keys, a certificate and a sample of its own.
const std::vector<Sample>& Platforms() {
  static const std::vector<Sample> platforms = [] {
    std::vector<Sample> out;
    for (size_t i = 0; i < kRequests; ++i) {
      SimulatedIntelSpec spec = Get().vendor.spec();
      spec.pck.serial = {0x52, static_cast<uint8_t>(i)};
      spec.platform.ppid[15] = spec.platform.platform_instance_id->at(15) = static_cast<uint8_t>(i);
      out.push_back(MakeSample(Get().vendor.WithPlatform(spec.pck, spec.platform).value(), i));
    }
    return out;
  }();
  return platforms;
}

// A platform that was never seen, by a process that knows others of its vendor. The cache has room for one platform, so that each finds
// itself unknown.
void NewPlatform(benchmark::State& state, Verify verify) {
  IntelCacheBounds bounds;
  bounds.platforms = bounds.attestation_keys = 1;
  IntelVerificationCache cache(bounds);
  verify(Get().samples[0], Get().endorsements, cache);
  size_t i = 0;
  for (auto _ : state) verify(Platforms()[i++ % kRequests], Get().endorsements, cache);
}

// A vendor whose TCB info has so many levels, of which the platform is at the last: all are looked at.
struct Levelled {
  Sample sample;
  std::vector<NamedDocument> sgx_documents;  // all that one SGX verification needs
  IntelEndorsements endorsements;            // of both TEEs
};

Levelled MakeLevelled(size_t levels) {
  SimulatedIntelSpec spec;
  spec.evaluation_data_numbers = {20};
  const TcbLevel last = spec.tcb_levels.front();
  spec.tcb_levels.clear();
  for (size_t above = levels - 1; above > 0; --above) {
    TcbLevel level = last;
    level.components[14] = static_cast<uint8_t>(1 + above / 100);
    level.components[15] = static_cast<uint8_t>(1 + above % 100);
    level.verdict.advisory_ids = {"INTEL-SA-00219", "INTEL-SA-00657", "INTEL-SA-00767"};
    spec.tcb_levels.push_back(std::move(level));
  }
  spec.tcb_levels.push_back(last);
  const SimulatedIntel vendor = SimulatedIntel::Create(std::move(spec)).value();
  const auto documents = vendor.Documents(kNow).value();
  Levelled out{MakeSample(vendor, 0), {}, IntelEndorsements::Load(documents, {vendor.Anchor().value()}).value()};
  for (const NamedDocument& document : documents)
    if (!document.name.starts_with("tdx-") && document.name != "evaluation-numbers.json") out.sgx_documents.push_back(document);
  return out;
}

const Levelled& Few() {
  static const Levelled few = MakeLevelled(11);
  return few;
}

const Levelled& Many() {
  static const Levelled many = MakeLevelled(200);
  return many;
}

void WarmLevels(benchmark::State& state, const Levelled& vendor, Verify verify) {
  IntelVerificationCache cache;
  for (auto _ : state) verify(vendor.sample, vendor.endorsements, cache);
}

// From octets alone: TCB info of eleven levels, identity, both CRLs and the signer's chain are read and checked, and then the quote.
void NothingHeld(benchmark::State& state) {
  const std::vector<TrustAnchor> anchors = Few().endorsements.anchors();
  for (auto _ : state) {
    const auto endorsements = IntelEndorsements::Load(Few().sgx_documents, anchors);
    const auto cache = std::make_unique<IntelVerificationCache>();
    VerifyEnclave(Few().sample, endorsements.value(), *cache);
  }
}

}  // namespace

void RegisterVerification() {
  benchmark::RegisterBenchmark("verify_warm", Warm, VerifyEnclave);
  benchmark::RegisterBenchmark("verify_cold", Cold, VerifyEnclave);
  benchmark::RegisterBenchmark("verify_tdx_warm", Warm, VerifyMachine);
  benchmark::RegisterBenchmark("verify_tdx_cold", Cold, VerifyMachine);
  benchmark::RegisterBenchmark("verify_new_platform", NewPlatform, VerifyEnclave);
  benchmark::RegisterBenchmark("verify_tdx_new_platform", NewPlatform, VerifyMachine);
  benchmark::RegisterBenchmark("verify_nothing_held", NothingHeld);
  for (const auto& [tee, verify] : {std::pair("", Verify(VerifyEnclave)), std::pair("tdx_", Verify(VerifyMachine))}) {
    const std::string name = std::string("verify_") + tee;
    benchmark::RegisterBenchmark((name + "11_levels").c_str(), [v = verify](benchmark::State& state) { WarmLevels(state, Few(), v); });
    benchmark::RegisterBenchmark((name + "200_levels").c_str(), [v = verify](benchmark::State& state) { WarmLevels(state, Many(), v); });
  }
}

}  // namespace vidimus::bench
