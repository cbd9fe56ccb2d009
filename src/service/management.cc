#include "service/management.h"

namespace vidimus {

Result<InstanceRecord> Management::Living(StoreTransaction& transaction, const InstanceKey& key) {
  VIDIMUS_TRY(auto record, transaction.FindInstance(key.name));
  if (!record || record->deleted_at || !(record->key == key))
    return Fail(ErrorCode::kMissing, "instance.unknown", "instance \"" + key.name + "\" is no longer there");
  return *std::move(record);
}

}  // namespace vidimus
