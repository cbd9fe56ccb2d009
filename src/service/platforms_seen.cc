#include "service/platforms_seen.h"

#include <algorithm>

namespace vidimus {

PlatformsSeen::Sighting& PlatformsSeen::At(const PlatformTcb& platform) {
  const auto known = platforms_.find(platform);
  if (known != platforms_.end()) return known->second;
  if (platforms_.size() >= most_)
    platforms_.erase(
        std::min_element(platforms_.begin(), platforms_.end(), [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  return platforms_[platform];
}

void PlatformsSeen::Note(const PlatformTcb& platform, UnixTime now) {
  const std::lock_guard lock(mutex_);
  Sighting& sighting = At(platform);
  if (sighting.first == 0) sighting.first = now;
  sighting.last = std::max(sighting.last, now);
}

void PlatformsSeen::Add(const std::vector<SeenPlatform>& kept) {
  const std::lock_guard lock(mutex_);
  added_ = true;
  for (const SeenPlatform& one : kept) {
    Sighting& sighting = At(one.platform);
    sighting.first = sighting.first == 0 ? one.first_seen : std::min(sighting.first, one.first_seen);
    sighting.last = std::max(sighting.last, one.last_seen);
    sighting.kept = std::max(sighting.kept, one.last_seen);
  }
}

bool PlatformsSeen::added() const {
  const std::lock_guard lock(mutex_);
  return added_;
}

std::vector<SeenPlatform> PlatformsSeen::TakeNews(UnixTime oldest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(platforms_, [&](const auto& one) { return one.second.last < oldest; });
  std::vector<SeenPlatform> out;
  for (auto& [platform, sighting] : platforms_) {
    if (sighting.kept != 0 && sighting.last - sighting.kept < limits::kPlatformKeepSeconds) continue;
    out.push_back({platform, sighting.first, sighting.last});
    sighting.kept = sighting.last;
  }
  return out;
}

void PlatformsSeen::PutBack(const std::vector<SeenPlatform>& news) {
  const std::lock_guard lock(mutex_);
  for (const SeenPlatform& one : news) {
    const auto known = platforms_.find(one.platform);
    if (known != platforms_.end()) known->second.kept = 0;
  }
}

std::vector<SeenPlatform> PlatformsSeen::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<SeenPlatform> out;
  for (const auto& [platform, sighting] : platforms_) out.push_back({platform, sighting.first, sighting.last});
  return out;
}

}  // namespace vidimus
