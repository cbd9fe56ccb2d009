// Which rules a claim can make fire: by its type, and by its type and value. What no claim wakes costs nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/claim_value.h"

namespace vidimus {

struct Rule;

// A claim type that some condition of the program names, numbered from 0.
using ClaimTypeId = uint32_t;
inline constexpr ClaimTypeId kUnknownClaimType = 0xffffffff;  // no condition names it
inline constexpr ClaimTypeId kAnyClaimType = 0xfffffffe;      // of a condition that names none

class ClaimTypes {
 public:
  ClaimTypeId Intern(std::string_view type);
  ClaimTypeId Find(std::string_view type) const;  // kUnknownClaimType when no condition names it

 private:
  std::map<std::string, ClaimTypeId, std::less<>> ids_;  // no hash: whoever writes a draft could choose the types to collide
};

class RuleIndex {
 public:
  RuleIndex() = default;
  explicit RuleIndex(const std::vector<Rule>& rules);

  // Rules by number, each list ascending. A rule stands in one list: by the first condition that must find a claim and that no
  // condition with a call precedes, since a call may fail the evaluation.
  std::span<const uint32_t> always() const { return always_; }
  std::span<const uint32_t> ByType(ClaimTypeId type) const;
  std::optional<uint32_t> ListByValue(ClaimTypeId type, const ClaimValueView& value) const;
  std::span<const uint32_t> ByValue(uint32_t list) const { return by_value_[list]; }

 private:
  struct Key {
    ClaimTypeId type;
    ClaimValue value;
  };
  struct KeyView {
    ClaimTypeId type;
    ClaimValueView value;
    KeyView(ClaimTypeId t, const ClaimValueView& v) : type(t), value(v) {}
    KeyView(const Key& key) : type(key.type), value(ViewOf(key.value)) {}
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const KeyView& key) const { return std::hash<ClaimValueView>()(key.value) ^ (key.type * size_t{0x9e3779b97f4a7c15}); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const { return a.type == b.type && a.value == b.value; }
  };

  std::vector<uint32_t> always_;
  struct OfType {
    std::vector<uint32_t> rules;
    bool pins_values = false;  // some rule waits for a value of the type: only then is the value looked up
  };
  std::vector<OfType> types_;  // by ClaimTypeId
  std::vector<std::vector<uint32_t>> by_value_;
  std::unordered_map<Key, uint32_t, Hash, Equal> lists_;  // by_value_, by number
};

}  // namespace vidimus
