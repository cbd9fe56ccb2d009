// Settings of verification as command lines and configuration files spell them.
#pragma once

#include <string>
#include <vector>

#include "verify/sgx.h"

namespace vidimus {

// `accept_tcb`: Intel's names of TCB statuses, empty for the default; `expiry`: "strict" or "ignore"; `refuse`: names of
// SgxAttribute. Errors: option.accept_tcb, option.expiry, option.refuse
Result<SgxSettings> ReadSgxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse);

}  // namespace vidimus
