// Open Enclave's two framings around an SGX quote (intel-dcap section 1.9). No judgement beyond the format.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

struct OpenEnclaveEvidence {
  Bytes quote;                     // aliases the input
  bool has_custom_claims = false;  // evidence of the ECDSA format: report data must be SHA-256 of `custom_claims`
  Bytes custom_claims;             // may be empty
};

// A legacy report (u32 version 1, u32 type 2, u64 size) or evidence (header of 32 bytes, version 3, one of the SGX ECDSA UUIDs).
// Errors: sgx.open_enclave.*
Result<OpenEnclaveEvidence> ParseOpenEnclave(Bytes input);

}  // namespace vidimus
