// Steps: what one evaluation may still cost. Comparisons, visited values and copied octets spend them; when they are gone it ends.
#pragma once

#include <algorithm>
#include <cstddef>

namespace vidimus {

class Steps {
 public:
  explicit Steps(size_t limit) : left_(limit) {}
  // False, now and ever after, once more was asked for than was left.
  bool Spend(size_t steps) {
    exhausted_ = exhausted_ || steps > left_;
    left_ -= std::min(steps, left_);
    return !exhausted_;
  }
  bool exhausted() const { return exhausted_; }
  size_t left() const { return left_; }

 private:
  size_t left_;
  bool exhausted_ = false;
};

}  // namespace vidimus
