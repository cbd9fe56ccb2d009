// Instance: everything one tenant's requests are judged by, as it was at one moment. Immutable; requests hold on to the one they began
// with.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/signer_certificate.h"
#include "policy/program.h"
#include "service/fair_share.h"
#include "service/instance_settings.h"
#include "service/platforms_seen.h"
#include "service/signing_keys.h"
#include "store/store.h"
#include "verify/intel_cache.h"

namespace vidimus {

// A policy ready to decide; immutable.
struct PolicyInForce {
  std::string hash;  // x-ms-policy-hash
  Program program;
  std::optional<JsonObject> signer = std::nullopt;  // JWK of who signed it
};

// Errors: those of CompileProgram.
Result<std::shared_ptr<const PolicyInForce>> CompilePolicy(std::string_view text, size_t step_limit = limits::kPolicySteps);

// What an instance keeps in memory through its changes: nothing of it is another instance's to fill or to evict.
struct InstanceMemory {
  IntelVerificationCache intel{IntelCacheBounds{.parts = 16, .platforms = 256, .attestation_keys = 256, .crls = 16}};
  FairShare share;
  PlatformsSeen platforms;
  std::atomic<bool> keys_lost = false;  // a key in a PKCS #11 token failed to sign: it is to be found anew

  explicit InstanceMemory(const FairShareSettings& settings) : share(settings) {}
};

struct Instance {
  InstanceRecord record;
  InstanceSettings settings;
  // Why there is none, where the stored one does not hold.
  std::map<AttestationType, Result<std::shared_ptr<const PolicyInForce>>> policies;
  std::vector<SignerCertificate> signers;
  SigningKeys keys;
  std::shared_ptr<InstanceMemory> memory;
};

// What a request is refused with when signing failed with `error`: keys.out_of_reach (kBusy) where the key may be in a token that has gone
// away, which is noted for InstanceRegistry; else `error`.
Error SigningFailed(const Instance& instance, const Error& error);

// What instances are loaded with.
struct InstanceDefaults {
  InstanceSettings settings;
  bool dev = false;  // tokens say so
  FairShareSettings share;
};

// Reads what belongs to `record`; `former`: the keys of the same instance as it was before. Stored policies are verified again: that the
// text is the JWS's, that the JWS has a signature that this instance takes, by a signer that it has or had; one that does not hold leaves
// its type without policy, and the log says so. Errors: those of the store, of SettingsFromJson, of SigningKeys::Open,
// crypto.signer_certificate, json.*
Result<std::shared_ptr<const Instance>> LoadInstance(StoreTransaction& store, const InstanceRecord& record,
                                                     const InstanceDefaults& defaults, const KeyVault& vault, UnixTime now,
                                                     std::shared_ptr<InstanceMemory> memory, const SigningKeys* former = nullptr);

}  // namespace vidimus
