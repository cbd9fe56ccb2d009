#include "claims/catalogue.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>
#include <vector>

#include "claims/catalogue/entry.h"

namespace vidimus {
namespace {

using Entries = std::vector<CatalogueEntry>;

int Group(const CatalogueEntry& entry) {
  if (entry.direction == ClaimDirection::kProperty) return 2;
  return entry.incoming() ? 0 : 1;
}

Entries Join(std::initializer_list<catalogue::Table> tables) {
  Entries out;
  for (const catalogue::Table& table : tables) out.insert(out.end(), table.begin(), table.end());
  std::stable_sort(out.begin(), out.end(), [](const CatalogueEntry& a, const CatalogueEntry& b) { return Group(a) < Group(b); });
  return out;
}

Entries EntriesOf(AttestationType type) {
  using namespace catalogue;
  switch (type) {
    case AttestationType::kSgxEnclave:
    case AttestationType::kOpenEnclave: return Join({Sgx(), IntelPlatform(), TeeTokens(), Tokens(), Vidimus()});
    case AttestationType::kSevSnpVm: return Join({SevSnp(), TeeTokens(), Tokens(), Vidimus()});
    case AttestationType::kTdxVm: return Join({Tdx(), IntelPlatform(), TeeTokens(), Tokens(), Vidimus()});
    case AttestationType::kAzureGuest: return Join({AzureGuest(), Tokens(), Vidimus()});
    case AttestationType::kTpm: return Join({Tpm(), Tokens(), Vidimus()});
  }
  return {};
}

bool Among(const CatalogueEntry& entry, ClaimDirection direction) {
  return direction == ClaimDirection::kProperty ? entry.direction == direction : entry.incoming();
}

const CatalogueEntry* Find(AttestationType type, std::string_view name, ClaimDirection direction) {
  for (const CatalogueEntry& entry : ClaimCatalogue(type))
    if (entry.name == name && Among(entry, direction)) return &entry;
  return nullptr;
}

// Levenshtein's, without regard to the case of ASCII letters.
size_t Distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

std::unordered_set<std::string_view> ReservedNames() {
  std::unordered_set<std::string_view> out;
  for (const AttestationType type : kAttestationTypes)
    for (const CatalogueEntry& entry : ClaimCatalogue(type))
      if (entry.reserved) out.insert(entry.name);
  return out;
}

}  // namespace

std::span<const CatalogueEntry> ClaimCatalogue(AttestationType type) {
  static const auto all = [] {
    std::array<Entries, kAttestationTypes.size()> out;
    for (const AttestationType one : kAttestationTypes) out[static_cast<size_t>(one)] = EntriesOf(one);
    return out;
  }();
  return all[static_cast<size_t>(type)];
}

const CatalogueEntry* FindIncoming(AttestationType type, std::string_view name) { return Find(type, name, ClaimDirection::kIncoming); }

const CatalogueEntry* FindProperty(AttestationType type, std::string_view name) { return Find(type, name, ClaimDirection::kProperty); }

const CatalogueEntry* FindSimilar(AttestationType type, std::string_view name, ClaimDirection direction) {
  constexpr size_t kLongestName = 64;  // no claim has a longer one, and the distance takes the product of both lengths
  if (name.size() > kLongestName) return nullptr;
  const CatalogueEntry* best = nullptr;
  size_t least = name.size() / 3 + 1;
  for (const CatalogueEntry& entry : ClaimCatalogue(type)) {
    if (!Among(entry, direction)) continue;
    const size_t distance = Distance(name, entry.name);
    if (distance >= least) continue;
    best = &entry;
    least = distance;
  }
  return best;
}

bool TakesClientClaims(AttestationType type) { return type == AttestationType::kTpm; }

bool IsReservedInTokens(std::string_view name) {
  static const std::unordered_set<std::string_view> names = ReservedNames();
  return name.starts_with("x-vidimus-") || names.contains(name);
}

}  // namespace vidimus
