#include "api/attest_counts.h"

#include "base/limits.h"

namespace vidimus {

void AttestCounts::Refuse(AttestationType type, std::string_view where) {
  const std::lock_guard lock(mutex_);
  std::pair key(type, std::string(where));
  if (refused_.size() >= limits::kRefusalKinds && !refused_.contains(key)) key.second = "other";
  ++refused_[key];
}

AttestCounts::Refusals AttestCounts::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace vidimus
