// Settings of verification as command lines, configuration files and instances spell them.
#pragma once

#include <string>
#include <vector>

#include "verify/sgx.h"
#include "verify/tdx.h"

namespace vidimus {

// `accept_tcb`: Intel's names of TCB statuses, empty for the default; `expiry`: "strict" or "ignore"; `refuse`: names of SgxAttribute
// or TdxAttribute. Errors: option.accept_tcb, option.expiry, option.refuse
Result<SgxSettings> ReadSgxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse);
Result<TdxSettings> ReadTdxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse);

// 96 hexadecimal digits each. Error: option.paravisor
Result<TdMeasurement> ReadTdMeasurement(const std::string& mr_td, const std::string& mr_seam);

}  // namespace vidimus
