// What management use cases share: the store they write to, the registry that must see it before anyone is told, and who asks.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>

#include "service/instance_registry.h"

namespace vidimus {

struct Management {
  Store& store;
  InstanceRegistry& registry;
  const KeyVault& vault;

  UnixTime now() const { return registry.now(); }

  // What `work`, a Result<T>(StoreTransaction&), gives; it may run several times. Errors: its own and those of the store
  template <typename Work>
  auto Read(const Work& work) const {
    return Run<std::invoke_result_t<const Work&, StoreTransaction&>>(
        [this](const std::function<Status(StoreTransaction&)>& step) { return store.Read(step); }, work);
  }
  // The same, writing: returns once this node's requests see it.
  template <typename Work>
  auto Write(const Work& work) const {
    return Run<std::invoke_result_t<const Work&, StoreTransaction&>>(
        [this](const std::function<Status(StoreTransaction&)>& step) {
          const Status written = store.Write(step);
          return written ? registry.Refresh() : written;
        },
        work);
  }

  // The same, of an instance: `work`, a Result<T>(StoreTransaction&, const InstanceRecord&), gets it as the store has it at that moment.
  // Error: instance.unknown (kMissing) when it was deleted, or created anew, meanwhile
  template <typename Work>
  auto Read(const InstanceKey& key, const Work& work) const {
    return Read(OnLiving(key, work));
  }
  template <typename Work>
  auto Write(const InstanceKey& key, const Work& work) const {
    return Write(OnLiving(key, work));
  }

 private:
  template <typename R, typename Transact, typename Work>
  static R Run(const Transact& transact, const Work& work) {
    std::optional<R> out;
    const Status done = transact([&](StoreTransaction& transaction) -> Status {
      out.emplace(work(transaction));
      if (!*out) return tl::unexpected(out->error());
      return {};
    });
    if (!done) return tl::unexpected(done.error());
    return *std::move(out);
  }

  template <typename Work>
  static auto OnLiving(const InstanceKey& key, const Work& work) {
    return [&key, &work](StoreTransaction& transaction) -> std::invoke_result_t<const Work&, StoreTransaction&, const InstanceRecord&> {
      VIDIMUS_TRY(const InstanceRecord record, Living(transaction, key));
      return work(transaction, record);
    };
  }
  static Result<InstanceRecord> Living(StoreTransaction& transaction, const InstanceKey& key);
};

}  // namespace vidimus
