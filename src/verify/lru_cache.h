// LruCache: a bounded map in which the least recently used entry gives way. For one thread at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

#include "crypto/digest.h"

namespace vidimus {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class LruCache {
 public:
  // Holds nothing when `limit` is zero.
  explicit LruCache(size_t limit) : limit_(limit) {}

  // Null when not held; valid until the next Insert.
  const Value* Find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    used_.splice(used_.begin(), used_, found->second);
    return &found->second->second;
  }

  // Keeps what is held already. A key that is a view must see into `value`.
  void Insert(const Key& key, Value value) {
    if (limit_ == 0 || Find(key) != nullptr) return;
    if (used_.size() == limit_) {
      places_.erase(used_.back().first);
      used_.pop_back();
    }
    used_.emplace_front(key, std::move(value));
    places_.emplace(key, used_.begin());
  }

  size_t size() const { return used_.size(); }

 private:
  using Entry = std::pair<Key, Value>;

  size_t limit_;
  std::list<Entry> used_;  // the latest first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> places_;
};

// Any eight octets of a digest are as good as any others.
struct DigestHash {
  size_t operator()(const Sha256Digest& digest) const {
    size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
  }
};

}  // namespace vidimus
