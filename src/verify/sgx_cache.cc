#include "verify/sgx_cache.h"

namespace vidimus {
namespace {

// Threads are numbered as they come, so that each keeps finding the same part, warm and free.
size_t ThreadNumber() {
  static std::atomic<size_t> threads = 0;
  thread_local const size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace

SgxVerificationCache::Lease::Lease(SgxVerificationCache* cache) : cache_(cache), index_(limits::kSgxCacheParts) {
  if (cache_ == nullptr) return;
  for (size_t i = 0; i < limits::kSgxCacheParts; ++i) {
    const size_t candidate = (ThreadNumber() + i) % limits::kSgxCacheParts;
    if (cache_->slots_[candidate].busy.exchange(true, std::memory_order_acquire)) continue;
    index_ = candidate;
    return;
  }
}

SgxVerificationCache::Lease::~Lease() {
  if (part() != nullptr) cache_->slots_[index_].busy.store(false, std::memory_order_release);
}

SgxVerificationCache::Part* SgxVerificationCache::Lease::part() const {
  return cache_ == nullptr || index_ == limits::kSgxCacheParts ? nullptr : &cache_->slots_[index_].part;
}

}  // namespace vidimus
