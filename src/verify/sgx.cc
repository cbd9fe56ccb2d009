#include "verify/sgx.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"
#include "codec/pem.h"
#include "crypto/crl.h"
#include "crypto/digest.h"
#include "verify/sgx_tcb.h"

namespace vidimus {
namespace {

constexpr uint64_t kKnownFlags = kSgxFlagInit | kSgxFlagDebug | kSgxFlagMode64 | kSgxFlagProvisionKey | kSgxFlagEinittokenKey |
                                 kSgxFlagCet | kSgxFlagKss | kSgxFlagAexNotify;

struct AttributeRule {
  SgxAttribute attribute;
  uint64_t bits;
  std::string_view where, name, expected;
};

constexpr std::array<AttributeRule, 4> kAttributeRules = {
    {{SgxAttribute::kDebug, kSgxFlagDebug, "sgx.report.debug", "debug", "DEBUG clear"},
     {SgxAttribute::kProvisionKey, kSgxFlagProvisionKey, "sgx.report.provision_key", "provision_key", "PROVISION_KEY clear"},
     {SgxAttribute::kEinittokenKey, kSgxFlagEinittokenKey, "sgx.report.einittoken_key", "einittoken_key", "EINITTOKEN_KEY clear"},
     {SgxAttribute::kUnknown, ~kKnownFlags, "sgx.report.unknown_attributes", "unknown_attributes", "no unknown attribute bit"}}};

template <size_t N>
bool MaskedEqual(const std::array<uint8_t, N>& value, const std::array<uint8_t, N>& mask, const std::array<uint8_t, N>& expected) {
  for (size_t i = 0; i < N; ++i)
    if ((value[i] & mask[i]) != expected[i]) return false;
  return true;
}

// Certification data of type 5 without the NULs that may follow it, section 1.7.
std::string_view PckChainText(const SgxQuote& quote) {
  std::string_view text = AsText(quote.certification_data);
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

Result<std::vector<Certificate>> ReadPckCertificates(const SgxQuote& quote) {
  if (quote.certification_type != 5)
    return Fail(ErrorCode::kUnsupported, "sgx.quote.certification_data",
                "certification data of type " + std::to_string(quote.certification_type) +
                    " names a PCK certificate without carrying its chain; ask the quoting enclave's provider for type 5");
  VIDIMUS_TRY(const auto blocks, ParsePem(PckChainText(quote), limits::kPemCertificates));
  std::vector<Certificate> out;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE")
      return Fail(ErrorCode::kMalformed, "sgx.quote.certification_data", "found PEM label \"" + block.label + "\", expected CERTIFICATE");
    VIDIMUS_TRY(Certificate certificate, ParseCertificate(block.der));
    out.push_back(std::move(certificate));
  }
  return out;
}

Result<PckExtension> ReadPckExtension(const Certificate& pck) {
  if (pck.sgx_extension) return ParsePckExtension(*pck.sgx_extension);
  return Fail(ErrorCode::kMalformed, "intel.pck_extension.missing", "the PCK certificate has no SGX extension");
}

std::shared_ptr<const SgxPlatform> ReadPlatform(std::string_view text, PckChain chain) {
  std::string root_pem = WritePem("CERTIFICATE", chain.root.der);
  auto extension = ReadPckExtension(chain.pck);
  auto pck_key = P256PublicKey::FromRaw(chain.pck.public_key);
  auto ca_key = P256PublicKey::FromRaw(chain.intermediate.public_key).value();  // it has verified the PCK certificate
  return std::make_shared<const SgxPlatform>(
      SgxPlatform{std::string(text), std::move(chain), std::move(root_pem), std::move(extension), std::move(pck_key), std::move(ca_key)});
}

// A root is trusted by its key, which several anchors may name: the first counts, as in VerifyRoot.
const TrustAnchor* FindAnchor(const std::vector<TrustAnchor>& anchors, const Certificate& root) {
  const auto found =
      std::find_if(anchors.begin(), anchors.end(), [&](const TrustAnchor& one) { return Equal(one.key.raw(), root.public_key); });
  return found == anchors.end() ? nullptr : &*found;
}

}  // namespace

// One verification in progress: the inputs, and what each step found.
class SgxVerifier {
 public:
  SgxVerifier(const SgxEvidence& evidence, const IntelEndorsements& endorsements, const SgxSettings& settings, UnixTime now,
              SgxVerificationCache::Part* cache)
      : evidence_(evidence), endorsements_(endorsements), settings_(settings), now_(now), cache_(cache) {}

