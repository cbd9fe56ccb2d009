// Of the documents held: which is the current one of its key, and when it runs out.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "codec/json.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {

// Each document held that is the current one of its key: of the latest issue at or before `now`, whatever its nextUpdate. By key, so that
// of several evaluation numbers the highest comes last.
std::vector<HeldIntelDocument> CurrentDocuments(const IntelEndorsements& held, UnixTime now);

// When half of its life is over and it is time for a new look (intel-dcap section 4.9).
UnixTime HalfLife(const HeldIntelDocument& document);

// The evaluation numbers of the lists in force; empty without one.
std::set<int64_t> PublishedNumbers(const IntelEndorsements& held, IntelTee tee, UnixTime now);

// Whether evidence is judged by `number` where the lists in force name `published`: by those named, and by any higher, which the lists do
// not know yet.
bool CountsBeside(const std::set<int64_t>& published, int64_t number);

struct CalendarEntry {
  enum class State {
    kInForce,
    kDue,         // in force, and past half of its life
    kSuperseded,  // of an evaluation number that is published no more or, where no list says which are, not of the highest: nobody need act
    kExpired,
  };
  std::string document;                 // for people
  std::string_view kind;                // as IntelDocumentKindName; "certificate"
  std::optional<IntelDocumentKey> key;  // none of a certificate
  UnixTime issued = 0;                  // issueDate, thisUpdate, notBefore
  std::optional<UnixTime> half_life;    // none of a certificate: its owner renews it when he likes
  UnixTime next_update = 0;             // of a certificate: notAfter
  State state = State::kInForce;
};

// "in force", "due", "superseded", "expired".
std::string_view CalendarStateName(CalendarEntry::State state);

// The current documents, and each certificate that vouches for one of them once; what runs out first comes first.
std::vector<CalendarEntry> ExpiryCalendar(const IntelEndorsements& held, UnixTime now);

// {"document", "kind", "issued", "halfLife": text or null, "nextUpdate", "secondsLeft": number, below zero when it has passed, "state"}
JsonObject CalendarEntryToJson(const CalendarEntry& entry, UnixTime now);

}  // namespace vidimus
