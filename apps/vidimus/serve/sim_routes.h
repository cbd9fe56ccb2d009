// Routes that only a dev server has: evidence of software enclaves and machines, for tests in any language.
#pragma once

#include "api/router.h"
#include "sim/intel_vendor.h"

namespace vidimus {

// POST /vidimus/v1/sim/sgx/quote. The body is an object of report fields, all optional: mrenclave, mrsigner (64 hex), productId,
// svn, configSvn (0 to 65535), debug, kss (Booleans), configId (128 hex), extendedProductId, familyId (32 hex), and one of reportData
// (128 hex) and runtimeData (base64url: its SHA-256 becomes report data). The answer is {"quote","report"} in base64url: an SGX quote and
// the same as an Open Enclave report.
// POST /vidimus/v1/sim/tdx/quote. Likewise: mrtd, mrseam, rtmr0 to rtmr3, mrConfigId, mrOwner, mrOwnerConfig (96 hex), teeTcbSvn (32 hex),
// debug, and one of reportData and runtimeData. The answer is {"quote"}, a TDX quote. Errors: sim.request. `vendor` must outlive the
// router.
void AddSimulatorRoutes(const SimulatedIntel& vendor, Router& router);

}  // namespace vidimus
