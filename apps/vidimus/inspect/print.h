// Prints an inspection as aligned text or as JSON.
#pragma once

#include <string>

#include "inspect/inspection.h"

namespace vidimus::inspect {

// Columns offset, size, name, value, meaning within 120 characters. Without `full`, a value that would take more than three lines is
// shortened.
std::string ToText(const Inspection& inspection, bool full);

// {"kind","size","fields":[{"offset","size","name","value","meaning"}],"notes":[]}; nothing is shortened.
std::string ToJson(const Inspection& inspection);

}  // namespace vidimus::inspect
