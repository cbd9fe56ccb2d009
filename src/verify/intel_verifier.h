// IntelVerifier: is the platform behind a quote genuine? The checks of intel-dcap section 6 that SGX and TDX evidence share, in the order
// of section 5.1, pure.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "endorsement/intel_endorsements.h"
#include "endorsement/pck_certificate.h"
#include "evidence/intel_quote.h"
#include "verify/check.h"
#include "verify/intel_cache.h"
#include "verify/intel_checks.h"

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

// What verification found beside the quote.
struct IntelFindings {
  std::shared_ptr<const IntelPlatform> platform;
  std::string trust_anchor;
  SelectedIntelEndorsements endorsements{};
  TcbVerdict tcb{};
  std::string past_next_update;  // the kinds of documents that only the expiry setting kept in force, comma separated
};

// Evidence that passed every check. What derives from it lets only the verifier of its TEE make one.
template <typename Quote>
class VerifiedIntel {
 public:
  const Quote& quote() const { return quote_; }
  const PckExtension& platform() const { return *findings_.platform->extension; }
  const TcbVerdict& tcb() const { return findings_.tcb; }
  const std::string& trust_anchor() const { return findings_.trust_anchor; }
  // The endorsements it was judged by; they must outlive this object.
  const SelectedIntelEndorsements& endorsements() const { return findings_.endorsements; }
  // "tcb-info,qe-identity": the kinds of endorsements that were past their nextUpdate, and accepted by setting. Most often empty.
  const std::string& past_next_update() const { return findings_.past_next_update; }
  // The root certificate the quote presented.
  const std::string& root_pem() const { return findings_.platform->root_pem; }

 protected:
  VerifiedIntel(const Quote& quote, IntelFindings findings) : quote_(quote), findings_(std::move(findings)) {}

 private:
  Quote quote_;
  IntelFindings findings_;
};

template <typename Verified>
struct IntelVerification {
  Checks checks;
  std::optional<TcbVerdict> tcb;  // whenever it was reached, also when refused
  Result<Verified> verified = Fail(ErrorCode::kMissing, "intel.unverified", "not yet verified");
  bool gathered = false;            // false when the refusal came before endorsements were chosen
  std::optional<IntelNeeds> lacks;  // when the refusal was for want of endorsements in force, of a platform whose PCK chain verified
};

// What a verification goes by. All must outlive it.
struct IntelContext {
  const IntelEndorsements& endorsements;
  const TcbSettings& settings;
  UnixTime now;
  IntelVerificationCache::Part* cache;  // null: go without
};

// One verification in progress. The steps in their order; the first that fails ends it.
class IntelVerifier {
 public:
  // All must outlive it.
  IntelVerifier(IntelTee tee, const IntelCheckNames& names, const IntelQuote& quote, const IntelContext& context, Checks& checks)
      : tee_(tee), names_(names), quote_(quote), context_(context), checks_(checks) {}

  // The PCK chain, the choice of endorsements, revocation, dates, and that the TCB info is this platform's.
  Status VerifyPlatform(std::optional<int64_t> evaluation_data_number);
  // That the PCK key vouches for Intel's quoting enclave, and this for the attestation key, which signed the quote.
  Status VerifyQuote();
  // The first level at or below the platform, of a TD with these SVNs.
  Result<const TcbLevel*> FindLevel(const std::array<uint8_t, 16>* tee_tcb_svn = nullptr);
  // The first level at or below the quoting enclave.
  Result<const SvnTcbLevel*> FindQeLevel();
  // That the settings accept what the levels give together.
  Status VerifyVerdict(TcbLevelVerdict verdict);

  const TcbInfo& tcb_info() const { return found_.endorsements.tcb_info->document; }
  const QeIdentity& qe_identity() const { return found_.endorsements.qe_identity->document; }
  bool gathered() const { return gathered_; }
  // IntelVerification::lacks. What a platform needs is known once its certificates have been verified.
  std::optional<IntelNeeds> lacks() const;
  const std::optional<TcbVerdict>& tcb() const { return tcb_; }
  // Once every step has passed.
  IntelFindings findings() const { return found_; }

 private:
  void RecallPlatform(std::string_view text, IntelVerificationCache::Part& cache);
  void RememberPlatform(IntelVerificationCache::Part& cache);
  Status ChoosePlatform();
  Status VerifyPlatformCertificates();
  Status ChooseEndorsements(std::optional<int64_t> number);
  Status RequireValid(const Certificate& certificate, std::string_view where);
  Status RequireNotRevoked(const EndorsedCrl& held, const Certificate& certificate, std::string_view where);
  bool IsCrlSignedBy(const EndorsedCrl& held, const P256PublicKey& key);
  Status RequireCrl(const EndorsedCrl& held, const Certificate& issuer, const P256PublicKey& key, std::string_view where);
  Status VerifyRevocation();
  Status RequireSigner(const std::vector<Certificate>& signers, std::string_view where);
  Result<std::optional<int64_t>> ChooseNumber(std::optional<int64_t> asked);
  Status RequireCurrent(UnixTime issued, UnixTime next_update, std::string_view where, IntelDocumentKind kind);
  Status VerifyEndorsements(std::optional<int64_t> number);
  void NotePastNextUpdate(UnixTime next_update, IntelDocumentKind kind);
  Status VerifyEndorsementDates();
  Status VerifyPlatformMatch();
  Status VerifyQuotingEnclave();
  Status VerifyQeIdentity(const QeIdentity& identity, const SgxReportBody& report);
  Status VerifyQuoteSignature();
  Status VerifyEvaluationNumber();
  Status VerifyAdvisories();

  const PckChain& chain() const { return found_.platform->chain; }
  const PckExtension& platform() const { return *found_.platform->extension; }

  const IntelTee tee_;
  const IntelCheckNames& names_;
  const IntelQuote& quote_;
  const IntelContext& context_;
  Checks& checks_;
  IntelFindings found_;
  const TrustAnchor* anchor_ = nullptr;          // of the chain
  std::optional<Sha256Digest> quoting_enclave_;  // its key in the cache
  std::optional<P256PublicKey> attestation_key_;
  std::optional<TcbVerdict> tcb_;
  bool gathered_ = false;
  std::optional<int64_t> number_;  // of the endorsements; none: the highest
  TcbBaseline::Kind baseline_ = TcbBaseline::Kind::kEarly;
  bool lacks_ = false;
};

}  // namespace vidimus
