#include "service/key_management.h"

#include <algorithm>

#include "base/log.h"

namespace vidimus {
namespace {

Result<InstanceSettings> SettingsOf(const Management& management, const std::string& text) {
  VIDIMUS_TRY(const Json json, ParseJson(text));
  return SettingsFromJson(json, management.registry.defaults().settings);
}

// A lifetime that was lowered since does not shorten tokens that are out.
Result<int64_t> LongestLifetime(StoreTransaction& store, const Management& management, const InstanceKey& instance) {
  int64_t longest = kManagementTokenSeconds;
  VIDIMUS_TRY(const auto history, store.SettingsHistory(instance, limits::kHistoryEntries));
  for (const SettingsRecord& record : history) {
    VIDIMUS_TRY(const InstanceSettings settings, SettingsOf(management, record.settings));
    longest = std::max(longest, settings.token_lifetime);
  }
  return longest;
}

}  // namespace

Result<std::vector<KeyRecord>> KeyManagement::List(const InstanceKey& instance) const {
  return management_.Read(instance, [&](StoreTransaction& store, const InstanceRecord&) { return store.Keys(instance); });
}

Result<RotationReport> KeyManagement::Rotate(const InstanceKey& instance, bool emergency, const std::string& by) const {
  // The key is made before the transaction: that takes long, and may be in a token.
  VIDIMUS_TRY(const InstanceRecord record,
              management_.Read(instance, [](StoreTransaction&, const InstanceRecord& found) { return Result<InstanceRecord>(found); }));
  VIDIMUS_TRY(const InstanceSettings settings, SettingsOf(management_, record.settings));
  VIDIMUS_TRY(KeyRecord next, management_.vault.Make(instance, record.issuer, settings.key_bits, settings.key_source));
  next.created_by = by;
  auto report = management_.Write(instance, [&](StoreTransaction& store, const InstanceRecord&) -> Result<RotationReport> {
    RotationReport out;
    VIDIMUS_TRY(const auto keys, store.Keys(instance));
    VIDIMUS_TRY(out.longest_lifetime, LongestLifetime(store, management_, instance));
    VIDIMUS_TRY(Rotation rotation, PlanRotation(keys, next, management_.now(), settings.rotation_lead, out.longest_lifetime, emergency));
    VIDIMUS_CHECK_OK(store.AddKey(instance, rotation.added));
    for (const KeyRecord& changed : rotation.changed) VIDIMUS_CHECK_OK(store.UpdateKey(instance, changed));
    out.added = std::move(rotation.added);
    out.withdrawn = std::move(rotation.changed);
    return out;
  });
  if (report)
    Log(emergency ? LogLevel::kWarning : LogLevel::kInfo, "signing key added",
        {{"instance", instance.name}, {"kid", report->added.kid}, {"signs_from", FormatRfc3339Utc(report->added.signs_from)}, {"by", by}});
  return report;
}

Result<size_t> KeyManagement::Rewrap() const {
  return management_.Write([&](StoreTransaction& store) -> Result<size_t> {
    size_t count = 0;
    VIDIMUS_TRY(const auto instances, store.Instances());
    for (const InstanceRecord& instance : instances) {
      if (instance.deleted_at) continue;  // nothing signs for it again
      VIDIMUS_TRY(const auto keys, store.Keys(instance.key));
      for (const KeyRecord& key : keys) {
        VIDIMUS_TRY(const auto rewrapped, management_.vault.Rewrapped(instance.key, key));
        if (!rewrapped) continue;
        VIDIMUS_CHECK_OK(store.UpdateKey(instance.key, *rewrapped));
        ++count;
      }
    }
    return count;
  });
}

Result<KeyRecord> FirstKey(const Management& management, const InstanceRecord& instance, const InstanceSettings& settings,
                           const std::string& by) {
  VIDIMUS_TRY(KeyRecord out, management.vault.Make(instance.key, instance.issuer, settings.key_bits, settings.key_source));
  out.created_at = out.signs_from = management.now();
  out.created_by = by;
  return out;
}

}  // namespace vidimus
