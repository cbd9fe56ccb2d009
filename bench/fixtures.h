// What the benchmarks measure on: one simulated platform, its endorsements, and requests that differ in every signed bit that a
// cache could hold too much of.
#pragma once

#include <vector>

#include "sim/intel_vendor.h"
#include "token/token_signer.h"

namespace vidimus::bench {

inline constexpr UnixTime kNow = 1780000000;  // 2026-05-28T20:26:40Z
inline constexpr size_t kRequests = 64;

// One attest request of an enclave and one of a machine: runtime data, and quotes bound to it.
struct Sample {
  std::string runtime_data;  // JSON
  ByteVector quote, td_quote;
};

// Bound to runtime data of its own for each number.
Sample MakeSample(const SimulatedIntel& vendor, size_t number);

struct Fixtures {
  SimulatedIntel vendor;
  std::vector<Sample> samples;  // kRequests, all different, of one platform
  std::vector<NamedDocument> documents;
  IntelEndorsements endorsements;  // those documents
  TokenSigner signer;
  PrivateKey signing_key;  // the signer's, RSA of 2048 bits
};

// Made once, with new keys.
const Fixtures& Get();

// Subjects register themselves; main() runs them.
void RegisterPrimitives();
void RegisterVerification();
void RegisterDecisionAndToken();
void RegisterHttp();

}  // namespace vidimus::bench
