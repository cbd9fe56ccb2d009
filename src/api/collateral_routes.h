// The paths of Intel's PCS and of a PCCS (intel-dcap sections 4.6 and 4.7), answered from the documents held: what collateral.listen
// serves. Nothing is fetched because it is asked for. docs/reference/collateral-listener.md says what clients may rely on.
#pragma once

#include <functional>
#include <memory>

#include "api/router.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {

struct CollateralSources {
  // What is held now; null while it cannot be said. Called on event loops, by several threads at once.
  std::function<std::shared_ptr<const IntelEndorsements>()> endorsements;
  std::function<UnixTime()> clock;  // that evidence is judged by
};

// Errors of the answers: 400 collateral.query; 404 collateral.missing, collateral.standard, collateral.uri, collateral.pck_certificates;
// 503 collateral.unavailable
void AddCollateralRoutes(CollateralSources sources, Router& router);

}  // namespace vidimus
