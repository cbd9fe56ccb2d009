// The published default policies (maa-rest-api section 2.4, policy-language section 5.1), octet for octet: relying parties know them by
// their x-ms-policy-hash.
#pragma once

#include <string_view>

#include "claims/attestation_type.h"

namespace vidimus {

// What evidence of `type` is judged by until its owner sets a policy. Tpm has none by design: ours permits nothing.
std::string_view DefaultPolicy(AttestationType type);

}  // namespace vidimus
