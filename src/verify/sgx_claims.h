// What verified SGX evidence says: claims for policies and for tokens (maa-rest-api section 2.5, policy-language section 4.1).
#pragma once

#include <optional>
#include <string>

#include "claims/verified_claims.h"
#include "verify/sgx.h"

namespace vidimus {

// What the claims say beyond the evidence. Data is given only if verification bound it to the evidence.
struct SgxClaimsContext {
  Bytes submitted;                 // the evidence exactly as sent, framing included
  std::string tcb_identifier;      // the baseline that applied
  Expiry expiry;                   // by setting
  std::optional<Bytes> held_data;  // runtime data sent as Binary
  std::optional<Json> runtime;     // runtime data sent as JSON
  std::optional<Json> init_time;   // init-time data sent as JSON
};

}  // namespace vidimus
