#include "endorsement/intel_endorsements.h"

#include <algorithm>
#include <tuple>

#include "base/hex.h"
#include "base/limits.h"
#include "codec/pem.h"
#include "crypto/crl.h"

namespace vidimus {
namespace {

struct Recognised {
  std::vector<Certificate> certificates;
  std::vector<Crl> crls;
  std::optional<SignedJson> json;
};

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

Status RecogniseDer(Bytes der, Recognised& out) {
  if (auto crl = ParseCrl(der)) {
    out.crls.push_back(*std::move(crl));
    return {};
  } else if (auto certificate = ParseCertificate(der)) {
    out.certificates.push_back(*std::move(certificate));
    return {};
  } else {
    return tl::unexpected(crl.error());
  }
}

Status RecognisePem(std::string_view text, Recognised& out) {
  VIDIMUS_TRY(const auto blocks, ParsePem(text, limits::kPemCertificates));
  for (const PemBlock& block : blocks) {
    if (block.label == "CERTIFICATE") {
      VIDIMUS_TRY(Certificate certificate, ParseCertificate(block.der));
      out.certificates.push_back(std::move(certificate));
    } else if (block.label == "X509 CRL") {
      VIDIMUS_TRY(Crl crl, ParseCrl(block.der));
      out.crls.push_back(std::move(crl));
    } else {
      return Fail(ErrorCode::kUnsupported, "endorsement.pem_label", "found \"" + block.label + "\", expected CERTIFICATE or X509 CRL");
    }
  }
  return {};
}

Result<Recognised> Recognise(const ByteVector& content) {
  Recognised out;
  const std::string_view text = Trimmed(AsText(content));
  if (text.starts_with('{')) {
    VIDIMUS_TRY(out.json, ParseSignedJson(text));
  } else if (text.starts_with("-----BEGIN ")) {
    VIDIMUS_CHECK_OK(RecognisePem(text, out));
  } else if (const auto der = HexDecode(text); der && !der->empty()) {
    VIDIMUS_CHECK_OK(RecogniseDer(*der, out));
  } else if (!content.empty() && content[0] == 0x30) {
    VIDIMUS_CHECK_OK(RecogniseDer(content, out));
  } else {
    return Fail(ErrorCode::kUnsupported, "endorsement.unrecognised", "neither JSON, PEM, DER nor hexadecimal text of DER");
  }
  return out;
}

tl::unexpected<Error> Named(const std::string& name, Error error) {
  error.detail = name + ": " + error.detail;
  return tl::unexpected(std::move(error));
}

// Of its quoting enclave, as its identity document names it.
std::string_view IdentityOf(IntelTee tee) { return tee == IntelTee::kSgx ? "QE" : "TD_QE"; }

bool InForce(UnixTime issued, UnixTime next_update, const IntelSelection& selection) {
  return issued <= selection.now && (selection.ignore_next_update || selection.now <= next_update);
}

}  // namespace

Result<IntelEndorsements> IntelEndorsements::Load(const std::vector<NamedDocument>& documents, std::vector<TrustAnchor> anchors) {
  IntelEndorsements out;
  out.anchors_ = std::move(anchors);
  std::vector<std::pair<std::string, Recognised>> recognised;
  for (const NamedDocument& document : documents) {
    auto one = Recognise(document.content);
    if (!one) return Named(document.name, one.error());
    recognised.emplace_back(document.name, *std::move(one));
  }
  // Certificates first: the other documents are checked with them.
  for (const auto& [name, one] : recognised)
    if (auto status = out.AddCertificates(one.certificates); !status) return Named(name, status.error());
  for (auto& [name, one] : recognised) {
    for (Crl& crl : one.crls)
      if (auto status = out.AddCrl(std::move(crl)); !status) return Named(name, status.error());
    if (one.json)
      if (auto status = out.AddSignedJson(*std::move(one.json)); !status) return Named(name, status.error());
  }
  return out;
}

Status IntelEndorsements::AddCertificates(const std::vector<Certificate>& certificates) {
  for (const Certificate& certificate : certificates) {
    const std::string& name = certificate.subject_common_name;
    if (name == kIntelRootName) {
      VIDIMUS_CHECK_OK(VerifyRoot(certificate, anchors_).map([](const TrustAnchor&) {}));
    } else if (name == kIntelPckName) {
      continue;  // the quote carries its own; one given here decides nothing
    } else {
      VIDIMUS_TRY(TrustAnchor anchor, VerifySignedByRoot(certificate, anchors_));
      const auto same = [&](const auto& held) { return held.document.der == certificate.der; };
      const bool held = std::any_of(tcb_signers_.begin(), tcb_signers_.end(), same);
      if (name == kIntelTcbSigningName && !held)
        tcb_signers_.push_back({certificate, std::move(anchor), {certificate}, WritePem("CERTIFICATE", certificate.der)});
    }
  }
  return {};
}

Status IntelEndorsements::AddCrl(Crl crl) {
  if (!crl.has_number || !crl.has_authority_key_id || crl.unknown_critical_extension)
    return Fail(ErrorCode::kUntrusted, "intel.crl.extensions",
                "a CRL needs its number and authority key id, and no unknown critical extension");
  static constexpr uint8_t kNul[1] = {0};
  const Sha256Digest hash = Sha256(crl.der, kNul);
  if (crl.issuer_common_name != kIntelRootName) {
    crls_.push_back({std::move(crl), hash, std::nullopt});
    return {};
  }
  for (const TrustAnchor& anchor : anchors_)
    if (IsSignedBy(crl, anchor.key)) {
      crls_.push_back({std::move(crl), hash, anchor});
      return {};
    }
  return Fail(ErrorCode::kUntrusted, "intel.crl.signature", "the root CRL is not signed by a trusted vendor root");
}

Result<Endorsed<SignedJson>> IntelEndorsements::FindSigners(SignedJson document, std::string_view where) const {
  std::optional<TrustAnchor> anchor;
  std::vector<Certificate> signers;
  for (const auto& signer : tcb_signers_) {
    VIDIMUS_TRY(const P256PublicKey key, P256PublicKey::FromRaw(signer.document.public_key));
    if (!key.Verify(AsBytes(document.body), document.signature)) continue;
    anchor = signer.anchor;
    signers.push_back(signer.document);
  }
  if (!anchor)
    return Fail(ErrorCode::kUntrusted, where,
                "signed by none of the " + std::to_string(tcb_signers_.size()) + " TCB signing certificates held");
  std::string pem = WritePem("CERTIFICATE", signers.front().der);
  return Endorsed<SignedJson>{std::move(document), *std::move(anchor), std::move(signers), std::move(pem)};
}

Status IntelEndorsements::AddSignedJson(SignedJson document) {
  if (document.name == "tcbInfo") {
    VIDIMUS_TRY(auto checked, FindSigners(std::move(document), "intel.tcb_info.signature"));
    VIDIMUS_TRY(TcbInfo info, ParseTcbInfo(std::move(checked.document)));
    tcb_infos_.push_back({std::move(info), std::move(checked.anchor), std::move(checked.signers), std::move(checked.signer_pem)});
    return {};
  }
  if (document.name == "enclaveIdentity") {
    VIDIMUS_TRY(auto checked, FindSigners(std::move(document), "intel.qe_identity.signature"));
    VIDIMUS_TRY(QeIdentity identity, ParseQeIdentity(std::move(checked.document)));
    qe_identities_.push_back({std::move(identity), std::move(checked.anchor), std::move(checked.signers), std::move(checked.signer_pem)});
    return {};
  }
  if (document.name == "tcbEvaluationDataNumbers")
    return FindSigners(std::move(document), "intel.evaluation_numbers.signature").map([](const auto&) {});
  return Fail(ErrorCode::kUnsupported, "endorsement.unrecognised", "a signed document named \"" + document.name + "\"");
}

Status IntelEndorsements::RequireSome() const {
  const auto of_root = [](const EndorsedCrl& held) { return held.anchor.has_value(); };
  const auto roots = std::count_if(crls_.begin(), crls_.end(), of_root);
  std::string missing;
  const auto need = [&](bool held, std::string_view name) {
    if (!held) missing += (missing.empty() ? "no " : ", no ") + std::string(name);
  };
  // TCB info and the identity of a quoting enclave serve together, of one TEE.
  const auto serves = [&](const Endorsed<TcbInfo>& info) {
    const std::string_view id = IdentityOf(info.document.tee);
    return std::any_of(qe_identities_.begin(), qe_identities_.end(), [&](const auto& qe) { return qe.document.id == id; });
  };
  need(!tcb_infos_.empty(), "TCB info");
  need(std::any_of(tcb_infos_.begin(), tcb_infos_.end(), serves), "QE identity of the same TEE");
  need(roots != 0, "CRL of the root");
  need(static_cast<size_t>(roots) != crls_.size(), "CRL of a PCK CA");
  if (missing.empty()) return {};
  return Fail(ErrorCode::kMissing, "intel.held", "found " + missing + " among the endorsements, expected one at least of each");
}

Result<SelectedIntelEndorsements> IntelEndorsements::Select(const IntelSelection& selection) const {
  const auto& wanted = selection.evaluation_data_number;
  const Endorsed<TcbInfo>* tcb = nullptr;
  const auto tcb_rank = [&](const Endorsed<TcbInfo>& e) {
    const TcbInfo& d = e.document;
    return std::tuple(InForce(d.issue_date, d.next_update, selection), d.evaluation_data_number, d.issue_date, d.version);
  };
  for (const auto& held : tcb_infos_) {
    if (held.document.tee != selection.tee || held.document.fmspc != selection.fmspc || held.anchor.key != selection.anchor.key) continue;
    if (wanted && held.document.evaluation_data_number != *wanted) continue;
    if (tcb == nullptr || tcb_rank(held) > tcb_rank(*tcb)) tcb = &held;
  }
  if (tcb == nullptr)
    return Fail(ErrorCode::kMissing, "intel.select.tcb_info",
                "no " + std::string(IntelTeeName(selection.tee)) + " TCB info held for FMSPC " + HexEncode(selection.fmspc) +
                    (wanted ? " and evaluation number " + std::to_string(*wanted) : ""));
  const Endorsed<QeIdentity>* qe = nullptr;
  const auto qe_rank = [&](const Endorsed<QeIdentity>& e) {
    const QeIdentity& d = e.document;
    return std::tuple(InForce(d.issue_date, d.next_update, selection), d.evaluation_data_number == tcb->document.evaluation_data_number,
                      d.evaluation_data_number, d.issue_date);
  };
  const std::string_view id = IdentityOf(selection.tee);
  for (const auto& held : qe_identities_)
    if (held.document.id == id && held.anchor.key == selection.anchor.key && (qe == nullptr || qe_rank(held) > qe_rank(*qe))) qe = &held;
  if (qe == nullptr)
    return Fail(ErrorCode::kMissing, "intel.select.qe_identity",
                "no identity of the " + std::string(IntelTeeName(selection.tee)) + " quoting enclave held");
  const EndorsedCrl* root_crl = nullptr;
  const EndorsedCrl* pck_crl = nullptr;
  const auto crl_rank = [&](const Crl& c) {
    return std::tuple(Equal(c.issuer, selection.pck_ca_subject), c.this_update <= selection.now && selection.now <= c.next_update,
                      c.this_update);
  };
  for (const EndorsedCrl& held : crls_) {
    const bool of_root = held.anchor && held.anchor->key == selection.anchor.key;
    if (of_root && (root_crl == nullptr || crl_rank(held.crl) > crl_rank(root_crl->crl))) root_crl = &held;
    const bool of_ca = held.crl.issuer_common_name == selection.pck_ca;
    if (of_ca && (pck_crl == nullptr || crl_rank(held.crl) > crl_rank(pck_crl->crl))) pck_crl = &held;
  }
  if (root_crl == nullptr) return Fail(ErrorCode::kMissing, "intel.select.root_crl", "no CRL of the root held");
  if (pck_crl == nullptr) return Fail(ErrorCode::kMissing, "intel.select.pck_crl", "no CRL of \"" + selection.pck_ca + "\" held");
  return SelectedIntelEndorsements{tcb, qe, root_crl, pck_crl};
}

}  // namespace vidimus
