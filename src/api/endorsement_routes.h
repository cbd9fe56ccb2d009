// What the service holds of Intel's endorsements, for its operators: listed, carried out as a bundle, brought in as one.
#pragma once

#include <functional>

#include "api/gate.h"
#include "service/endorsement_cache.h"

namespace vidimus {

// All must outlive the router. Each: operator, with a token for the control plane. `clock`: that evidence is judged by.
//   GET endorsements ?skip, ?at        as many as one answer holds, in the order of SortDocuments; "next" is the `skip` of those after them
//   GET endorsements/export ?history   a bundle (gather/bundle.h) of what is current, or of everything; without what nobody has verified
//   POST endorsements                  a bundle of limits::kHistoryEntries documents at most: {"added", "held", "refused"}, or 400 when
//                                      nothing in it was taken
void AddEndorsementRoutes(EndorsementCache& endorsements, const Gate& gate, const std::function<UnixTime()>& clock, Router& router);

}  // namespace vidimus
