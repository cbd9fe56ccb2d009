// Appraise: configure, verify and decide as one pure function (design section 2).
//
// The same inputs give the same answer on any machine, in any year. The service, the offline program, replays and the recorded
// vectors are all this one call.
#pragma once

#include <optional>
#include <string>

#include "claims/attestation_type.h"
#include "policy/explanation.h"
#include "verify/sgx_claims.h"
#include "verify/tdx_claims.h"

namespace vidimus {

// Data the evidence must be bound to. JSON is parsed after the exact bytes were hashed; white space around it and one trailing
// NUL are ignored then (client-compatibility section 4 item 2).
struct BoundData {
  ByteVector bytes;
  bool is_json = false;
};

struct AppraisalRequest {
  AttestationType type = AttestationType::kSgxEnclave;
  ByteVector evidence;  // as sent, framing included
  std::optional<BoundData> runtime_data;
  std::optional<BoundData> init_time_data;
};

struct AppraisalSettings {
  SgxSettings sgx;
  TdxSettings tdx;
  std::optional<int64_t> evaluation_data_number;  // instead of the policy's x-ms-sgx-tcbidentifier
};

struct Appraisal {
  bool accepted = false;
  std::string_view stage = "decode";  // the last one reached: decode, configure, gather, verify, decide
  std::optional<Error> error;         // why not accepted
  Checks checks;
  std::optional<PlatformTcb> platform;     // once the quote's signatures held, also of a refusal
  std::optional<TcbVerdict> tcb;           // whenever it was reached
  std::optional<IntelNeeds> lacks;         // when it was refused for want of endorsements in force
  std::optional<VerifiedClaims> verified;  // what the policy saw, and what a token may say; also of a denial
  std::optional<Decision> decision;        // once the policy was asked
  std::optional<Explanation> explanation;  // of a denial, or of a policy that failed; points into `policy`
};

// What stands for the instance's own baseline.
inline constexpr std::string_view kDefaultTcbIdentifier = "azuredefault";

// Which TCB baseline a policy asks for by x-ms-sgx-tcbidentifier: kDefaultTcbIdentifier, or the text of an evaluation number, unchecked.
// Errors: those of evaluating its configuration rules
Result<std::string> TcbIdentifierOf(const Program& policy);

// Errors: request.evidence_type for evidence that this version does not judge; those of verification and policy, request.runtime_data,
// request.init_time_data, policy.tcb_identifier, policy.decision. The decision points into `policy`. `cache` makes it faster and changes
// nothing of what it returns; null: without.
Appraisal Appraise(const AppraisalRequest& request, const IntelEndorsements& endorsements, const Program& policy,
                   const AppraisalSettings& settings, UnixTime now, IntelVerificationCache* cache = nullptr);

}  // namespace vidimus
