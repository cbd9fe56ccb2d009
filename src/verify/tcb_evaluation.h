// TcbEvaluation: what a platform's TCB is worth by the endorsements chosen, and whether the settings accept it (intel-dcap sections 5.2 to
// 5.6). The one set of rules of verification, once the signatures of a quote hold, and of a forecast, which has no quote.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endorsement/intel_endorsements.h"
#include "evidence/tdx_quote.h"
#include "verify/check.h"
#include "verify/intel_checks.h"
#include "verify/platform_tcb.h"

namespace vidimus {

// Which evaluation number to judge by (maa-rest-api section 1.4.4).
struct TcbBaseline {
  enum class Kind {
    kEarly,     // the highest held that is in force
    kStandard,  // the one that Intel's signed list makes the standard
    kNumber,
  };
  Kind kind = Kind::kEarly;
  int64_t number = 0;
};

std::string_view TcbBaselineName(TcbBaseline::Kind kind);  // "early", "standard", "number"

struct TcbSettings {
  TcbSettings();  // accepts UpToDate, SWHardeningNeeded, ConfigurationNeeded, ConfigurationAndSWHardeningNeeded

  std::set<TcbStatus> accepted_tcb;                          // Revoked is refused whatever the set holds
  std::optional<std::set<std::string>> accepted_advisories;  // every advisory of the verdict must be one of them; none: not looked at
  std::optional<int64_t> least_evaluation_number;            // that the verdict must rest on
  TcbBaseline baseline;                                      // where the caller names no evaluation number
  Expiry expiry;
};

struct TcbVerdict {
  TcbStatus status;
  std::vector<std::string> advisory_ids;  // sorted union of the levels'
  UnixTime date;                          // the earliest of the levels'
  int64_t evaluation_data_number;         // the smaller of TCB info and identity
  TcbBaseline::Kind baseline;             // how it was chosen
};

// The evaluation number that `baseline` means for platforms of a root; none: the highest. Error: intel.select.standard
Result<std::optional<int64_t>> EvaluationNumberOf(const TcbBaseline& baseline, IntelTee tee, const P256PublicKey& root,
                                                  const IntelEndorsements& endorsements, UnixTime now, const Expiry& expiry);

// The steps in their order; each is recorded, and the `where` of a refusal is that of names().
class TcbEvaluation {
 public:
  // All must outlive it. Of the endorsements the TCB info and the identity of the quoting enclave count.
  TcbEvaluation(const PlatformTcb& platform, const SelectedIntelEndorsements& endorsements, TcbBaseline::Kind baseline,
                const TcbSettings& settings, UnixTime now, Checks& checks)
      : platform_(platform),
        info_(endorsements.tcb_info->document),
        identity_(endorsements.qe_identity->document),
        baseline_(baseline),
        settings_(settings),
        now_(now),
        checks_(checks) {}

  // That TCB info and identity are in force, give or take the expiry setting.
  Status RequireCurrent();
  // That the TCB info is this platform's.
  Status RequirePlatform();
  // Section 5.3: byte 1 of the SVNs says which identity the module must have; what `report` says of the module must be as there. Without a
  // report the identity must be there.
  Status RequireModule(const std::array<uint8_t, 16>& svn, const TdReportBody* report);
  // The levels of the platform, its quoting enclave and, of a TD, its module at the launch (whose RequireModule has passed) and now, what
  // they give together, and that the settings accept it.
  Status Evaluate(const TdReportBody* report = nullptr);

  // Once the levels were found, also when it is refused.
  const std::optional<TcbVerdict>& verdict() const { return verdict_; }
  int64_t evaluation_data_number() const { return std::min(info_.evaluation_data_number, identity_.evaluation_data_number); }

 private:
  const IntelCheckNames& names() const { return platform_.tee == IntelTee::kSgx ? kSgxChecks : kTdxChecks; }
  Status RequireInForce(UnixTime issued, UnixTime next_update, std::string_view where);
  Result<TcbLevelVerdict> Levels(const TdReportBody* report);
  Result<TcbLevelVerdict> LevelOf(const std::array<uint8_t, 16>& svn, const SvnTcbLevel& qe_level);
  Result<const TcbLevel*> FindLevel(const std::array<uint8_t, 16>* tee_tcb_svn);
  Result<const SvnTcbLevel*> FindQeLevel();
  Status RequireAccepted();
  Status RequireEvaluationNumber();
  Status RequireAdvisories();

  const PlatformTcb& platform_;
  const TcbInfo& info_;
  const QeIdentity& identity_;
  const TcbBaseline::Kind baseline_;
  const TcbSettings& settings_;
  const UnixTime now_;
  Checks& checks_;
  std::optional<TcbVerdict> verdict_;
};

}  // namespace vidimus
