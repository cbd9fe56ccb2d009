// One good SGX appraisal by a simulated vendor, for tests that spoil one thing of it.
#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "sim/intel_vendor.h"
#include "verify/sgx.h"

namespace vidimus::testing {

inline constexpr UnixTime kSimulatedNow = 1780000000;  // 2026-05-28T20:26:40Z

// The keys are made once for the whole program: making five P-256 keys for every test would only cost time.
inline const SimulatedIntel& GoodVendor() {
  static const SimulatedIntel vendor = SimulatedIntel::Create().value();
  return vendor;
}

// The good vendor with one thing spoiled, signed again by the same keys.
inline SimulatedIntel Spoiled(const std::function<void(SimulatedIntelSpec&)>& spoil) {
  SimulatedIntelSpec spec = GoodVendor().spec();
  spoil(spec);
  return GoodVendor().Reissue(std::move(spec)).value();
}

// What one verification needs. `vendor` quotes and publishes; tests replace parts.
struct SgxCase {
  explicit SgxCase(const SimulatedIntel& vendor)
      : quote(vendor.Quote({}).value()), documents(vendor.Documents(kSimulatedNow).value()), anchors{vendor.Anchor().value()} {}
  SgxCase() : SgxCase(GoodVendor()) {}

  ByteVector quote;
  std::vector<NamedDocument> documents;
  std::vector<TrustAnchor> anchors;
  std::optional<Bytes> custom_claims, runtime_data, init_time_data;
  std::optional<int64_t> number;
  SgxSettings settings;
  UnixTime now = kSimulatedNow;
};

struct SgxOutcome {
  std::string where = "";  // of the refusal; empty when verified
  ErrorCode code = ErrorCode::kUsage;
  std::optional<TcbVerdict> tcb = std::nullopt;
};

inline SgxOutcome Judge(const SgxCase& c) {
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors);
  if (!endorsements) return {std::string(endorsements.error().where), endorsements.error().code};
  const auto result = VerifySgx({c.quote, c.custom_claims, c.runtime_data, c.init_time_data}, *endorsements, c.number, c.settings, c.now);
  SgxOutcome out;
  out.tcb = result.tcb;
  if (!result.verified) {
    out.where = result.verified.error().where;
    out.code = result.verified.error().code;
    const auto& checks = result.checks.all();
    // Design, invariant 2: a refusal is a check that failed.
    EXPECT_FALSE(checks.empty() || checks.back().passed) << out.where;
  }
  return out;
}

inline std::string WhereOf(const SgxCase& c) { return Judge(c).where; }
inline std::string WhereOf(const std::function<void(SimulatedIntelSpec&)>& spoil) { return WhereOf(SgxCase(Spoiled(spoil))); }

}  // namespace vidimus::testing
