#include "endorsement/intel_endorsements.h"

#include <algorithm>
#include <tuple>

#include "base/hex.h"
#include "codec/pem.h"
#include "endorsement/intel_recognition.h"

namespace vidimus {
namespace {

tl::unexpected<Error> Named(const std::string& name, Error error) {
  error.detail = name + ": " + error.detail;
  return tl::unexpected(std::move(error));
}

// Of certificates of one key the one that is good for longest: whoever is given the document must still be able to use its chain.
const Certificate& LatestOf(const std::vector<Certificate>& signers) {
  return *std::max_element(signers.begin(), signers.end(), [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
}

using Certificates = std::vector<std::shared_ptr<const HeldCertificate>>;

const HeldCertificate* Find(const Certificates& shelf, const Certificate& certificate) {
  const auto found = std::find_if(shelf.begin(), shelf.end(), [&](const auto& held) { return held->certificate.der == certificate.der; });
  return found == shelf.end() ? nullptr : found->get();
}

const HeldCertificate& Keep(Certificates& shelf, const Certificate& certificate, TrustAnchor anchor, P256PublicKey key) {
  shelf.push_back(std::make_shared<const HeldCertificate>(
      HeldCertificate{certificate, std::move(anchor), std::move(key), WritePem("CERTIFICATE", certificate.der)}));
  return *shelf.back();
}

// The CA of the list's name whose key `signed_with` says it is.
template <typename SignedWith>
const HeldCertificate* FindIssuer(const Certificates& cas, const Crl& crl, const SignedWith& signed_with) {
  const auto found =
      std::find_if(cas.begin(), cas.end(), [&](const auto& ca) { return ca->certificate.subject == crl.issuer && signed_with(ca->key); });
  return found == cas.end() ? nullptr : found->get();
}

}  // namespace

Result<IntelEndorsements> IntelEndorsements::Load(const std::vector<NamedDocument>& documents, std::vector<TrustAnchor> anchors) {
  return IntelEndorsements(std::move(anchors)).With(documents);
}

Result<IntelEndorsements> IntelEndorsements::With(const std::vector<NamedDocument>& documents) const {
  IntelEndorsements out = *this;
  std::vector<std::pair<std::string, RecognisedDocument>> recognised;
  for (const NamedDocument& document : documents) {
    auto one = RecogniseIntelDocument(document.content);
    if (!one) return Named(document.name, one.error());
    recognised.emplace_back(document.name, *std::move(one));
  }
  // Certificates first: the other documents are checked with them.
  for (const auto& [name, one] : recognised)
    for (const Certificate& certificate : one.certificates)
      if (auto status = out.AddCertificate(certificate); !status) return Named(name, status.error());
  for (auto& [name, one] : recognised) {
    for (Crl& crl : one.crls)
      if (auto status = out.AddCrl(std::move(crl)); !status) return Named(name, status.error());
    if (one.json)
      if (auto status = out.AddSignedJson(*std::move(one.json)); !status) return Named(name, status.error());
  }
  out.Sort();
  return out;
}

Status IntelEndorsements::AddCertificate(const Certificate& certificate) {
  const std::string& name = certificate.subject_common_name;
  if (name == kIntelPckName) return {};  // the quote carries its own; one given here decides nothing
  Shelf<HeldCertificate>& shelf = name == kIntelRootName ? roots_ : name == kIntelTcbSigningName ? tcb_signers_ : pck_cas_;
  if (Find(shelf, certificate) != nullptr) return {};
  VIDIMUS_TRY(TrustAnchor anchor, name == kIntelRootName ? VerifyRoot(certificate, anchors_) : VerifySignedByRoot(certificate, anchors_));
  VIDIMUS_TRY(P256PublicKey key, name == kIntelRootName ? anchor.key : P256PublicKey::FromRaw(certificate.public_key));
  const HeldCertificate& held = Keep(shelf, certificate, std::move(anchor), std::move(key));
  if (&shelf == &tcb_signers_) AddSigner(held);
  if (&shelf == &pck_cas_) AnswerForCrls(held);
  return {};
}

// A certificate that comes after documents of its key signed them too.
void IntelEndorsements::AddSigner(const HeldCertificate& signer) {
  const auto add = [&](auto& shelf) {
    for (auto& held : shelf) {
      if (held->signers.front().public_key != signer.certificate.public_key) continue;
      auto more = *held;
      more.signers.push_back(signer.certificate);
      held = std::make_shared<const decltype(more)>(std::move(more));
    }
  };
  add(tcb_infos_);
  add(qe_identities_);
  add(number_lists_);
}

void IntelEndorsements::AnswerForCrls(const HeldCertificate& ca) {
  for (auto& held : crls_)
    if (!held->anchor && held->crl.issuer == ca.certificate.subject && IsSignedBy(held->crl, ca.key))
      held = std::make_shared<const EndorsedCrl>(EndorsedCrl{held->crl, held->hash, ca.anchor, ca.key});
}

Status IntelEndorsements::AddCrl(Crl crl) {
  if (!crl.has_number || !crl.has_authority_key_id || crl.unknown_critical_extension)
    return Fail(ErrorCode::kUntrusted, "intel.crl.extensions",
                "a CRL needs its number and authority key id, and no unknown critical extension");
  static constexpr uint8_t kNul[1] = {0};
  const Sha256Digest hash = Sha256(crl.der, kNul);
  if (std::any_of(crls_.begin(), crls_.end(), [&](const auto& held) { return held->hash == hash; })) return {};
  std::optional<TrustAnchor> anchor;
  std::optional<P256PublicKey> signer;
  if (crl.issuer_common_name == kIntelRootName) {
    const auto signs = [&](const TrustAnchor& one) { return IsSignedBy(crl, one.key); };
    const auto found = std::find_if(anchors_.begin(), anchors_.end(), signs);
    if (found == anchors_.end())
      return Fail(ErrorCode::kUntrusted, "intel.crl.signature", "the root CRL is not signed by a trusted vendor root");
    anchor = *found;
    signer = found->key;
  } else if (const auto* ca = FindIssuer(pck_cas_, crl, [&](const P256PublicKey& key) { return IsSignedBy(crl, key); }); ca != nullptr) {
    anchor = ca->anchor;
    signer = ca->key;
  } else {
    const auto known = [&](const TrustAnchor& root) {
      return std::any_of(pck_cas_.begin(), pck_cas_.end(), [&](const auto& one) {
        return one->certificate.subject_common_name == crl.issuer_common_name && one->anchor.key == root.key;
      });
    };
    if (std::all_of(anchors_.begin(), anchors_.end(), known))
      return Fail(ErrorCode::kUntrusted, "intel.crl.signature",
                  "the CRL of \"" + crl.issuer_common_name + "\" is signed by none of the CAs of that name that are held");
  }
  crls_.push_back(std::make_shared<const EndorsedCrl>(EndorsedCrl{std::move(crl), hash, std::move(anchor), std::move(signer)}));
  return {};
}

const HeldCertificate* IntelEndorsements::FindSigner(const SignedJson& document) const {
  const auto signs = [&](const auto& signer) { return signer->key.Verify(AsBytes(document.body), document.signature); };
  const auto found = std::find_if(tcb_signers_.begin(), tcb_signers_.end(), signs);
  return found == tcb_signers_.end() ? nullptr : found->get();
}

template <typename T>
Status IntelEndorsements::Put(Shelf<Endorsed<T>>& shelf, SignedJson document, std::string_view where,
                              Result<T> (*parse)(SignedJson)) const {
  const auto same = [&](const auto& held) { return held->document.document.hash == document.hash; };
  if (std::any_of(shelf.begin(), shelf.end(), same)) return {};
  const HeldCertificate* const first = FindSigner(document);
  if (first == nullptr)
    return Fail(ErrorCode::kUntrusted, where,
                "signed by none of the " + std::to_string(tcb_signers_.size()) + " TCB signing certificates held");
  VIDIMUS_TRY(T parsed, parse(std::move(document)));
  std::vector<Certificate> signers;
  for (const auto& signer : tcb_signers_)
    if (signer->key == first->key) signers.push_back(signer->certificate);
  shelf.push_back(std::make_shared<const Endorsed<T>>(Endorsed<T>{std::move(parsed), first->anchor, std::move(signers), first->pem}));
  return {};
}

Status IntelEndorsements::AddSignedJson(SignedJson document) {
  if (document.name == "tcbInfo") return Put(tcb_infos_, std::move(document), "intel.tcb_info.signature", ParseTcbInfo);
  if (document.name == "enclaveIdentity") return Put(qe_identities_, std::move(document), "intel.qe_identity.signature", ParseQeIdentity);
  if (document.name == "tcbEvaluationDataNumbers")
    return Put(number_lists_, std::move(document), "intel.evaluation_numbers.signature", ParseEvaluationNumbers);
  return Fail(ErrorCode::kUnsupported, "endorsement.unrecognised", "a signed document named \"" + document.name + "\"");
}

Result<PckChain> IntelEndorsements::VerifiedPckChain(std::vector<Certificate> certificates) const {
  return VerifyPckChain(std::move(certificates), anchors_, [this](const Certificate& certificate, const TrustAnchor& anchor) {
    const Shelf<HeldCertificate>& shelf = certificate.subject_common_name == kIntelRootName ? roots_ : pck_cas_;
    const HeldCertificate* const held = Find(shelf, certificate);
    return held != nullptr && held->anchor.key == anchor.key ? &held->key : nullptr;
  });
}

void IntelEndorsements::Sort() {
  std::stable_sort(tcb_infos_.begin(), tcb_infos_.end(), [](const auto& left, const auto& right) {
    const TcbInfo& a = left->document;
    const TcbInfo& b = right->document;
    return std::tie(a.tee, a.fmspc, b.evaluation_data_number, b.issue_date, b.version) <
           std::tie(b.tee, b.fmspc, a.evaluation_data_number, a.issue_date, a.version);
  });
  std::stable_sort(qe_identities_.begin(), qe_identities_.end(), [](const auto& left, const auto& right) {
    const QeIdentity& a = left->document;
    const QeIdentity& b = right->document;
    return std::tie(a.id, b.evaluation_data_number, b.issue_date) < std::tie(b.id, a.evaluation_data_number, a.issue_date);
  });
  std::stable_sort(number_lists_.begin(), number_lists_.end(),
                   [](const auto& a, const auto& b) { return a->document.issue_date > b->document.issue_date; });
  // Intel numbers every CRL 1: of one number the later counts.
  std::stable_sort(crls_.begin(), crls_.end(), [](const auto& a, const auto& b) {
    if (IsSmallerCrlNumber(b->crl.number, a->crl.number)) return true;
    return !IsSmallerCrlNumber(a->crl.number, b->crl.number) && a->crl.this_update > b->crl.this_update;
  });
}

std::string IntelEndorsements::ChainPem(const std::string& signer_pem, const TrustAnchor& anchor) const {
  const auto root = std::find_if(roots_.begin(), roots_.end(), [&](const auto& one) { return one->anchor.key == anchor.key; });
  return signer_pem + (root == roots_.end() ? "" : (*root)->pem);
}

IntelEndorsements IntelEndorsements::IssuersOnly() const {
  IntelEndorsements out(anchors_);
  out.roots_ = roots_;
  out.pck_cas_ = pck_cas_;
  out.tcb_signers_ = tcb_signers_;
  return out;
}

std::vector<HeldIntelDocument> IntelEndorsements::Held() const {
  std::vector<HeldIntelDocument> out;
  const auto add = [&](IntelDocumentKey key, const auto& held) {
    out.push_back({std::move(key),
                   held.document.issue_date,
                   held.document.next_update,
                   {},
                   AsBytes(held.document.document.text),
                   ChainPem(WritePem("CERTIFICATE", LatestOf(held.signers).der), held.anchor),
                   held.document.document.hash,
                   held.anchor});
  };
  for (const auto& info : tcb_infos_)
    add({IntelDocumentKind::kTcbInfo, info->document.tee, HexEncode(info->document.fmspc), info->document.evaluation_data_number}, *info);
  for (const auto& qe : qe_identities_)
    if (qe->document.id != "QVE")
      add({IntelDocumentKind::kQeIdentity, qe->document.id == "QE" ? IntelTee::kSgx : IntelTee::kTdx, "",
           qe->document.evaluation_data_number},
          *qe);
  for (const auto& list : number_lists_) add({IntelDocumentKind::kEvaluationNumbers, list->document.tee, "", std::nullopt}, *list);
  for (const auto& held : crls_) {
    const bool of_root = held->crl.issuer_common_name == kIntelRootName;
    const std::string ca = PckCaId(held->crl.issuer_common_name);
    if (!of_root && ca.empty()) continue;
    const HeldCertificate* const issuer =
        of_root || !held->signer ? nullptr
                                 : FindIssuer(pck_cas_, held->crl, [&](const P256PublicKey& key) { return key == *held->signer; });
    out.push_back({{of_root ? IntelDocumentKind::kRootCrl : IntelDocumentKind::kPckCrl, IntelTee::kSgx, ca, std::nullopt},
                   held->crl.this_update,
                   held->crl.next_update,
                   held->crl.number,
                   held->crl.der,
                   held->anchor ? ChainPem(issuer == nullptr ? "" : issuer->pem, *held->anchor) : "",
                   held->hash,
                   held->anchor});
  }
  return out;
}

}  // namespace vidimus
