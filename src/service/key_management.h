// The use cases of token-signing keys: list, rotate, wrap anew. Every call waits for the store.
#pragma once

#include <string>
#include <vector>

#include "service/management.h"

namespace vidimus {

struct RotationReport {
  KeyRecord added;
  std::vector<KeyRecord> withdrawn;  // the former keys, with when each ceases to be published
  int64_t longest_lifetime = 0;      // seconds, of any token that the instance may have signed with them
};

class KeyManagement {
 public:
  explicit KeyManagement(const Management& management) : management_(management) {}

  // By signs_from.
  Result<std::vector<KeyRecord>> List(const InstanceKey& instance) const;
  // By the instance's settings: bits, source, lead. Errors: those of KeyVault::Make and PlanRotation
  Result<RotationReport> Rotate(const InstanceKey& instance, bool emergency, const std::string& by) const;
  // Wraps the keys of all instances with the current master key; how many were not yet. Errors: those of KeyVault::Rewrapped
  Result<size_t> Rewrap() const;

 private:
  const Management& management_;
};

// What the control plane and a first start have in common: the first key of an instance.
Result<KeyRecord> FirstKey(const Management& management, const InstanceRecord& instance, const InstanceSettings& settings,
                           const std::string& by);

}  // namespace vidimus
