// WorkingSet: the claims that one evaluation sees, those of the evidence and those its rules made, without duplicates (section 2.7).
#pragma once

#include <deque>
#include <memory_resource>
#include <span>
#include <unordered_map>
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
  struct Hash {
    size_t operator()(const Claim* claim) const {
      return std::hash<std::string_view>()(claim->type) * 31 + std::hash<ClaimValueView>()(ViewOf(claim->value)) +
             (claim->read_only ? 1 : 0);
    }
  };
  struct Same {
    bool operator()(const Claim* a, const Claim* b) const { return a->read_only == b->read_only && *a == *b; }
  };

  const ClaimSet& incoming_;
  std::pmr::deque<Claim> made_;  // addresses stay
  std::pmr::vector<Entry> entries_;
  std::pmr::unordered_map<const Claim*, uint32_t, Hash, Same> of_policy_;  // the claims whose issuer is AttestationPolicy
};

}  // namespace vidimus
