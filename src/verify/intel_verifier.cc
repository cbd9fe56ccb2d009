#include "verify/intel_verifier.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/crl.h"
#include "crypto/digest.h"
#include "verify/tcb.h"

namespace vidimus {
namespace {

template <size_t N>
bool MaskedEqual(const std::array<uint8_t, N>& value, const std::array<uint8_t, N>& mask, const std::array<uint8_t, N>& expected) {
  for (size_t i = 0; i < N; ++i)
    if ((value[i] & mask[i]) != expected[i]) return false;
  return true;
}

// A root is trusted by its key, which several anchors may name: the first counts, as in VerifyRoot.
const TrustAnchor* FindAnchor(const std::vector<TrustAnchor>& anchors, const Certificate& root) {
  const auto found =
      std::find_if(anchors.begin(), anchors.end(), [&](const TrustAnchor& one) { return Equal(one.key.raw(), root.public_key); });
  return found == anchors.end() ? nullptr : &*found;
}

// What a setting adds to a period of validity.
std::string Leniency(const Expiry& expiry) {
  if (expiry.ignored) return " (nextUpdate ignored by setting)";
  return expiry.grace == 0 ? "" : " and " + std::to_string(expiry.grace) + " s of grace";
}

}  // namespace

std::string_view TcbBaselineName(TcbBaseline::Kind kind) {
  static constexpr std::string_view kNames[] = {"early", "standard", "number"};
  return kNames[static_cast<size_t>(kind)];
}

TcbSettings::TcbSettings()
    : accepted_tcb{TcbStatus::kUpToDate, TcbStatus::kSwHardeningNeeded, TcbStatus::kConfigurationNeeded,
                   TcbStatus::kConfigurationAndSwHardeningNeeded} {}

// From the cache, when the whole text has been decided before, or all of it but the platform's own certificate.
void IntelVerifier::RecallPlatform(std::string_view text, IntelVerificationCache::Part& cache) {
  const auto& anchors = context_.endorsements.anchors();
  if (const auto* held = cache.platforms.Find(text); held != nullptr) {
    anchor_ = FindAnchor(anchors, (*held)->chain.root);
    if (anchor_ != nullptr) found_.platform = *held;
  } else if (const auto* issuers = cache.issuers.Find(PckIssuersText(text)); issuers != nullptr) {
    anchor_ = FindAnchor(anchors, (*issuers)->root);
    if (anchor_ != nullptr) found_.platform = ReadIntelPlatformOf(**issuers, *anchor_, text);
    RememberPlatform(cache);
  }
}

void IntelVerifier::RememberPlatform(IntelVerificationCache::Part& cache) {
  const auto& platform = found_.platform;
  if (platform != nullptr && platform->extension && platform->pck_key) cache.platforms.Insert(platform->text, platform);
}

// What the certification data alone decides.
Status IntelVerifier::ChoosePlatform() {
  const std::string_view text = PckChainText(quote_);
  const bool cacheable = quote_.certification_type == 5 && text.size() <= limits::kIntelCacheChainBytes;
  IntelVerificationCache::Part* const cache = cacheable ? context_.cache : nullptr;
  if (cache != nullptr) RecallPlatform(text, *cache);
  if (found_.platform != nullptr) {
    VIDIMUS_CHECK_OK(checks_.Step(names_.pck_chain_format, {}));
    return checks_.Step(names_.pck_chain_signatures, {});
  }
  auto certificates = ReadPckCertificates(quote_, names_.certification_data);
  VIDIMUS_CHECK_OK(checks_.Step(names_.pck_chain_format, certificates ? Status{} : tl::unexpected(certificates.error())));
  auto chain = context_.endorsements.VerifiedPckChain(*std::move(certificates));
  VIDIMUS_CHECK_OK(checks_.Step(names_.pck_chain_signatures, chain ? Status{} : tl::unexpected(chain.error())));
  anchor_ = FindAnchor(context_.endorsements.anchors(), chain->root);
  found_.platform = ReadIntelPlatform(text, *std::move(chain));
  if (cache == nullptr) return {};
  RememberPlatform(*cache);
  if (const auto issuers = IssuersOf(*found_.platform)) cache->issuers.Insert(issuers->text, issuers);
  return {};
}

Status IntelVerifier::VerifyPlatformCertificates() {
  VIDIMUS_CHECK_OK(ChoosePlatform());
  const IntelPlatform& platform = *found_.platform;
  found_.trust_anchor = anchor_->name;
  for (const Certificate* certificate : {&platform.chain.root, &platform.chain.intermediate, &platform.chain.pck})
    VIDIMUS_CHECK_OK(RequireValid(*certificate, names_.pck_chain_validity));
  return checks_.Step(names_.pck_extension_format, platform.extension ? Status{} : tl::unexpected(platform.extension.error()));
}

// The number asked for, else that of the settings' baseline.
Result<std::optional<int64_t>> IntelVerifier::ChooseNumber(std::optional<int64_t> asked) {
  const TcbBaseline& baseline = context_.settings.baseline;
  baseline_ = asked ? TcbBaseline::Kind::kNumber : baseline.kind;
  if (asked || baseline_ == TcbBaseline::Kind::kEarly) return asked;
  if (baseline_ == TcbBaseline::Kind::kNumber) return baseline.number;
  const auto standard = context_.endorsements.StandardNumber(tee_, anchor_->key, context_.now, context_.settings.expiry);
  if (standard) return standard;
  return Fail(ErrorCode::kMissing, "intel.select.standard",
              "the standard baseline is asked for, and no list of " + std::string(IntelTeeName(tee_)) +
                  " evaluation numbers is held that is in force and names one of twelve months ago");
}

Status IntelVerifier::ChooseEndorsements(std::optional<int64_t> asked) {
  const auto selected = ChooseNumber(asked).and_then([&](std::optional<int64_t> number) {
    number_ = number;
    return context_.endorsements.Select({tee_, platform().fmspc, chain().intermediate.subject_common_name, *anchor_, number, context_.now,
                                         context_.settings.expiry, chain().intermediate.subject});
  });
  VIDIMUS_CHECK_OK(checks_.Step(names_.endorsements_held, selected ? Status{} : tl::unexpected(selected.error())));
  found_.endorsements = *selected;
  gathered_ = true;
  return {};
}

Status IntelVerifier::RequireValid(const Certificate& certificate, std::string_view where) {
  return checks_.Require(ErrorCode::kExpired, where, certificate.not_before <= context_.now && context_.now <= certificate.not_after,
                         {ShowTime(context_.now), " for \"", certificate.subject_common_name, "\""},
                         {ShowTime(certificate.not_before), " to ", ShowTime(certificate.not_after)});
}

// The serial itself stays out of the record: a PCK certificate's tells one platform from all others.
Status IntelVerifier::RequireNotRevoked(const EndorsedCrl& held, const Certificate& certificate, std::string_view where) {
  return checks_.Require(ErrorCode::kRevoked, where, !held.crl.IsRevoked(certificate.serial),
                         {"the serial of \"", certificate.subject_common_name, "\" in the CRL"}, {"a serial not in the CRL"});
}

bool IntelVerifier::IsCrlSignedBy(const EndorsedCrl& held, const P256PublicKey& key) {
  if (held.signer && *held.signer == key) return true;  // checked when it was loaded
  if (context_.cache == nullptr) return IsSignedBy(held.crl, key);
  const Sha256Digest pair = Sha256(held.hash, key.raw());
  if (context_.cache->crls.Find(pair) != nullptr) return true;
  const bool good = IsSignedBy(held.crl, key);
  if (good) context_.cache->crls.Insert(pair, {});
  return good;
}

Status IntelVerifier::RequireCrl(const EndorsedCrl& held, const Certificate& issuer, const P256PublicKey& key, std::string_view where) {
  const Crl& crl = held.crl;
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, where, crl.issuer == issuer.subject && IsCrlSignedBy(held, key),
                                   {"a CRL of \"", crl.issuer_common_name, "\""},
                                   {"signed by \"", issuer.subject_common_name, "\" of the chain"}));
  NotePastNextUpdate(crl.next_update, &held == found_.endorsements.root_crl ? IntelDocumentKind::kRootCrl : IntelDocumentKind::kPckCrl);
  const Expiry& expiry = context_.settings.expiry;
  const bool current = crl.this_update <= context_.now && expiry.CoversCrl(crl.next_update, context_.now);
  const Expiry grace{expiry.grace, false};  // of CRLs nothing is ignored
  return checks_.Require(ErrorCode::kExpired, names_.crl_validity, current,
                         {ShowTime(context_.now), " for the CRL of \"", crl.issuer_common_name, "\""},
                         {ShowTime(crl.this_update), " to ", ShowTime(crl.next_update), Leniency(grace)});
}

