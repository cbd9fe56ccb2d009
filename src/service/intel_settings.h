// Settings of verification as command lines, configuration files and instances spell them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/sgx.h"
#include "verify/tdx.h"

namespace vidimus {

struct IntelSettingsText {
  std::vector<std::string> accept_tcb;                        // Intel's names of TCB statuses; empty for the default
  std::optional<std::vector<std::string>> accept_advisories;  // such as INTEL-SA-00615
  std::optional<int64_t> minimum_evaluation_number;
  std::string tcb_baseline = "early";  // "early", "standard", or an evaluation number: what azuredefault means
  std::string expiry = "strict";       // ParseExpiry
  std::vector<std::string> refuse;     // names of SgxAttribute or TdxAttribute
};

inline constexpr const char* kExpiryForms = "strict|ignore|grace(SECONDS)";
inline constexpr const char* kExpiryHelp =
    "ignore: disregard nextUpdate of TCB info and identities; grace(SECONDS): so much longer, of CRLs too; nothing else is relaxed";

// Errors: option.accept_tcb, option.accept_advisories, option.evaluation_number, option.tcb_baseline, option.expiry, option.refuse
Result<SgxSettings> ReadSgxSettings(const IntelSettingsText& text);
Result<TdxSettings> ReadTdxSettings(const IntelSettingsText& text);

// 96 hexadecimal digits each. Error: option.paravisor
Result<TdMeasurement> ReadTdMeasurement(const std::string& mr_td, const std::string& mr_seam);

}  // namespace vidimus