  SgxVerification Run(std::optional<int64_t> evaluation_data_number) {
    SgxVerification out;
    const Status status = Verify(evaluation_data_number);
    out.checks = std::move(checks_);
    out.gathered = gathered_;
    if (tcb_reached_) out.tcb = result_.tcb_;
    if (status)
      out.verified = std::move(result_);
    else
      out.verified = tl::unexpected(status.error());
    return out;
  }

 private:
  Status Verify(std::optional<int64_t> number) {
    VIDIMUS_CHECK_OK(ReadQuote());
    VIDIMUS_CHECK_OK(VerifyPlatformCertificates());
    VIDIMUS_CHECK_OK(ChooseEndorsements(number));
    VIDIMUS_CHECK_OK(VerifyRevocation());
    VIDIMUS_CHECK_OK(VerifyEndorsementDates());
    VIDIMUS_CHECK_OK(VerifyPlatformMatch());
    VIDIMUS_CHECK_OK(VerifyQuotingEnclave());
    VIDIMUS_CHECK_OK(VerifyQuoteSignature());
    VIDIMUS_CHECK_OK(VerifyReport());
    VIDIMUS_CHECK_OK(VerifyBindings());
    return VerifyTcb();
  }

  Status ReadQuote() {
    auto quote = ParseSgxQuote(evidence_.quote);
    VIDIMUS_CHECK_OK(checks_.Step("sgx.quote.format", quote ? Status{} : tl::unexpected(quote.error())));
    result_.quote_ = *std::move(quote);
    return {};
  }

  // What the certification data alone decides, from the cache when it has been decided before.
  Status ChoosePlatform() {
    const std::string_view text = PckChainText(result_.quote_);
    const bool cacheable = cache_ != nullptr && result_.quote_.certification_type == 5 && text.size() <= limits::kSgxCacheChainBytes;
    if (const auto* held = cacheable ? cache_->platforms.Find(text) : nullptr; held != nullptr) {
      anchor_ = FindAnchor(endorsements_.anchors(), (*held)->chain.root);
      if (anchor_ != nullptr) result_.platform_ = *held;
    }
    if (result_.platform_ != nullptr) {
      VIDIMUS_CHECK_OK(checks_.Step("sgx.pck_chain.format", {}));
      return checks_.Step("sgx.pck_chain.signatures", {});
    }
    auto certificates = ReadPckCertificates(result_.quote_);
    VIDIMUS_CHECK_OK(checks_.Step("sgx.pck_chain.format", certificates ? Status{} : tl::unexpected(certificates.error())));
    auto chain = VerifyPckChain(*std::move(certificates), endorsements_.anchors());
    VIDIMUS_CHECK_OK(checks_.Step("sgx.pck_chain.signatures", chain ? Status{} : tl::unexpected(chain.error())));
    anchor_ = FindAnchor(endorsements_.anchors(), chain->root);
    result_.platform_ = ReadPlatform(text, *std::move(chain));
    const SgxPlatform& platform = *result_.platform_;
    if (cacheable && platform.extension && platform.pck_key) cache_->platforms.Insert(platform.text, result_.platform_);
    return {};
  }

  Status VerifyPlatformCertificates() {
    VIDIMUS_CHECK_OK(ChoosePlatform());
    const SgxPlatform& platform = *result_.platform_;
    result_.trust_anchor_ = anchor_->name;
    for (const Certificate* certificate : {&platform.chain.root, &platform.chain.intermediate, &platform.chain.pck})
      VIDIMUS_CHECK_OK(RequireValid(*certificate, "sgx.pck_chain.validity"));
    return checks_.Step("sgx.pck_extension.format", platform.extension ? Status{} : tl::unexpected(platform.extension.error()));
  }

  Status ChooseEndorsements(std::optional<int64_t> number) {
    const auto selected = endorsements_.Select({result_.platform().fmspc, chain().intermediate.subject_common_name, *anchor_, number, now_,
                                                settings_.ignore_next_update, chain().intermediate.subject});
    VIDIMUS_CHECK_OK(checks_.Step("sgx.endorsements.held", selected ? Status{} : tl::unexpected(selected.error())));
    held_ = *selected;
    result_.endorsements_ = held_;
    gathered_ = true;
    return {};
  }

  Status RequireValid(const Certificate& certificate, std::string_view where) {
    return checks_.Require(ErrorCode::kExpired, where, certificate.not_before <= now_ && now_ <= certificate.not_after,
                           {ShowTime(now_), " for \"", certificate.subject_common_name, "\""},
                           {ShowTime(certificate.not_before), " to ", ShowTime(certificate.not_after)});
  }