Status IntelVerifier::VerifyRevocation() {
  VIDIMUS_CHECK_OK(RequireCrl(*found_.endorsements.root_crl, chain().root, anchor_->key, names_.root_crl_signature));
  VIDIMUS_CHECK_OK(RequireCrl(*found_.endorsements.pck_crl, chain().intermediate, chain().ca_key, names_.pck_crl_signature));
  VIDIMUS_CHECK_OK(RequireNotRevoked(*found_.endorsements.root_crl, chain().intermediate, names_.pck_ca_revoked));
  return RequireNotRevoked(*found_.endorsements.pck_crl, chain().pck, names_.pck_revoked);
}

// A signer is reissued with its key: one certificate in force and not revoked suffices (section 3.2).
Status IntelVerifier::RequireSigner(const std::vector<Certificate>& signers, std::string_view where) {
  const auto in_force = [&](const Certificate& c) { return c.not_before <= context_.now && context_.now <= c.not_after; };
  const auto signer = std::find_if(signers.begin(), signers.end(), in_force);
  const Certificate& shown = signer == signers.end() ? signers.front() : *signer;
  VIDIMUS_CHECK_OK(RequireValid(shown, where));
  return RequireNotRevoked(*found_.endorsements.root_crl, shown, names_.tcb_signer_revoked);
}

