#include "verify/intel_cache.h"

#include <new>

namespace vidimus {
namespace {

// Threads are numbered as they come, so that each keeps finding the same part, warm and free.
size_t ThreadNumber() {
  static std::atomic<size_t> threads = 0;
  thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

IntelVerificationCache::~IntelVerificationCache() { delete[] slots_.load(); }

IntelVerificationCache::Slot* IntelVerificationCache::Slots() noexcept {
  Slot* slots = slots_.load(std::memory_order_acquire);
  if (slots != nullptr) return slots;
  Slot* const made = new (std::nothrow) Slot[bounds_.parts];
  if (slots_.compare_exchange_strong(slots, made, std::memory_order_acq_rel, std::memory_order_acquire)) return made;
  delete[] made;  // another thread was first
  return slots;
}

IntelVerificationCache::Lease::Lease(IntelVerificationCache* cache) noexcept {
  Slot* const slots = cache == nullptr ? nullptr : cache->Slots();
  if (slots == nullptr) return;
  const size_t parts = cache->bounds_.parts;
  for (size_t i = 0; i < parts; ++i) {
    Slot& candidate = slots[(ThreadNumber() + i) % parts];
    if (candidate.busy.exchange(true, std::memory_order_acquire)) continue;
    if (!candidate.part) candidate.part.reset(new (std::nothrow) Part(cache->bounds_));
    slot_ = &candidate;
    return;
  }
}

IntelVerificationCache::Lease::~Lease() {
  if (slot_ != nullptr) slot_->busy.store(false, std::memory_order_release);
}

IntelVerificationCache::Part* IntelVerificationCache::Lease::part() const { return slot_ == nullptr ? nullptr : slot_->part.get(); }

}  // namespace vidimus
