// Is this TDX evidence genuine? The checks of intel-dcap section 6 that are TDX's own, after those that it shares with SGX; pure.
#pragma once

#include <optional>
#include <set>

#include "evidence/tdx_quote.h"
#include "verify/intel_verifier.h"

namespace vidimus {

// What a report may say and an owner may refuse (intel-dcap section 6, "Beyond QVL"). kUntrusted: any TUD bit besides DEBUG.
enum class TdxAttribute { kDebug, kUntrusted, kUnknown, kServiceTd };

// "debug", "untrusted", "unknown_attributes", "service_td"
std::string_view TdxAttributeName(TdxAttribute attribute);

struct TdMeasurement {
  std::array<uint8_t, 48> mr_td, mr_seam;

  bool operator==(const TdMeasurement&) const = default;
};

struct TdxSettings : TcbSettings {
  std::set<TdxAttribute> refused_attributes;  // none: noted in the checks and left to the policy
  std::vector<TdMeasurement> paravisors;      // of Azure, which the owner trusts with x-ms-compliance-status
};

// What the caller wants judged. Views must outlive the call and its result.
struct TdxEvidence {
  Bytes quote;
  std::optional<Bytes> runtime_data;    // SHA-256 is in report data [0..31], of the exact bytes
  std::optional<Bytes> init_time_data;  // SHA-384 is MRCONFIGID
};

class VerifiedTdx : public VerifiedIntel<TdxQuote> {
 private:
  friend class TdxVerifier;
  using VerifiedIntel::VerifiedIntel;
};

using TdxVerification = IntelVerification<VerifiedTdx>;

// `cache` makes it faster and changes nothing of what it returns; null: without. Errors: tdx.*, intel.*
TdxVerification VerifyTdx(const TdxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const TdxSettings& settings, UnixTime now, IntelVerificationCache* cache = nullptr);

}  // namespace vidimus