void IntelVerifier::NotePastNextUpdate(UnixTime next_update, IntelDocumentKind kind) {
  if (context_.now <= next_update) return;
  found_.past_next_update.append(found_.past_next_update.empty() ? "" : ",").append(IntelDocumentKindName(kind));
}

Status IntelVerifier::RequireCurrent(UnixTime issued, UnixTime next_update, std::string_view where, IntelDocumentKind kind) {
  NotePastNextUpdate(next_update, kind);
  const Expiry& expiry = context_.settings.expiry;
  return checks_.Require(ErrorCode::kExpired, where, issued <= context_.now && expiry.Covers(next_update, context_.now),
                         {ShowTime(context_.now)}, {ShowTime(issued), " to ", ShowTime(next_update), Leniency(expiry)});
}

Status IntelVerifier::VerifyEndorsementDates() {
  const auto& tcb = *found_.endorsements.tcb_info;
  const auto& qe = *found_.endorsements.qe_identity;
  VIDIMUS_CHECK_OK(RequireSigner(tcb.signers, names_.tcb_info_signer_validity));
  VIDIMUS_CHECK_OK(RequireSigner(qe.signers, names_.qe_identity_signer_validity));
  VIDIMUS_CHECK_OK(
      RequireCurrent(tcb.document.issue_date, tcb.document.next_update, names_.tcb_info_validity, IntelDocumentKind::kTcbInfo));
  return RequireCurrent(qe.document.issue_date, qe.document.next_update, names_.qe_identity_validity, IntelDocumentKind::kQeIdentity);
}

Status IntelVerifier::VerifyPlatformMatch() {
  const TcbInfo& info = found_.endorsements.tcb_info->document;
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, names_.tcb_info_fmspc, info.fmspc == platform().fmspc, {ShowHex(info.fmspc)},
                                   {ShowHex(platform().fmspc)}));
  return checks_.Require(ErrorCode::kMismatch, names_.tcb_info_pce_id, info.pce_id == platform().pce_id, {ShowHex(info.pce_id)},
                         {ShowHex(platform().pce_id)});
}

