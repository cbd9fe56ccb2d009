// ForecastTcb: what evidence of a platform seen before would be worth under another evaluation number, and what it is short of (intel-dcap
// sections 5.2 to 5.6). The rules are those of verification, from its endorsements on; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/tcb_evaluation.h"

namespace vidimus {

struct TcbShortfall {
  std::string component;  // "SGX component 3 (OS/VMM: TXT SINIT)", "PCE SVN", "quoting enclave ISVSVN", "TDX module 1 SVN at launch"
  int64_t found;
  int64_t needed;

  bool operator==(const TcbShortfall&) const = default;
};

struct TcbForecast {
  int64_t evaluation_data_number;         // as TcbVerdict's
  std::optional<TcbStatus> status;        // none: no level is at or below the platform, so that it would be refused
  std::vector<std::string> advisory_ids;  // of the verdict, where there is a status; and so the date
  UnixTime date;
  std::optional<Error> refusal;  // why evidence of this platform would not be accepted under the settings; none: it would be
  // Of each list of levels: nothing when the platform is at an UpToDate level, else what it is short of for the first such level, or the
  // first of all where none is UpToDate. Of a TD that was launched on one TCB and runs on another, of both.
  std::vector<TcbShortfall> shortfalls;
};

// By the endorsements that verification would choose for `baseline`, which stands for that of the settings. Taken as they were when the
// platform was seen: its certificates, their revocation, and the signer and the attributes of its TDX module. Errors:
// forecast.trust_anchor; those of verification where no endorsements can be chosen: intel.select.*
Result<TcbForecast> ForecastTcb(const PlatformTcb& platform, const IntelEndorsements& endorsements, TcbBaseline baseline,
                                const TcbSettings& settings, UnixTime now);

// {"evaluationDataNumber": n, "status", "tcbDate": text or null, "advisoryIds": [...], "accepted": bool, "refusal": {"code", "message"}
// when it is not, "short": [{"component", "found", "needed"}]}; of an error {"error": {"code", "message"}}.
JsonObject ForecastToJson(const Result<TcbForecast>& forecast);

}  // namespace vidimus
