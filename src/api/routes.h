// The routes that anyone may use on an instance: attest, published keys, OpenID metadata.
#pragma once

#include "api/attest_counts.h"
#include "api/gate.h"
#include "service/attestation_service.h"

namespace vidimus {

// `service`, `gate` and `counts` must outlive the router. `clock`: which keys are published.
void AddAttestationRoutes(const AttestationService& service, const Gate& gate, const std::function<UnixTime()>& clock, AttestCounts& counts,
                          Router& router);

// A 200 with a JSON body.
HttpResponse JsonResponse(const Json& body);

}  // namespace vidimus
