// The routes of an attestation instance: attest, published keys, OpenID metadata, health.
#pragma once

#include "api/errors.h"
#include "api/router.h"
#include "service/attestation_service.h"

namespace vidimus {

// `service` must outlive the router.
void AddAttestationRoutes(const AttestationService& service, ExplainSetting explain, Router& router);

// A 200 with a JSON body.
HttpResponse JsonResponse(const Json& body);

}  // namespace vidimus