// The cache knows the attestation keys of reports whose signature held.
Status IntelVerifier::VerifyQuotingEnclave() {
  const auto& pck_key = found_.platform->pck_key;
  const P256PublicKey* known = nullptr;
  if (context_.cache != nullptr && pck_key) {
    quoting_enclave_ = Sha256({pck_key->raw(), quote_.attestation_key, quote_.qe_report_bytes, quote_.qe_report_signature});
    known = context_.cache->attestation_keys.Find(*quoting_enclave_);
  }
  if (known != nullptr) attestation_key_ = *known;
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, names_.qe_report_signature,
                                   attestation_key_ || (pck_key && pck_key->Verify(quote_.qe_report_bytes, quote_.qe_report_signature)),
                                   {ShowHex(quote_.qe_report_signature.first(8)), "…"}, {"a signature by the PCK certificate's key"}));
  const Sha256Digest binding = Sha256(quote_.attestation_key, quote_.qe_auth_data);
  const Bytes report_data = quote_.qe_report.report_data;
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, names_.qe_report_key_binding, Equal(report_data.first(32), binding),
                                   {ShowHex(report_data.first(32))}, {ShowHex(binding)}));
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, names_.qe_report_data_tail, AllZero(report_data.subspan(32)),
                                   {ShowHex(report_data.subspan(32))}, {"32 zero bytes"}));
  return VerifyQeIdentity(found_.endorsements.qe_identity->document, quote_.qe_report);
}

Status IntelVerifier::VerifyQeIdentity(const QeIdentity& identity, const SgxReportBody& report) {
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, names_.qe_identity_misc_select,
                                   MaskedEqual(report.misc_select, identity.misc_select_mask, identity.misc_select),
                                   {ShowHex(report.misc_select)},
                                   {ShowHex(identity.misc_select), " under mask ", ShowHex(identity.misc_select_mask)}));
  VIDIMUS_CHECK_OK(checks_.Require(
      ErrorCode::kMismatch, names_.qe_identity_attributes, MaskedEqual(report.attributes, identity.attributes_mask, identity.attributes),
      {ShowHex(report.attributes)}, {ShowHex(identity.attributes), " under mask ", ShowHex(identity.attributes_mask)}));
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, names_.qe_identity_mr_signer, report.mr_signer == identity.mr_signer,
                                   {ShowHex(report.mr_signer)}, {ShowHex(identity.mr_signer)}));
  return checks_.Require(ErrorCode::kMismatch, names_.qe_identity_isv_prod_id, report.isv_prod_id == identity.isv_prod_id,
                         {ShowNumber(report.isv_prod_id)}, {ShowNumber(identity.isv_prod_id)});
}

Status IntelVerifier::VerifyQuoteSignature() {
  if (!attestation_key_) {
    if (auto key = P256PublicKey::FromRaw(quote_.attestation_key)) attestation_key_ = *std::move(key);
  }
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMalformed, names_.attestation_key, attestation_key_.has_value(),
                                   {ShowHex(quote_.attestation_key.first(8)), "…"}, {"a point on P-256"}));
  if (quoting_enclave_) context_.cache->attestation_keys.Insert(*quoting_enclave_, *attestation_key_);
  return checks_.Require(ErrorCode::kUntrusted, names_.signature, attestation_key_->Verify(quote_.signed_region, quote_.signature),
                         {ShowHex(quote_.signature.first(8)), "…"}, {"a signature by the attestation key"});
}

Status IntelVerifier::VerifyPlatform(std::optional<int64_t> evaluation_data_number) {
  VIDIMUS_CHECK_OK(VerifyPlatformCertificates());
  const Status endorsed = VerifyEndorsements(evaluation_data_number);
  // What newer endorsements would cure.
  lacks_ = !endorsed && (endorsed.error().code == ErrorCode::kMissing || endorsed.error().code == ErrorCode::kExpired);
  VIDIMUS_CHECK_OK(endorsed);
  return VerifyPlatformMatch();
}

