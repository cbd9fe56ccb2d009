// PlatformsSeen: the platforms whose quotes one instance has been shown, as this node knows them. In memory; Platforms keeps them in the
// store, where all nodes read.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "verify/platform_tcb.h"

namespace vidimus {

struct SeenPlatform {
  PlatformTcb platform;
  UnixTime first_seen = 0, last_seen = 0;
};

class PlatformsSeen {
 public:
  // `most`: only tests have reason to change it.
  explicit PlatformsSeen(size_t most = limits::kPlatformsSeen) : most_(most) {}

  // By any thread, on a request's way: allocates nothing for a platform that is known. Of more than `most` that was seen longest ago goes.
  void Note(const PlatformTcb& platform, UnixTime now);
  // What other nodes, or this one before, have kept.
  void Add(const std::vector<SeenPlatform>& kept);
  bool added() const;  // whether it was told that once
  // Those that the store does not know, or that were seen limits::kPlatformKeepSeconds after what it knows; they count as kept from now on.
  // Forgets those seen before `oldest`.
  std::vector<SeenPlatform> TakeNews(UnixTime oldest);
  // They could not be kept.
  void PutBack(const std::vector<SeenPlatform>& news);

  std::vector<SeenPlatform> All() const;

  std::mutex keeping;  // of whoever takes news, until they are in the store

 private:
  struct Sighting {
    UnixTime first = 0, last = 0;
    UnixTime kept = 0;  // `last` as the store has it; 0: it has not
  };

  Sighting& At(const PlatformTcb& platform);

  const size_t most_;
  mutable std::mutex mutex_;
  bool added_ = false;
  std::map<PlatformTcb, Sighting> platforms_;
};

}  // namespace vidimus
