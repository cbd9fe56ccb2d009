// What the members of Intel's documents, of attestation tokens and of JSON Web Keys mean.
#pragma once

#include <string>
#include <string_view>

namespace vidimus::inspect {

// For a member's name and its value as text; empty when the member is unknown.
std::string MemberMeaning(std::string_view name, std::string_view value);

}  // namespace vidimus::inspect
