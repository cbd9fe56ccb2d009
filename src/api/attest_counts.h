// AttestCounts: how attestations ended, by type and by where they were refused.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "claims/attestation_type.h"

namespace vidimus {

class AttestCounts {
 public:
  enum class Outcome { kAccepted, kDraft };  // a draft's token proves nothing

  // Takes no lock.
  void Accept(AttestationType type, Outcome outcome) {
    accepted_[static_cast<size_t>(type)][static_cast<size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
  }
  // `where`: of the error, a name that the code has. Past limits::kRefusalKinds of a type and a name, further names count as "other".
  void Refuse(AttestationType type, std::string_view where);

  uint64_t accepted(AttestationType type, Outcome outcome) const {
    return accepted_[static_cast<size_t>(type)][static_cast<size_t>(outcome)].load(std::memory_order_relaxed);
  }
  using Refusals = std::map<std::pair<AttestationType, std::string>, uint64_t>;
  Refusals refused() const;

 private:
  std::array<std::array<std::atomic<uint64_t>, 2>, kAttestationTypes.size()> accepted_{};
  mutable std::mutex mutex_;
  Refusals refused_;
};

}  // namespace vidimus
