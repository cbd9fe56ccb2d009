// The use cases of policy signers: who may sign an isolated instance's policies (maa-rest-api section 3.4).
//
// MAA's format binds a JWS to no instance and no moment: one that was accepted once may be sent again by whoever has the role. The store
// records that it was (SECURITY.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/management.h"
#include "token/management_claims.h"
#include "token/management_jws.h"

namespace vidimus {

// Whether `signature` may change policies of the instance, by its trust model and its signers of this moment; the signer, of a signed one.
// Errors: policy.disallowed of a shared instance, policy.signer.*
Result<std::optional<SignerCertificate>> AuthorisedSigner(StoreTransaction& store, const InstanceRecord& instance,
                                                          const JwsSignature& signature, UnixTime now);

// Every call waits for the store.
class PolicySigners {
 public:
  explicit PolicySigners(const Management& management) : management_(management) {}

  // Empty unless isolated.
  Result<ManagementClaims> List(const InstanceKey& instance) const;
  // `body`: as JwsOfCertificateBody takes it. Adding one that is there, and removing one that is not, is no error.
  // Errors: policy.disallowed unless isolated; policy.signer.* ; policy.signer.last for the removal of the only one; policy.signer.limit
  Result<ManagementClaims> Add(const InstanceKey& instance, std::string_view body, const std::string& by) const;
  Result<ManagementClaims> Remove(const InstanceKey& instance, std::string_view body, const std::string& by) const;
  // Newest first.
  Result<std::vector<SignerChangeRecord>> History(const InstanceKey& instance) const;

 private:
  Result<SignerCertificate> Change(const InstanceKey& instance, std::string_view body, bool add, const std::string& by) const;

  const Management& management_;
};

}  // namespace vidimus
