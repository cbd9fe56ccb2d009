// The simulated vendor's signed JSON: TCB info version 3 and QE identity version 2 (intel-dcap sections 4.1 to 4.4).
#pragma once

#include <string>

#include "crypto/private_key.h"
#include "sim/intel_vendor.h"

namespace vidimus {

// {"tcbInfo":{…},"signature":"…"}
Result<std::string> SignedTcbInfo(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer);

// {"enclaveIdentity":{…},"signature":"…"}
Result<std::string> SignedQeIdentity(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer);

}  // namespace vidimus
