// What verified TDX evidence says: claims for policies and for tokens (maa-rest-api section 2.8, policy-language section 4.4).
#pragma once

#include <optional>

#include "claims/verified_claims.h"
#include "verify/tdx.h"

namespace vidimus {

// What the claims say beyond the evidence. Data is given only if verification bound it to the evidence.
struct TdxClaimsContext {
  bool compliant = false;         // the owner takes its measurements for those of an Azure paravisor
  Expiry expiry;                  // by setting
  std::optional<Json> runtime;    // runtime data sent as JSON
  std::optional<Json> init_time;  // init-time data sent as JSON
};

}  // namespace vidimus
