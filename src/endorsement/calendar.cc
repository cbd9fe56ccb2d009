#include "endorsement/calendar.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/limits.h"
#include "codec/pem.h"

namespace vidimus {
namespace {

using State = CalendarEntry::State;

constexpr std::array<std::string_view, 4> kStateNames = {"in force", "due", "superseded", "expired"};

State StateOf(const CalendarEntry& entry, UnixTime now) {
  if (entry.next_update < now) return State::kExpired;
  return entry.half_life && *entry.half_life <= now ? State::kDue : State::kInForce;
}

// The certificates in issuer chains, each once.
class Certificates {
 public:
  void Add(const std::string& chain) {
    if (!chains_.insert(chain).second) return;
    const auto blocks = ParsePem(chain, limits::kPemCertificates);
    if (!blocks) return;
    for (const PemBlock& block : *blocks)
      if (auto certificate = ParseCertificate(block.der)) found_.emplace(block.der, *std::move(certificate));
  }

  void Write(UnixTime now, std::vector<CalendarEntry>& out) const {
    for (const auto& [der, one] : found_) {
      CalendarEntry entry{"certificate \"" + one.subject_common_name + "\"", "certificate", {}, one.not_before, {}, one.not_after};
      entry.state = StateOf(entry, now);
      out.push_back(std::move(entry));
    }
  }

 private:
  std::set<std::string> chains_;
  std::map<ByteVector, Certificate> found_;
};

// Whether the document at `at` is of an evaluation number that counts no more.
bool IsSuperseded(const std::vector<HeldIntelDocument>& documents, size_t at, const std::set<int64_t>& published) {
  const IntelDocumentKey& key = documents[at].key;
  if (!key.evaluation_data_number) return false;
  if (!published.empty()) return !CountsBeside(published, *key.evaluation_data_number);
  if (at + 1 == documents.size()) return false;
  const IntelDocumentKey& next = documents[at + 1].key;  // of the same subject one with a higher number, if there is any
  return std::tie(next.kind, next.tee, next.subject) == std::tie(key.kind, key.tee, key.subject);
}

}  // namespace

std::vector<HeldIntelDocument> CurrentDocuments(const IntelEndorsements& held, UnixTime now) {
  std::map<IntelDocumentKey, HeldIntelDocument> newest;
  for (HeldIntelDocument& document : held.Held()) {
    if (document.issued > now) continue;
    const auto known = newest.find(document.key);
    if (known == newest.end())
      newest.emplace(document.key, std::move(document));
    else if (known->second.issued < document.issued)
      known->second = std::move(document);
  }
  std::vector<HeldIntelDocument> out;
  out.reserve(newest.size());
  for (auto& [key, document] : newest) out.push_back(std::move(document));
  return out;
}

bool CountsBeside(const std::set<int64_t>& published, int64_t number) {
  return published.contains(number) || published.empty() || number > *published.rbegin();
}

UnixTime HalfLife(const HeldIntelDocument& document) { return document.issued + (document.next_update - document.issued) / 2; }

std::set<int64_t> PublishedNumbers(const IntelEndorsements& held, IntelTee tee, UnixTime now) {
  std::set<int64_t> out;
  for (const TrustAnchor& anchor : held.anchors())
    if (const EvaluationNumbers* list = held.NumbersAt(tee, anchor.key, now); list != nullptr && now <= list->next_update)
      for (const EvaluationNumber& one : list->numbers) out.insert(one.number);
  return out;
}

std::string_view CalendarStateName(CalendarEntry::State state) { return kStateNames[static_cast<size_t>(state)]; }

std::vector<CalendarEntry> ExpiryCalendar(const IntelEndorsements& held, UnixTime now) {
  const std::vector<HeldIntelDocument> documents = CurrentDocuments(held, now);
  const std::set<int64_t> published[] = {PublishedNumbers(held, IntelTee::kSgx, now), PublishedNumbers(held, IntelTee::kTdx, now)};
  std::vector<CalendarEntry> out;
  Certificates certificates;
  for (size_t i = 0; i < documents.size(); ++i) {
    const HeldIntelDocument& one = documents[i];
    CalendarEntry entry{
        IntelDocumentName(one.key), IntelDocumentKindName(one.key.kind), one.key, one.issued, HalfLife(one), one.next_update};
    const bool superseded = IsSuperseded(documents, i, published[static_cast<size_t>(one.key.tee)]);
    entry.state = superseded ? State::kSuperseded : StateOf(entry, now);
    out.push_back(std::move(entry));
    certificates.Add(one.issuer_chain);
  }
  certificates.Write(now, out);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.next_update < b.next_update; });
  return out;
}

JsonObject CalendarEntryToJson(const CalendarEntry& entry, UnixTime now) {
  return {{"document", entry.document},
          {"kind", entry.kind},
          {"issued", FormatRfc3339Utc(entry.issued)},
          {"halfLife", entry.half_life ? Json(FormatRfc3339Utc(*entry.half_life)) : Json()},
          {"nextUpdate", FormatRfc3339Utc(entry.next_update)},
          {"secondsLeft", entry.next_update - now},
          {"state", CalendarStateName(entry.state)}};
}

}  // namespace vidimus
