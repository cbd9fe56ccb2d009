// Lists the members of JSON text with their offsets, and says which of Intel's documents it is. Broken text up to where it breaks.
#pragma once

#include <string>
#include <string_view>

#include "inspect/inspection.h"

namespace vidimus::inspect {

// One row for each value; an array of plain values, and the components of a TCB, in one row. `prefix` begins the names; offsets are
// `base` plus those within `text`. Private members of JSON Web Keys are not shown. What ParseJson refuses is noted.
void DescribeJson(std::string_view text, size_t base, const std::string& prefix, Inspection& out);

// "Intel SGX TCB info, version 3", "Intel enclave identity QE, version 2", ... or "JSON".
std::string JsonKind(std::string_view text);

}  // namespace vidimus::inspect
