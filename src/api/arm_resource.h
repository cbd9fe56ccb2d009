// The control plane's JSON: the ARM resource Microsoft.Attestation/attestationProviders (maa-rest-api section 5.1, client-compatibility
// section 8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/signer_certificate.h"
#include "service/instance_settings.h"

namespace vidimus {

// Where a resource is.
struct ArmScope {
  std::string subscription, group;  // compared without regard to case
};

struct ArmCreateBody {
  std::string location;
  JsonObject tags;
  std::vector<SignerCertificate> signers;
  std::optional<bool> tpm_needs_token;
};

struct ArmUpdateBody {
  std::optional<JsonObject> tags;
  std::optional<bool> tpm_needs_token;
};

// Unknown members are ignored, as ARM does. Errors: arm.body, crypto.signer_certificate
Result<ArmCreateBody> ReadArmCreateBody(const std::string& body);
Result<ArmUpdateBody> ReadArmUpdateBody(const std::string& body);

// What is kept of a new one.
JsonObject NewArmResource(const ArmScope& scope, const std::string& name, const ArmCreateBody& body, const std::string& by,
                          const std::string& at);

// Whether what is kept belongs to that subscription and, unless it is empty, to that group.
bool IsInScope(const JsonObject& resource, const ArmScope& scope);

// The resource as clients see it. `settings` as kept.
Json ArmResourceJson(const InstanceRecord& record, const JsonObject& resource, const InstanceSettings& settings);
// The default instance as a default provider.
Json ArmDefaultProviderJson(const InstanceRecord& record, const InstanceSettings& settings);

// The operations that role definitions of ARM name.
Json ArmOperations();

}  // namespace vidimus
