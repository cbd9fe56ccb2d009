// IntelVerifier: is the platform behind a quote genuine? The checks of intel-dcap section 6 that SGX and TDX evidence share, in the order
// of section 5.1, pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "endorsement/intel_endorsements.h"
#include "endorsement/pck_certificate.h"
#include "evidence/intel_quote.h"
#include "verify/intel_cache.h"
#include "verify/tcb_evaluation.h"

namespace vidimus {

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
  std::optional<PlatformTcb> platform;  // once the quote's signatures held, also of a refusal
  std::optional<TcbVerdict> tcb;        // whenever it was reached, also when refused
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
  // All must outlive it. `report`: of a TDX quote; null: it is one of SGX.
  IntelVerifier(const IntelQuote& quote, const TdReportBody* report, const IntelContext& context, Checks& checks)
      : tee_(report == nullptr ? IntelTee::kSgx : IntelTee::kTdx),
        names_(report == nullptr ? kSgxChecks : kTdxChecks),
        quote_(quote),
        report_(report),
        context_(context),
        checks_(checks) {}

  // The PCK chain, the choice of endorsements, revocation, dates, and that the TCB info is this platform's.
  Status VerifyPlatform(std::optional<int64_t> evaluation_data_number);
  // That the PCK key vouches for Intel's quoting enclave, and this for the attestation key, which signed the quote.
  Status VerifyQuote();
  // That the levels of the platform, its quoting enclave and its TDX module give what the settings accept.
  Status VerifyTcb() { return evaluation_->Evaluate(report_); }

  // Once VerifyPlatform has passed.
  TcbEvaluation& evaluation() { return *evaluation_; }
  // Writes what was found, whatever came of it: all of `out` but `verified`.
  template <typename Verified>
  void Report(IntelVerification<Verified>& out) const {
    out.gathered = evaluation_.has_value();
    if (signed_) out.platform = platform_tcb_;
    if (evaluation_) out.tcb = evaluation_->verdict();
    out.lacks = lacks();
  }
  // Once every step has passed.
  IntelFindings findings() const;

 private:
  void RecallPlatform(std::string_view text, IntelVerificationCache::Part& cache);
  void RememberPlatform(IntelVerificationCache::Part& cache);
  Status ChoosePlatform();
  Status VerifyPlatformCertificates();
  void DescribePlatform(const PckExtension& extension);
  Status ChooseEndorsements(std::optional<int64_t> number);
  Status RequireValid(const Certificate& certificate, std::string_view where);
  Status RequireNotRevoked(const EndorsedCrl& held, const Certificate& certificate, std::string_view where);
  bool IsCrlSignedBy(const EndorsedCrl& held, const P256PublicKey& key);
  Status RequireCrl(const EndorsedCrl& held, const Certificate& issuer, const P256PublicKey& key, std::string_view where);
  Status VerifyRevocation();
  Status RequireSigner(const std::vector<Certificate>& signers, std::string_view where);
  Status VerifyEndorsements(std::optional<int64_t> number);
  void NotePastNextUpdate(UnixTime next_update, IntelDocumentKind kind);
  Status VerifyEndorsementDates();
  Status VerifyQuotingEnclave();
  Status VerifyQeIdentity(const QeIdentity& identity, const SgxReportBody& report);
  Status VerifyQuoteSignature();
  // IntelVerification::lacks. What a platform needs is known once its certificates have been verified.
  std::optional<IntelNeeds> lacks() const;

  const PckChain& chain() const { return found_.platform->chain; }

  const IntelTee tee_;
  const IntelCheckNames& names_;
  const IntelQuote& quote_;
  const TdReportBody* const report_;
  const IntelContext& context_;
  Checks& checks_;
  IntelFindings found_;
  const TrustAnchor* anchor_ = nullptr;  // of the chain
  PlatformTcb platform_tcb_;
  std::optional<TcbEvaluation> evaluation_;      // once endorsements were chosen
  std::optional<Sha256Digest> quoting_enclave_;  // its key in the cache
  std::optional<P256PublicKey> attestation_key_;
  std::optional<int64_t> number_;  // of the endorsements; none: the highest
  bool signed_ = false;            // the signatures of the quote hold
  bool lacks_ = false;
};

}  // namespace vidimus
