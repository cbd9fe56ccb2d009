// Is this SGX evidence genuine? All SGX checks of intel-dcap section 6, in the order of section 5.1, pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "endorsement/intel_endorsements.h"
#include "endorsement/pck_certificate.h"
#include "evidence/sgx_quote.h"
#include "verify/check.h"
#include "verify/sgx_cache.h"

namespace vidimus {

// What a report may say and an owner may refuse (intel-dcap section 6, "Beyond QVL").
enum class SgxAttribute { kDebug, kProvisionKey, kEinittokenKey, kUnknown };

// "debug", "provision_key", "einittoken_key", "unknown_attributes"
std::string_view SgxAttributeName(SgxAttribute attribute);

struct SgxSettings {
  // What an instance accepts by default; Revoked is refused whatever the set holds.
  std::set<TcbStatus> accepted_tcb = {TcbStatus::kUpToDate, TcbStatus::kSwHardeningNeeded, TcbStatus::kConfigurationNeeded,
                                      TcbStatus::kConfigurationAndSwHardeningNeeded};
  std::set<SgxAttribute> refused_attributes;  // none: noted in the checks and left to the policy
  bool ignore_next_update = false;            // of TCB info and identities only (intel-dcap section 4.8)
};

// What the caller wants judged. Views must outlive the call and its result.
struct SgxEvidence {
  Bytes quote;
  std::optional<Bytes> custom_claims;   // Open Enclave evidence: always bound to report data
  std::optional<Bytes> runtime_data;    // bound to report data [0..31], the exact bytes
  std::optional<Bytes> init_time_data;  // bound to CONFIGID [0..31]
};

struct TcbVerdict {
  TcbStatus status;
  std::vector<std::string> advisory_ids;  // sorted union of the levels'
  UnixTime date;                          // the earliest of the levels'
  int64_t evaluation_data_number;         // the smaller of TCB info and identity
};

// The convergence table of section 5.5, which is not "the worse of the two".
TcbStatus ConvergeTcbStatus(TcbStatus platform, TcbStatus qe);

// SGX evidence that passed every check; only VerifySgx makes one.
class VerifiedSgx {
 public:
  const SgxQuote& quote() const { return quote_; }
  const PckExtension& platform() const { return *platform_->extension; }
  const TcbVerdict& tcb() const { return tcb_; }
  const std::string& trust_anchor() const { return trust_anchor_; }
  // The endorsements it was judged by; they must outlive this object.
  const SelectedIntelEndorsements& endorsements() const { return endorsements_; }
  // The root certificate the quote presented.
  const std::string& root_pem() const { return platform_->root_pem; }

 private:
  friend class SgxVerifier;
  VerifiedSgx() = default;
  SgxQuote quote_{};
  std::shared_ptr<const SgxPlatform> platform_;
  TcbVerdict tcb_{};
  std::string trust_anchor_;
  SelectedIntelEndorsements endorsements_{};
};

struct SgxVerification {
  Checks checks;
  std::optional<TcbVerdict> tcb;  // whenever it was reached, also when refused
  Result<VerifiedSgx> verified = Fail(ErrorCode::kMissing, "sgx.unverified", "not yet verified");
  bool gathered = false;  // false when the refusal came before endorsements were chosen
};

// `cache` makes it faster and changes nothing of what it returns; null: without.
SgxVerification VerifySgx(const SgxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const SgxSettings& settings, UnixTime now, SgxVerificationCache* cache = nullptr);

}  // namespace vidimus
