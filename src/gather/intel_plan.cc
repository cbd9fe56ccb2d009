#include "gather/intel_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/hex.h"
#include "endorsement/calendar.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

bool HasNumber(Kind kind) { return kind == Kind::kTcbInfo || kind == Kind::kQeIdentity; }

IntelDocumentKey Unnumbered(IntelDocumentKey key) {
  key.evaluation_data_number.reset();
  return key;
}

IntelDocumentKey Numbered(IntelDocumentKey key, int64_t number) {
  key.evaluation_data_number = number;
  return key;
}

// What is held, by what it speaks for, and the numbers that are published.
class Holdings {
 public:
  Holdings(const IntelEndorsements& held, UnixTime now) : held_(held), now_(now) {
    for (HeldIntelDocument& document : CurrentDocuments(held, now)) documents_.emplace(document.key, std::move(document));
  }

  // Whether a document in force speaks for it; without a number, of any number.
  bool Has(const IntelDocumentKey& key) const {
    return std::any_of(documents_.begin(), documents_.end(), [&](const auto& one) {
      const bool same = key.evaluation_data_number || !HasNumber(key.kind) ? one.first == key : Unnumbered(one.first) == key;
      return same && now_ <= one.second.next_update;
    });
  }
  bool HasAny(const IntelDocumentKey& key) const {
    return std::any_of(documents_.begin(), documents_.end(), [&](const auto& one) { return Unnumbered(one.first) == Unnumbered(key); });
  }
  const std::map<IntelDocumentKey, HeldIntelDocument>& documents() const { return documents_; }

  std::set<int64_t> Published(IntelTee tee) const { return PublishedNumbers(held_, tee, now_); }
  std::optional<int64_t> Standard(IntelTee tee) const {
    std::optional<int64_t> out;
    for (const TrustAnchor& anchor : held_.anchors()) out = std::max(out, held_.StandardNumber(tee, anchor.key, now_));
    return out;
  }

 private:
  const IntelEndorsements& held_;
  const UnixTime now_;
  std::map<IntelDocumentKey, HeldIntelDocument> documents_;
};

IntelDocumentKey ListOf(IntelTee tee) { return {Kind::kEvaluationNumbers, tee, "", std::nullopt}; }

}  // namespace

bool IsKnownPlatform(const IntelNeeds& needs, const IntelEndorsements& held) {
  const Holdings holdings(held, std::numeric_limits<UnixTime>::max());
  return holdings.HasAny({Kind::kTcbInfo, needs.tee, HexEncode(needs.fmspc), std::nullopt}) &&
         holdings.HasAny({Kind::kPckCrl, IntelTee::kSgx, needs.pck_ca, std::nullopt});
}

std::vector<IntelDocumentKey> MissingFor(const IntelNeeds& needs, const IntelEndorsements& held, UnixTime now, bool number_is_ours) {
  const Holdings holdings(held, now);
  const std::set<int64_t> published = holdings.Published(needs.tee);
  std::vector<IntelDocumentKey> wanted = {
      ListOf(needs.tee), {Kind::kRootCrl, IntelTee::kSgx, "", std::nullopt}, {Kind::kPckCrl, IntelTee::kSgx, needs.pck_ca, std::nullopt}};
  const auto& number = needs.evaluation_data_number;
  if (!number || published.contains(*number) || (published.empty() && number_is_ours)) {
    wanted.push_back({Kind::kTcbInfo, needs.tee, HexEncode(needs.fmspc), number});
    wanted.push_back({Kind::kQeIdentity, needs.tee, "", number});
  }
  std::vector<IntelDocumentKey> out;
  for (const IntelDocumentKey& key : wanted)
    if (!holdings.Has(key)) out.push_back(key);
  return out;
}

std::vector<IntelDocumentKey> DueAt(const IntelEndorsements& held, UnixTime now) {
  const Holdings holdings(held, now);
  std::set<IntelDocumentKey> due;
  for (const auto& [key, document] : holdings.documents()) {
    if (!HasNumber(key.kind)) {
      if (HalfLife(document) <= now) due.insert(key);
      continue;
    }
    due.merge(std::set{ListOf(key.tee)});
    const std::set<int64_t> published = holdings.Published(key.tee);
    if (published.empty()) {  // the newest number there is; its own choice of a source that knows no numbers
      const auto next = holdings.documents().upper_bound(key);
      const bool newest = next == holdings.documents().end() || Unnumbered(next->first) != Unnumbered(key);
      if (newest && HalfLife(document) <= now) due.insert(Unnumbered(key));
      continue;
    }
    if (CountsBeside(published, *key.evaluation_data_number) && HalfLife(document) <= now) due.insert(key);
    for (const int64_t number : {*published.rbegin(), holdings.Standard(key.tee).value_or(*published.rbegin())})
      if (!holdings.documents().contains(Numbered(key, number))) due.insert(Numbered(key, number));
  }
  std::vector<IntelDocumentKey> out;
  for (const IntelDocumentKey& key : due) {
    const auto known = holdings.documents().find(key);
    if (known == holdings.documents().end() || HalfLife(known->second) <= now) out.push_back(key);
  }
  return out;
}

}  // namespace vidimus
