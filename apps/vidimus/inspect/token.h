// Lists JSON Web Signatures (RFC 7515, compact) and attestation policies.
#pragma once

#include <string_view>

#include "inspect/inspection.h"

namespace vidimus::inspect {

// Whether `text` begins with a base64url part that holds a JSON object with "alg", and a dot.
bool LooksLikeJws(std::string_view text);
// Whether `text` begins with `version =`.
bool LooksLikePolicy(std::string_view text);

// `base` is the offset of `text` in the file. Each sets the kind.
void DescribeJws(std::string_view text, size_t base, Inspection& out);
void DescribePolicy(std::string_view text, size_t base, const std::string& prefix, Inspection& out);

}  // namespace vidimus::inspect
