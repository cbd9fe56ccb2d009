// The simulated vendor's signed JSON: TCB info version 3, QE identity version 2, lists of evaluation numbers (intel-dcap sections 4.1
// to 4.5).
#pragma once

#include <string>

#include "crypto/private_key.h"
#include "sim/intel_vendor.h"

namespace vidimus {

// {"tcbInfo":{…},"signature":"…"}
Result<std::string> SignedTcbInfo(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer);

// {"enclaveIdentity":{…},"signature":"…"}
Result<std::string> SignedQeIdentity(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer);

// {"tcbEvaluationDataNumbers":{…},"signature":"…"}: the newest of spec.evaluation_data_numbers is a month old, each older one 380 days
// older, so that the second newest is the standard one.
Result<std::string> SignedEvaluationNumbers(const SimulatedIntelSpec& spec, IntelTee tee, UnixTime now, const PrivateKey& signer);

}  // namespace vidimus
