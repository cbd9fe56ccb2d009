// What the owners of an instance decide about it, beside its policies and their signers (design section 7).
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "appraise/appraise.h"
#include "auth/grants.h"
#include "claims/attestation_type.h"
#include "store/records.h"

namespace vidimus {

enum class ExplainSetting { kFull, kBrief };  // brief: stage, where and request id only; the rest goes to the log

struct InstanceSettings {
  std::vector<Grant> grants;                                               // none: nobody may manage it
  std::set<AttestationType> attest_needs_token = {AttestationType::kTpm};  // of at least a reader
  ExplainSetting explain = ExplainSetting::kFull;
  bool draft_policies = true;       // whether callers may try a policy of their own
  int64_t token_lifetime = 28'800;  // seconds, of attestation tokens
  bool gather_for_anyone = false;   // whether an unknown platform's endorsements are fetched for callers without a token
  AppraisalSettings appraisal;
  int key_bits = 2048;                                         // of the next signing key: 2048, 3072 or 4096
  KeyRecord::Source key_source = KeyRecord::Source::kWrapped;  // of the next signing key
  int64_t rotation_lead = 86'400;                              // seconds that a new key is published before it signs
};

// Reads {"grants", "attestNeedsToken": [types], "explain": "full" or "brief", "draftPolicies", "tokenLifetime", "gatherForAnyone",
// "keyBits", "keySource": "wrapped" or "pkcs11", "rotationLead", "sgx": {"acceptTcb": [names], "acceptAdvisories": [ids],
// "minimumEvaluationNumber", "tcbBaseline": "early", "standard" or a number, "expiry", "refuse": [names]}, "tdx": the same and
// "paravisors": [{"mrtd", "mrseam"}]}, all optional; what is absent is as in `defaults`. Any other member is refused. Errors:
// settings.member, settings.value, auth.grants, and those of ReadSgxSettings
Result<InstanceSettings> SettingsFromJson(const Json& json, const InstanceSettings& defaults);

// `patch` over `settings` by RFC 7396: objects merge, all else replaces, null removes. Error: settings.value unless both are objects;
// settings.size past limits::kSettingsBytes
Result<Json> PatchedSettings(const Json& settings, const Json& patch);

}  // namespace vidimus
