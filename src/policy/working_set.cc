#include "policy/working_set.h"

#include <algorithm>

namespace vidimus {

WorkingSet::WorkingSet(const ClaimTypes& types, const ClaimSet& incoming, std::pmr::memory_resource* memory)
    : incoming_(incoming), made_(memory), entries_(memory), of_policy_(memory) {
  entries_.reserve(std::min<size_t>(incoming.size(), 32));
  for (uint32_t i = 0; i < incoming.size(); ++i) {
    const ClaimTypeId type = types.Find(incoming[i].type);
    if (type != kUnknownClaimType) entries_.push_back({type, i});
    if (incoming[i].issuer == ClaimIssuer::kAttestationPolicy) of_policy_.emplace(&incoming[i], i);
  }
  std::sort(entries_.begin(), entries_.end());
}

std::span<const WorkingSet::Entry> WorkingSet::OfType(ClaimTypeId type) const {
  const auto [begin, end] =
      std::equal_range(entries_.begin(), entries_.end(), Entry{type, 0}, [](const Entry& a, const Entry& b) { return a.type < b.type; });
  return {begin, end};
}

WorkingSet::Added WorkingSet::Add(Claim claim, ClaimTypeId type) {
  const auto number = static_cast<uint32_t>(size());
  made_.push_back(std::move(claim));
  const auto [held, is_new] = of_policy_.try_emplace(&made_.back(), number);
  if (!is_new) {
    made_.pop_back();
    return {held->second, false};
  }
  const Entry entry{type, number};
  if (type != kUnknownClaimType) entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), entry), entry);
  return {number, true};
}

}  // namespace vidimus
