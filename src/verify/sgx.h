// Is this SGX evidence genuine? All SGX checks of intel-dcap section 6, in the order of section 5.1, pure.
#pragma once

#include <optional>
#include <set>

#include "evidence/sgx_quote.h"
#include "verify/intel_verifier.h"

namespace vidimus {

// What a report may say and an owner may refuse (intel-dcap section 6, "Beyond QVL").
enum class SgxAttribute { kDebug, kProvisionKey, kEinittokenKey, kUnknown };

// "debug", "provision_key", "einittoken_key", "unknown_attributes"
std::string_view SgxAttributeName(SgxAttribute attribute);

struct SgxSettings : TcbSettings {
  std::set<SgxAttribute> refused_attributes;  // none: noted in the checks and left to the policy
};

// What the caller wants judged. Views must outlive the call and its result.
struct SgxEvidence {
  Bytes quote;
  std::optional<Bytes> custom_claims;   // Open Enclave evidence: always bound to report data
  std::optional<Bytes> runtime_data;    // bound to report data [0..31], the exact bytes
  std::optional<Bytes> init_time_data;  // bound to CONFIGID [0..31]
};

class VerifiedSgx : public VerifiedIntel<SgxQuote> {
 private:
  friend class SgxVerifier;
  using VerifiedIntel::VerifiedIntel;
};

using SgxVerification = IntelVerification<VerifiedSgx>;

// `cache` makes it faster and changes nothing of what it returns; null: without.
SgxVerification VerifySgx(const SgxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const SgxSettings& settings, UnixTime now, IntelVerificationCache* cache = nullptr);

}  // namespace vidimus