  // The serial itself stays out of the record: a PCK certificate's tells one platform from all others.
  Status RequireNotRevoked(const EndorsedCrl& held, const Certificate& certificate, std::string_view where) {
    return checks_.Require(ErrorCode::kRevoked, where, !held.crl.IsRevoked(certificate.serial),
                           {"the serial of \"", certificate.subject_common_name, "\" in the CRL"}, {"a serial not in the CRL"});
  }

  bool IsCrlSignedBy(const EndorsedCrl& held, const P256PublicKey& key) {
    if (cache_ == nullptr) return IsSignedBy(held.crl, key);
    const Sha256Digest pair = Sha256(held.hash, key.raw());
    if (cache_->crls.Find(pair) != nullptr) return true;
    const bool good = IsSignedBy(held.crl, key);
    if (good) cache_->crls.Insert(pair, {});
    return good;
  }

  Status RequireCrl(const EndorsedCrl& held, const Certificate& issuer, const P256PublicKey& key, std::string_view where) {
    const Crl& crl = held.crl;
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, where, crl.issuer == issuer.subject && IsCrlSignedBy(held, key),
                                     {"a CRL of \"", crl.issuer_common_name, "\""},
                                     {"signed by \"", issuer.subject_common_name, "\" of the chain"}));
    return checks_.Require(ErrorCode::kExpired, "sgx.crl.validity", crl.this_update <= now_ && now_ <= crl.next_update,
                           {ShowTime(now_), " for the CRL of \"", crl.issuer_common_name, "\""},
                           {ShowTime(crl.this_update), " to ", ShowTime(crl.next_update)});
  }

  Status VerifyRevocation() {
    VIDIMUS_CHECK_OK(RequireCrl(*held_.root_crl, chain().root, anchor_->key, "sgx.root_crl.signature"));
    VIDIMUS_CHECK_OK(RequireCrl(*held_.pck_crl, chain().intermediate, result_.platform_->ca_key, "sgx.pck_crl.signature"));
    VIDIMUS_CHECK_OK(RequireNotRevoked(*held_.root_crl, chain().intermediate, "sgx.pck_ca.revoked"));
    return RequireNotRevoked(*held_.pck_crl, chain().pck, "sgx.pck.revoked");
  }

  // A signer is reissued with its key: one certificate in force and not revoked suffices (section 3.2).
  Status RequireSigner(const std::vector<Certificate>& signers, std::string_view where) {
    const auto in_force = [&](const Certificate& c) { return c.not_before <= now_ && now_ <= c.not_after; };
    const auto signer = std::find_if(signers.begin(), signers.end(), in_force);
    const Certificate& shown = signer == signers.end() ? signers.front() : *signer;
    VIDIMUS_CHECK_OK(RequireValid(shown, where));
    return RequireNotRevoked(*held_.root_crl, shown, "sgx.tcb_signer.revoked");
  }

  Status RequireCurrent(UnixTime issued, UnixTime next_update, std::string_view where) {
    const bool current = issued <= now_ && (settings_.ignore_next_update || now_ <= next_update);
    const std::string_view rule = settings_.ignore_next_update ? "issued by then (nextUpdate ignored by setting): " : "";
    return checks_.Require(ErrorCode::kExpired, where, current, {ShowTime(now_)}, {rule, ShowTime(issued), " to ", ShowTime(next_update)});
  }

  Status VerifyEndorsementDates() {
    const auto& tcb = *held_.tcb_info;
    const auto& qe = *held_.qe_identity;
    VIDIMUS_CHECK_OK(RequireSigner(tcb.signers, "sgx.tcb_info.signer_validity"));
    VIDIMUS_CHECK_OK(RequireSigner(qe.signers, "sgx.qe_identity.signer_validity"));
    VIDIMUS_CHECK_OK(RequireCurrent(tcb.document.issue_date, tcb.document.next_update, "sgx.tcb_info.validity"));
    return RequireCurrent(qe.document.issue_date, qe.document.next_update, "sgx.qe_identity.validity");
  }

  Status VerifyPlatformMatch() {
    const TcbInfo& info = held_.tcb_info->document;
    const PckExtension& platform = result_.platform();
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "sgx.tcb_info.fmspc", info.fmspc == platform.fmspc, {ShowHex(info.fmspc)},
                                     {ShowHex(platform.fmspc)}));
    return checks_.Require(ErrorCode::kMismatch, "sgx.tcb_info.pce_id", info.pce_id == platform.pce_id, {ShowHex(info.pce_id)},
                           {ShowHex(platform.pce_id)});
  }

  // The cache knows the attestation keys of reports whose signature held.
  Status VerifyQuotingEnclave() {
    const SgxQuote& quote = result_.quote_;
    const auto& pck_key = result_.platform_->pck_key;
    const P256PublicKey* known = nullptr;
    if (cache_ != nullptr && pck_key) {
      quoting_enclave_ = Sha256({pck_key->raw(), quote.attestation_key, quote.qe_report_bytes, quote.qe_report_signature});
      known = cache_->attestation_keys.Find(*quoting_enclave_);
    }
    if (known != nullptr) attestation_key_ = *known;
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, "sgx.quote.qe_report.signature",
                                     attestation_key_ || (pck_key && pck_key->Verify(quote.qe_report_bytes, quote.qe_report_signature)),
                                     {ShowHex(quote.qe_report_signature.first(8)), "…"}, {"a signature by the PCK certificate's key"}));
    const Sha256Digest binding = Sha256(quote.attestation_key, quote.qe_auth_data);
    const Bytes report_data = quote.qe_report.report_data;
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, "sgx.quote.qe_report.key_binding", Equal(report_data.first(32), binding),
                                     {ShowHex(report_data.first(32))}, {ShowHex(binding)}));
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUntrusted, "sgx.quote.qe_report.data_tail", AllZero(report_data.subspan(32)),
                                     {ShowHex(report_data.subspan(32))}, {"32 zero bytes"}));
    return VerifyQeIdentity(held_.qe_identity->document, quote.qe_report);
  }

  Status VerifyQeIdentity(const QeIdentity& identity, const SgxReportBody& report) {
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "sgx.qe_identity.misc_select",
                                     MaskedEqual(report.misc_select, identity.misc_select_mask, identity.misc_select),
                                     {ShowHex(report.misc_select)},
                                     {ShowHex(identity.misc_select), " under mask ", ShowHex(identity.misc_select_mask)}));
    VIDIMUS_CHECK_OK(checks_.Require(
        ErrorCode::kMismatch, "sgx.qe_identity.attributes", MaskedEqual(report.attributes, identity.attributes_mask, identity.attributes),
        {ShowHex(report.attributes)}, {ShowHex(identity.attributes), " under mask ", ShowHex(identity.attributes_mask)}));
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMismatch, "sgx.qe_identity.mr_signer", report.mr_signer == identity.mr_signer,
                                     {ShowHex(report.mr_signer)}, {ShowHex(identity.mr_signer)}));
    return checks_.Require(ErrorCode::kMismatch, "sgx.qe_identity.isv_prod_id", report.isv_prod_id == identity.isv_prod_id,
                           {ShowNumber(report.isv_prod_id)}, {ShowNumber(identity.isv_prod_id)});
  }

  Status VerifyQuoteSignature() {
    const SgxQuote& quote = result_.quote_;
    if (!attestation_key_) {
      if (auto key = P256PublicKey::FromRaw(quote.attestation_key)) attestation_key_ = *std::move(key);
    }
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kMalformed, "sgx.quote.attestation_key", attestation_key_.has_value(),
                                     {ShowHex(quote.attestation_key.first(8)), "…"}, {"a point on P-256"}));
    if (quoting_enclave_) cache_->attestation_keys.Insert(*quoting_enclave_, *attestation_key_);
    return checks_.Require(ErrorCode::kUntrusted, "sgx.quote.signature", attestation_key_->Verify(quote.signed_region, quote.signature),
                           {ShowHex(quote.signature.first(8)), "…"}, {"a signature by the attestation key"});
  }

  // Section 6, "Beyond QVL": reserved fields refuse; the attribute bits are noted, for a policy to judge.
  Status VerifyReport() {
    const SgxReportBody& report = result_.quote_.report;
    const uint64_t flags = SgxFlags(report);
    const Bytes shown = Bytes(report.attributes).first(8);
    for (const AttributeRule& rule : kAttributeRules) {
      const bool clear = (flags & rule.bits) == 0;
      checks_.Note(rule.where, clear, {ShowHex(shown)}, {rule.expected});
      if (!clear && settings_.refused_attributes.contains(rule.attribute))
        return Fail(ErrorCode::kUnacceptable, rule.where,
                    "found ATTRIBUTES.FLAGS " + HexEncode(shown) + ", expected " + std::string(rule.expected) + " by setting");
    }
    const bool zero = AllZero(report.reserved1) && AllZero(report.reserved2) && AllZero(report.reserved3) && AllZero(report.reserved4);
    return checks_.Require(ErrorCode::kMalformed, "sgx.report.reserved", zero, {zero ? "zero" : "not zero"}, {"zero"});
  }

  Status RequireDigest(Bytes data, Bytes bound, std::string_view where) {
    const Sha256Digest digest = Sha256(data);
    return checks_.Require(ErrorCode::kUntrusted, where, Equal(digest, bound), {ShowHex(bound)},
                           {"SHA-256 of the data, ", ShowHex(digest)});
  }

  Status VerifyBindings() {
    const SgxReportBody& report = result_.quote_.report;
    const Bytes report_data = Bytes(report.report_data).first(32);
    if (evidence_.custom_claims) VIDIMUS_CHECK_OK(RequireDigest(*evidence_.custom_claims, report_data, "sgx.binding.custom_claims"));
    if (evidence_.runtime_data) VIDIMUS_CHECK_OK(RequireDigest(*evidence_.runtime_data, report_data, "sgx.binding.runtime_data"));
    if (!evidence_.init_time_data) return {};
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnsupported, "sgx.binding.kss", (SgxFlags(report) & kSgxFlagKss) != 0,
                                     {"an enclave without KSS"}, {"KSS, whose CONFIGID binds init-time data"}));
    return RequireDigest(*evidence_.init_time_data, Bytes(report.config_id).first(32), "sgx.binding.init_time_data");
  }

  Status VerifyTcb() {
    const TcbInfo& info = held_.tcb_info->document;
    const QeIdentity& identity = held_.qe_identity->document;
    const uint16_t qe_svn = result_.quote_.qe_report.isv_svn;
    const PckExtension& platform = result_.platform();
    const SgxTcbLevel* level = FindPlatformLevel(info, platform);
    const QeTcbLevel* qe_level = FindQeLevel(identity, qe_svn);
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, "sgx.tcb.platform_level", level != nullptr,
                                     {ShowHex(platform.components), " PCESVN ", ShowNumber(platform.pce_svn)},
                                     {"a level at or below it in the TCB info"}));
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kUnacceptable, "sgx.tcb.qe_level", qe_level != nullptr, {"ISVSVN ", ShowNumber(qe_svn)},
                                     {"a level at or below it in the QE identity"}));
    result_.tcb_ = Converge(info, *level, identity, *qe_level);
    tcb_reached_ = true;
    const TcbStatus status = result_.tcb_.status;
    const std::string_view name = TcbStatusName(status);
    VIDIMUS_CHECK_OK(checks_.Require(ErrorCode::kRevoked, "sgx.tcb.revoked", status != TcbStatus::kRevoked, {name}, {"not Revoked"}));
    std::string accepted;
    for (const TcbStatus one : settings_.accepted_tcb) accepted.append(accepted.empty() ? "" : ", ").append(TcbStatusName(one));
    return checks_.Require(ErrorCode::kUnacceptable, "sgx.tcb.status", settings_.accepted_tcb.contains(status), {name},
                           {"one of ", accepted});
  }

  const PckChain& chain() const { return result_.platform_->chain; }

  const SgxEvidence& evidence_;
  const IntelEndorsements& endorsements_;
  const SgxSettings& settings_;
  const UnixTime now_;
  SgxVerificationCache::Part* const cache_;  // null: go without
  Checks checks_;
  VerifiedSgx result_;
  const TrustAnchor* anchor_ = nullptr;          // of the chain
  std::optional<Sha256Digest> quoting_enclave_;  // its key in the cache
  std::optional<P256PublicKey> attestation_key_;
  SelectedIntelEndorsements held_{};
  bool gathered_ = false;
  bool tcb_reached_ = false;
};

std::string_view SgxAttributeName(SgxAttribute attribute) { return kAttributeRules[static_cast<size_t>(attribute)].name; }

SgxVerification VerifySgx(const SgxEvidence& evidence, const IntelEndorsements& endorsements, std::optional<int64_t> evaluation_data_number,
                          const SgxSettings& settings, UnixTime now, SgxVerificationCache* cache) {
  const SgxVerificationCache::Lease lease(cache);
  return SgxVerifier(evidence, endorsements, settings, now, lease.part()).Run(evaluation_data_number);
}

}  // namespace vidimus
