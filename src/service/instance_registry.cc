#include "service/instance_registry.h"

#include <algorithm>

#include "base/log.h"

namespace vidimus {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRetryUnusable(10);  // a PKCS #11 token may come back

bool IsOfToken(const Error& error) { return error.where.starts_with("crypto.pkcs11."); }

}  // namespace

Result<std::unique_ptr<InstanceRegistry>> InstanceRegistry::Start(Store& store, const KeyVault& vault, Settings settings) {
  std::unique_ptr<InstanceRegistry> out(new InstanceRegistry(store, vault, std::move(settings)));
  out->entries_.store(std::make_shared<const Entries>());
  VIDIMUS_CHECK_OK(out->Refresh());
  store.OnChange([alarm = out->alarm_] { alarm->Ring(alarm->changed); });
  out->watcher_ = std::thread([registry = out.get()] { registry->Watch(); });
  return out;
}

InstanceRegistry::~InstanceRegistry() {
  alarm_->Ring(alarm_->stopping);
  if (watcher_.joinable()) watcher_.join();
}

std::chrono::milliseconds InstanceRegistry::Age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - looked_at_.load());
}

Result<std::shared_ptr<const Instance>> InstanceRegistry::Select(const std::string& endpoint, std::string_view host) const {
  if (const auto own = settings_.addresses.endpoints.find(endpoint); own != settings_.addresses.endpoints.end()) return Find(own->second);
  if (host.empty()) return Find(settings_.addresses.default_name);  // HTTP/1.0 may leave it out
  VIDIMUS_TRY(const std::string name, HostOf(host));
  const auto inside = settings_.addresses.url ? settings_.addresses.url->NameIn(name) : std::nullopt;
  return Find(inside.value_or(settings_.addresses.default_name));
}

Result<std::shared_ptr<const Instance>> InstanceRegistry::Find(const std::string& name) const {
  if (Age() > settings_.max_staleness)
    return Fail(ErrorCode::kBusy, "store.stale",
                "the store has been out of reach for " + std::to_string(Age().count() / 1000) + " s: policies may have changed meanwhile");
  const auto entries = entries_.load();
  const auto found = entries->find(name);
  if (found == entries->end())
    return Fail(ErrorCode::kMissing, "instance.unknown", "there is no instance \"" + name.substr(0, 64) + "\" here");
  const auto& instance = found->second.instance;
  if (!instance && IsOfToken(instance.error()))
    return Fail(ErrorCode::kBusy, "keys.out_of_reach",
                "the PKCS #11 token that holds the signing keys does not answer (" + std::string(instance.error().where) +
                    "); it is looked for again");
  if (!instance)
    return Fail(ErrorCode::kIo, "instance.unusable", "instance " + name + " cannot be loaded; the log of the service says why");
  return *instance;
}

Result<InstanceRegistry::Entry> InstanceRegistry::LoadEntry(StoreTransaction& store, const InstanceRecord& record,
                                                            const Entries& former) const {
  const auto known = former.find(record.key.name);
  const bool same = known != former.end() && known->second.generation == record.key.generation;
  const bool unchanged = same && known->second.revision == record.revision;
  if (unchanged && known->second.instance && !known->second.IsWithoutKeys() && !known->second.LostItsKeys()) return known->second;
  auto memory = same ? known->second.memory : std::make_shared<InstanceMemory>(settings_.defaults.share);
  memory->keys_lost = false;
  auto instance = LoadInstance(store, record, settings_.defaults, vault_, settings_.clock(), memory,
                               same && known->second.instance ? &(*known->second.instance)->keys : nullptr);
  if (!instance && instance.error().where.starts_with("store.")) return tl::unexpected(instance.error());
  if (!instance && !unchanged)
    Log(LogLevel::kError, "instance cannot be loaded",
        {{"instance", record.key.name}, {"where", std::string(instance.error().where)}, {"detail", instance.error().detail}});
  Entry out{record.key.generation, record.revision, std::move(instance), std::move(memory)};
  const bool was_without = same && known->second.IsWithoutKeys();
  if (out.IsWithoutKeys() && !was_without) {
    const Error& lost = *(*out.instance)->keys.lost();
    Log(LogLevel::kError, "signing keys out of reach",
        {{"instance", record.key.name}, {"where", std::string(lost.where)}, {"detail", lost.detail}});
  }
  if (out.instance && !out.IsWithoutKeys() && was_without)
    Log(LogLevel::kInfo, "signing keys within reach", {{"instance", record.key.name}});
  return out;
}