Status IntelVerifier::VerifyEndorsements(std::optional<int64_t> number) {
  VIDIMUS_CHECK_OK(ChooseEndorsements(number));
  VIDIMUS_CHECK_OK(VerifyRevocation());
  return VerifyEndorsementDates();
}

std::optional<IntelNeeds> IntelVerifier::lacks() const {
  if (!lacks_) return std::nullopt;
  return IntelNeeds{tee_, platform().fmspc, PckCaId(chain().intermediate.subject_common_name), number_};
}

Status IntelVerifier::VerifyQuote() {
  VIDIMUS_CHECK_OK(VerifyQuotingEnclave());
  return VerifyQuoteSignature();
}

Result<const TcbLevel*> IntelVerifier::FindLevel(const std::array<uint8_t, 16>* tee_tcb_svn) {
  const TcbLevel* level = FindPlatformLevel(tcb_info(), platform(), tee_tcb_svn);
  const Bytes td = tee_tcb_svn == nullptr ? Bytes() : Bytes(*tee_tcb_svn);
  VIDIMUS_CHECK_OK(checks_.Require(
      ErrorCode::kUnacceptable, names_.platform_level, level != nullptr,
      {ShowHex(platform().components), " PCESVN ", ShowNumber(platform().pce_svn), td.empty() ? "" : " TEE_TCB_SVN ", ShowHex(td)},
      {"a level at or below it in the TCB info"}));
  return level;
}

Result<const SvnTcbLevel*> IntelVerifier::FindQeLevel() {
  const uint16_t svn = quote_.qe_report.isv_svn;
  const SvnTcbLevel* level = FindSvnLevel(qe_identity().levels, svn);
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, names_.qe_level, level != nullptr, {"ISVSVN ", ShowNumber(svn)},
                                   {"a level at or below it in the QE identity"}));
  return level;
}

Status IntelVerifier::VerifyVerdict(TcbLevelVerdict verdict) {
  const TcbStatus status = verdict.status;
  tcb_ = {status, std::move(verdict.advisory_ids), verdict.date,
          std::min(tcb_info().evaluation_data_number, qe_identity().evaluation_data_number), baseline_};
  found_.tcb = *tcb_;
  const std::string_view name = TcbStatusName(status);
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kRevoked, names_.tcb_revoked, status != TcbStatus::kRevoked, {name}, {"not Revoked"}));
  std::string accepted;
  for (const TcbStatus one : context_.settings.accepted_tcb) accepted.append(accepted.empty() ? "" : ", ").append(TcbStatusName(one));
  VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, names_.tcb_status, context_.settings.accepted_tcb.contains(status), {name},
                                   {"one of ", accepted}));
  VIDIMUS_CHECK_OK(VerifyEvaluationNumber());
  return VerifyAdvisories();
}

Status IntelVerifier::VerifyEvaluationNumber() {
  const int64_t number = tcb_->evaluation_data_number;
  const int64_t least = context_.settings.least_evaluation_number.value_or(0);
  return checks_.Require(ErrorCode::kUnacceptable, names_.tcb_evaluation_number, number >= least,
                         {ShowNumber(number), ", chosen as ", TcbBaselineName(baseline_)}, {"at least ", ShowNumber(least)});
}

Status IntelVerifier::VerifyAdvisories() {
  if (!context_.settings.accepted_advisories) return {};
  const auto& accepted = *context_.settings.accepted_advisories;
  std::string others, list;
  for (const std::string& one : tcb_->advisory_ids)
    if (!accepted.contains(one)) others.append(others.empty() ? "" : ", ").append(one);
  for (const std::string& one : accepted) list.append(list.empty() ? "" : ", ").append(one);
  const std::string found = others.empty() ? std::to_string(tcb_->advisory_ids.size()) + " advisories, each accepted" : others;
  return checks_.Require(ErrorCode::kUnacceptable, names_.tcb_advisories, others.empty(), {found},
                         {"none but ", list.empty() ? "none" : list});
}

}  // namespace vidimus
