// Fetches documents one after the other from one source, patiently, and keeps those that verify.
#pragma once

#include <vector>

#include "gather/intel_source.h"

namespace vidimus {

inline constexpr unsigned kPullTries = 5;                     // of one document
inline constexpr std::chrono::seconds kPullLongestPause{60};  // that a source may ask for before we give up

class EndorsementPuller {
 public:
  EndorsementPuller(IntelSource& source, IntelEndorsements held) : source_(source), held_(std::move(held)) {}

  // Says on standard error what it does. Asks again after a while what is busy or does not answer; not what the source has not, and not
  // what does not verify. Errors, which name the document: gather.*, net.fetch.*, those of IntelEndorsements::With
  Status Get(const IntelDocumentKey& key);

  const IntelEndorsements& held() const { return held_; }

 private:
  Result<std::vector<NamedDocument>> FetchPatiently(const IntelDocumentKey& key);

  IntelSource& source_;
  IntelEndorsements held_;
};

}  // namespace vidimus