Status InstanceRegistry::LoadChanges(StoreTransaction& store, const Entries& former, Entries& entries) const {
  entries.clear();
  VIDIMUS_TRY(const std::vector<InstanceRecord> records, store.Instances());
  for (const InstanceRecord& record : records) {
    if (record.deleted_at) continue;
    VIDIMUS_TRY(Entry entry, LoadEntry(store, record, former));
    entries.emplace(record.key.name, std::move(entry));
  }
  return {};
}

Status InstanceRegistry::Look() {
  const std::lock_guard lock(looking_);
  const auto began = SteadyClock::now();
  const auto former = entries_.load();
  const bool lost = std::any_of(former->begin(), former->end(), [](const auto& one) { return one.second.LostItsKeys(); });
  Entries entries;
  StoreRevision revision;
  bool changed = false;
  VIDIMUS_CHECK_OK(store_.Read([&](StoreTransaction& store) -> Status {
    VIDIMUS_TRY(revision, store.Revision());
    changed = lost || !(revision == revision_) || (retry_at_ != SteadyClock::time_point::max() && began >= retry_at_);
    return changed ? LoadChanges(store, *former, entries) : Status();
  }));
  if (changed) {
    const bool all = std::all_of(entries.begin(), entries.end(),
                                 [](const auto& one) { return one.second.instance.has_value() && !one.second.IsWithoutKeys(); });
    retry_at_ = all ? SteadyClock::time_point::max() : began + kRetryUnusable;
    entries_.store(std::make_shared<const Entries>(std::move(entries)));
  }
  revision_ = revision;
  looked_at_.store(began);
  return {};
}

Status InstanceRegistry::Refresh() {
  const Status looked = Look();
  const bool before = up_to_date_.exchange(looked.has_value());
  if (!looked && before) Log(LogLevel::kError, "store out of reach", {{"detail", looked.error().detail}});
  if (looked && !before) Log(LogLevel::kInfo, "store reached");
  return looked;
}

void InstanceRegistry::Watch() {
  Alarm& alarm = *alarm_;
  std::unique_lock lock(alarm.mutex);
  while (!alarm.stopping) {
    alarm.rings.wait_for(lock, std::chrono::milliseconds(limits::kStorePollMilliseconds), [&] { return alarm.changed || alarm.stopping; });
    if (alarm.stopping) return;
    alarm.changed = false;
    lock.unlock();
    static_cast<void>(Refresh());  // it says itself what went wrong
    lock.lock();
  }
}

std::vector<std::shared_ptr<const Instance>> InstanceRegistry::Loaded() const {
  std::vector<std::shared_ptr<const Instance>> out;
  for (const auto& [name, entry] : *entries_.load())
    if (entry.instance) out.push_back(*entry.instance);
  return out;
}

RegistryHealth InstanceRegistry::health() const {
  RegistryHealth out;
  out.store = store_.kind();
  out.age_milliseconds = Age().count();
  out.stale = Age() > settings_.max_staleness;
  for (const auto& [name, entry] : *entries_.load()) {
    ++out.instances;
    const bool out_of_reach = entry.instance ? entry.IsWithoutKeys() : IsOfToken(entry.instance.error());
    if (out_of_reach) ++out.keys_lost;
    if (!entry.instance && !out_of_reach) ++out.unusable;
  }
  out.up_to_date = up_to_date_;
  return out;
}

}  // namespace vidimus
