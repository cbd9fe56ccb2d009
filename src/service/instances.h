// The use cases of instances: made, shown, changed and deleted by operators; settings by their owners (design section 7).
//
// Every call waits for the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/management.h"

namespace vidimus {

struct NewInstance {
  std::string name;                        // as asked for
  std::vector<SignerCertificate> signers;  // some: isolated; none: AAD
  JsonObject resource;                     // what is shown of it and not interpreted
  Json settings = JsonObject{};            // beside the grant of its creator
};

class Instances {
 public:
  // `most`: names that there may be, deleted ones included; only tests have reason to change it.
  explicit Instances(const Management& management, size_t most = limits::kInstances) : management_(management), most_(most) {}

  // Alive ones, by name.
  Result<std::vector<InstanceRecord>> List() const;
  // Alive or deleted; none for a name that never was.
  Result<std::optional<InstanceRecord>> Find(const std::string& name) const;
  // Error: instance.unknown
  Result<InstanceRecord> Get(const InstanceKey& key) const;
  // With the first signing key, and `creator` as owner. A name that was deleted begins anew, with nothing of before.
  // Errors: instance.name; instance.exists (kMismatch) for one alive; instance.no_template; instance.reserved for the default's name;
  // policy.signer.limit; settings.*; instance.limit
  Result<InstanceRecord> Create(const NewInstance& wanted, const Caller& creator) const;
  // At the first start of a service: the instance that answers names of no other, without any grant but those of `settings`. One that is
  // there gets `issuer`, if it had another.
  Status EnsureDefault(const std::string& issuer, const Json& settings) const;
  // Of one alive, `change` gives what is kept: resource and settings. Errors: instance.unknown; those of `change`; settings.*
  struct Change {
    JsonObject resource;
    Json settings;
  };
  Result<InstanceRecord> Update(const InstanceKey& key, const std::function<Result<Change>(Change)>& change, const std::string& by) const;
  // The name stays reserved. False when it was deleted before. Errors: instance.reserved for the default
  Result<bool> Delete(const std::string& name, const std::string& by) const;

  // Newest first.
  Result<std::vector<SettingsRecord>> SettingsHistory(const InstanceKey& key) const;

 private:
  Result<std::string> UrlOf(const std::string& name) const;
  Status MoveDefault(const InstanceKey& key, const std::string& issuer) const;
  Status Insert(const InstanceRecord& record, const std::vector<SignerCertificate>& signers, const KeyRecord& key) const;

  const Management& management_;
  const size_t most_;
};

// Who a grant to this caller names: `oid`, which Entra ID keeps the same over applications, else `sub`.
ClaimMatch Identity(const Caller& caller);

}  // namespace vidimus
