// The bodies of POST /attest/SgxEnclave, /attest/OpenEnclave and /attest/TdxVm, read with all the tolerance that clients need
// (client-compatibility section 4) and no more.
#pragma once

#include "service/attestation_service.h"

namespace vidimus {

// Member names match without regard to case; unknown ones are passed over; null is absent. Errors: request.body, request.member,
// request.evidence, request.runtime_data, request.init_time_data, request.nonce, request.draft_policy
Result<AttestRequest> ReadAttestBody(std::string_view body, AttestationType type);

}  // namespace vidimus
