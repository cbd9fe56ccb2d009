// The use cases of policies: what an instance judges by, and who may change it (maa-rest-api section 3).
//
// Every call waits for the store.
#pragma once

#include <string>
#include <vector>

#include "policy/diagnostic.h"
#include "service/management.h"
#include "token/management_claims.h"

namespace vidimus {

// A text that is no policy: what is wrong with it, beside the error.
struct PolicyRefusal {
  Error error;
  std::string policy;
  std::vector<Diagnostic> diagnostics;  // by place
};

template <typename T>
using PolicyResult = tl::expected<T, PolicyRefusal>;

class Policies {
 public:
  explicit Policies(const Management& management) : management_(management) {}

  // The JWS in force: as it was sent, or an unsecured one of the default.
  Result<ManagementClaims> Get(const InstanceKey& instance, AttestationType type) const;

  // `body`: a JWS, white space and quotes around it ignored. Rules by trust model: AAD takes unsecured ones, and signed ones whose own
  // certificate's key made the signature; Isolated takes those that FindSigner finds a signer for; Shared takes none.
  // Errors: policy.disallowed; policy.unsigned; policy.signer.*, policy.jws, token.jws.*; those of a policy text; those of the store
  PolicyResult<ManagementClaims> Set(const InstanceKey& instance, AttestationType type, std::string_view body, const std::string& by) const;
  // Back to the default. Errors: the same
  Result<ManagementClaims> Reset(const InstanceKey& instance, AttestationType type, std::string_view body, const std::string& by) const;

  // Newest first, without texts and JWS.
  Result<std::vector<PolicyRecord>> History(const InstanceKey& instance, AttestationType type) const;
  // Error: policy.version for one that there is not.
  Result<PolicyRecord> Version(const InstanceKey& instance, AttestationType type, int64_t version) const;
  // Sets what `version` of the history had set, again. On an isolated instance its signer must be one today.
  // Errors: policy.version for one that there is not, or that is a reset; those of Set
  PolicyResult<PolicyRecord> Rollback(const InstanceKey& instance, AttestationType type, int64_t version, const std::string& by) const;

 private:
  const Management& management_;
};

}  // namespace vidimus
