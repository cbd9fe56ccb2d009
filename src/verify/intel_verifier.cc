#include "verify/intel_verifier.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/crl.h"
#include "crypto/digest.h"

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

}  // namespace

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
  VIDIMUS_CHECK_OK(checks_.Step(names_.pck_extension_format, platform.extension ? Status{} : tl::unexpected(platform.extension.error())));
  DescribePlatform(*platform.extension);
  return {};
}

void IntelVerifier::DescribePlatform(const PckExtension& extension) {
  platform_tcb_.tee = tee_;
  platform_tcb_.fmspc = extension.fmspc;
  platform_tcb_.pce_id = extension.pce_id;
  platform_tcb_.pck_ca = PckCaId(chain().intermediate.subject_common_name);
  platform_tcb_.trust_anchor = anchor_->name;
  platform_tcb_.components = extension.components;
  platform_tcb_.pce_svn = extension.pce_svn;
  platform_tcb_.qe_isv_svn = quote_.qe_report.isv_svn;
  if (report_ == nullptr) return;
  platform_tcb_.tee_tcb_svn = report_->tee_tcb_svn;
  if (report_->v1_5) platform_tcb_.tee_tcb_svn_2 = report_->v1_5->tee_tcb_svn_2;
}

// Of the number asked for, else that of the settings' baseline.
Status IntelVerifier::ChooseEndorsements(std::optional<int64_t> asked) {
  const TcbSettings& settings = context_.settings;
  const TcbBaseline baseline = asked ? TcbBaseline{TcbBaseline::Kind::kNumber, *asked} : settings.baseline;
  const auto number = EvaluationNumberOf(baseline, tee_, anchor_->key, context_.endorsements, context_.now, settings.expiry);
  if (number) number_ = *number;
  const auto selected = number.and_then([&](std::optional<int64_t> one) {
    return context_.endorsements.Select({tee_, platform_tcb_.fmspc, chain().intermediate.subject_common_name, *anchor_, one, context_.now,
                                         settings.expiry, chain().intermediate.subject});
  });
  VIDIMUS_CHECK_OK(checks_.Step(names_.endorsements_held, selected ? Status{} : tl::unexpected(selected.error())));
  found_.endorsements = *selected;
  evaluation_.emplace(platform_tcb_, found_.endorsements, baseline.kind, settings, context_.now, checks_);
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
                         {ShowTime(crl.this_update), " to ", ShowTime(crl.next_update), LeniencyText(grace)});
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

Status IntelVerifier::VerifyEndorsementDates() {
  const auto& tcb = *found_.endorsements.tcb_info;
  const auto& qe = *found_.endorsements.qe_identity;
  VIDIMUS_CHECK_OK(RequireSigner(tcb.signers, names_.tcb_info_signer_validity));
  VIDIMUS_CHECK_OK(RequireSigner(qe.signers, names_.qe_identity_signer_validity));
  NotePastNextUpdate(tcb.document.next_update, IntelDocumentKind::kTcbInfo);
  NotePastNextUpdate(qe.document.next_update, IntelDocumentKind::kQeIdentity);
  return evaluation_->RequireCurrent();
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
  return evaluation_->RequirePlatform();
}

Status IntelVerifier::VerifyEndorsements(std::optional<int64_t> number) {
  VIDIMUS_CHECK_OK(ChooseEndorsements(number));
  VIDIMUS_CHECK_OK(VerifyRevocation());
  return VerifyEndorsementDates();
}

std::optional<IntelNeeds> IntelVerifier::lacks() const {
  if (!lacks_) return std::nullopt;
  return IntelNeeds{tee_, platform_tcb_.fmspc, platform_tcb_.pck_ca, number_};
}

Status IntelVerifier::VerifyQuote() {
  VIDIMUS_CHECK_OK(VerifyQuotingEnclave());
  VIDIMUS_CHECK_OK(VerifyQuoteSignature());
  signed_ = true;
  return {};
}

IntelFindings IntelVerifier::findings() const {
  IntelFindings out = found_;
  out.tcb = *evaluation_->verdict();
  return out;
}

}  // namespace vidimus
