// WorkingSet: the claims that one evaluation sees, those of the evidence and those its rules made, without duplicates (section 2.7).
#pragma once

#include <deque>
#include <map>
#include <memory_resource>
#include <span>
#include <tuple>
#include <vector>

#include "policy/program.h"

namespace vidimus {

class WorkingSet {
 public:
  struct Entry {
    ClaimTypeId type;
    uint32_t claim;
    auto operator<=>(const Entry&) const = default;
  };

  // `incoming` must outlive the set, and holds at most limits::kClaims.
  WorkingSet(const ClaimTypes& types, const ClaimSet& incoming, std::pmr::memory_resource* memory);

  size_t size() const { return incoming_.size() + made_.size(); }
  const Claim& operator[](uint32_t claim) const { return claim < incoming_.size() ? incoming_[claim] : made_[claim - incoming_.size()]; }

  // Of a type that the program names, in the order the claims came.
  std::span<const Entry> OfType(ClaimTypeId type) const;
  std::span<const Entry> entries() const { return entries_; }  // by type, then in the order they came

  struct Added {
    uint32_t claim;
    bool is_new;
  };
  // `type` is that of `claim`, as the program knows it. An equal claim that is read-only and one that is not are both kept: a mark must
  // not be lost because the value was there without it.
  Added Add(Claim claim, ClaimTypeId type);

 private:
  // Of claims of one issuer. No hash: whoever chose the values could choose them to collide.
  struct Less {
    bool operator()(const Claim* a, const Claim* b) const {
      return std::tie(a->read_only, a->type, a->value) < std::tie(b->read_only, b->type, b->value);
    }
  };

  const ClaimSet& incoming_;
  std::pmr::deque<Claim> made_;  // addresses stay
  std::pmr::vector<Entry> entries_;
  std::pmr::map<const Claim*, uint32_t, Less> of_policy_;  // the claims whose issuer is AttestationPolicy
};

}  // namespace vidimus
