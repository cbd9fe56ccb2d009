// InstanceRegistry: the instances as requests read them, a snapshot kept up with the store. Requests never wait for the store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/instance.h"
#include "service/instance_names.h"

namespace vidimus {

// Which instances there are, and by what names they are reached.
struct InstanceAddresses {
  std::string default_name;                      // answers names outside the template's domain
  std::optional<InstanceUrlTemplate> url;        // none: the default instance is the only one that a Host header reaches
  std::map<std::string, std::string> endpoints;  // instance by the name of an endpoint of its own
  std::map<std::string, std::string> urls;       // of an instance with an endpoint of its own, by its name
};

struct RegistryHealth {
  std::string store;             // "sqlite" or "postgresql"
  bool up_to_date = false;       // the last look at the store succeeded
  int64_t age_milliseconds = 0;  // since the last look that succeeded
  bool stale = false;            // older than the limit: nothing is judged
  size_t instances = 0;          // alive
  size_t unusable = 0;           // of them, those that cannot be loaded
  size_t keys_lost = 0;          // of them, those whose PKCS #11 token does not answer
};

class InstanceRegistry {
 public:
  struct Settings {
    InstanceAddresses addresses;
    InstanceDefaults defaults;
    std::chrono::milliseconds max_staleness = std::chrono::seconds(300);
    std::function<UnixTime()> clock;  // of keys and records
  };

  // Loads everything once, then keeps looking, on a thread of its own: when the store tells of a change, and every
  // limits::kStorePollMilliseconds. `store` and `vault` must outlive it. Errors: those of the store
  static Result<std::unique_ptr<InstanceRegistry>> Start(Store& store, const KeyVault& vault, Settings settings);
  ~InstanceRegistry();

  // The instance that a request is for: that of the endpoint, else of the Host header.
  // Errors: request.host; instance.unknown (kMissing); instance.unusable (kIo) for one that cannot be loaded,
  // keys.out_of_reach (kBusy) where that is for a PKCS #11 token; store.stale (kBusy)
  Result<std::shared_ptr<const Instance>> Select(const std::string& endpoint, std::string_view host) const;
  // By name, in lower case. Errors: as above, but for request.host
  Result<std::shared_ptr<const Instance>> Find(const std::string& name) const;

  // Looks at the store now: what was written before is visible afterwards. Waits for the store. Errors: those of the store
  Status Refresh();

  RegistryHealth health() const;
  // Those that are loaded now.
  std::vector<std::shared_ptr<const Instance>> Loaded() const;
  const InstanceAddresses& addresses() const { return settings_.addresses; }
  const InstanceDefaults& defaults() const { return settings_.defaults; }
  UnixTime now() const { return settings_.clock(); }

 private:
  struct Entry {
    int64_t generation, revision;
    Result<std::shared_ptr<const Instance>> instance;
    std::shared_ptr<InstanceMemory> memory;

    // Some of its keys are in a token that did not answer when it was loaded.
    bool IsWithoutKeys() const { return instance && (*instance)->keys.lost(); }
    // A signature failed since it was loaded with all its keys.
    bool LostItsKeys() const { return instance && !IsWithoutKeys() && memory->keys_lost; }
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  // What wakes the watcher; the store may still ring when the registry is gone.
  struct Alarm {
    std::mutex mutex;
    std::condition_variable rings;
    bool changed = false, stopping = false;
    void Ring(bool& reason) {
      const std::lock_guard lock(mutex);
      reason = true;
      rings.notify_one();
    }
  };

  InstanceRegistry(Store& store, const KeyVault& vault, Settings settings) : store_(store), vault_(vault), settings_(std::move(settings)) {}
  Status Look();
  Result<Entry> LoadEntry(StoreTransaction& store, const InstanceRecord& record, const Entries& former) const;
  Status LoadChanges(StoreTransaction& store, const Entries& former, Entries& entries) const;
  void Watch();
  std::chrono::milliseconds Age() const;

  Store& store_;
  const KeyVault& vault_;
  const Settings settings_;
  std::atomic<std::shared_ptr<const Entries>> entries_;
  std::atomic<std::chrono::steady_clock::time_point> looked_at_;

  std::mutex looking_;  // one look at a time
  StoreRevision revision_;
  std::chrono::steady_clock::time_point retry_at_;  // when those that cannot be loaded are tried again
  std::atomic<bool> up_to_date_ = false;            // the last look succeeded
  const std::shared_ptr<Alarm> alarm_ = std::make_shared<Alarm>();
  std::thread watcher_;
};

}  // namespace vidimus
