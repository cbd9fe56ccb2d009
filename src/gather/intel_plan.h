// Which documents to ask the sources for: those that a platform lacks, and those held that are due for a new look. Pure.
#pragma once

#include <vector>

#include "endorsement/intel_endorsements.h"
#include "gather/intel_source.h"

namespace vidimus {

// Whether something is held for the platform's FMSPC and its CA already, whatever its age.
bool IsKnownPlatform(const IntelNeeds& needs, const IntelEndorsements& held);

// Those that `needs` names and that are not held, or past their nextUpdate at `now`. TCB info and identity of an evaluation number are
// asked for where the signed list says that there is such a number; without a list in force only when `number_is_ours`: a stranger's draft
// policy must not make us ask for any number.
std::vector<IntelDocumentKey> MissingFor(const IntelNeeds& needs, const IntelEndorsements& held, UnixTime now, bool number_is_ours);

// Those past half of their life at `now` (intel-dcap section 4.9), of evaluation numbers that are still published; and of every platform
// held the newest number and the standard one.
std::vector<IntelDocumentKey> DueAt(const IntelEndorsements& held, UnixTime now);

}  // namespace vidimus
