// The TCB baselines that an instance can judge SGX or TDX platforms by (maa-rest-api section 1.7): one for each evaluation number that
// Intel publishes, and the instance's own default.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "endorsement/intel_endorsements.h"
#include "service/instance.h"

namespace vidimus {

struct TcbBaselineEntry {
  std::string identifier;  // "azuredefault", or the number
  int64_t number = 0;      // evaluation data number
  std::optional<UnixTime> released;
  std::string_view psw_linux,
      psw_windows;        // the least version of Intel's platform software that meets it; empty where nobody has published it
  bool selected = false;  // by the instance's policy
};

// The default first, unless nothing is held that says what it is, then by number, the highest first. Numbers are those of the signed list;
// without one, those that TCB info is held of. `type`: SgxEnclave, OpenEnclave or TdxVm. Errors: request.evidence_type for other types;
// those of the policy that is in force
Result<std::vector<TcbBaselineEntry>> TcbBaselines(const Instance& instance, AttestationType type, const IntelEndorsements& endorsements,
                                                   UnixTime now);

}  // namespace vidimus
