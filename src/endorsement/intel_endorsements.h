// IntelEndorsements: what Intel publishes, as held: recognised by content, checked against the trusted roots when added, and
// which document holds for a platform at an instant. Pure: files and networks are gather/'s.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/crl.h"
#include "endorsement/evaluation_numbers.h"
#include "endorsement/expiry.h"
#include "endorsement/intel_chain.h"
#include "endorsement/intel_document.h"
#include "endorsement/tcb_info.h"

namespace vidimus {

struct NamedDocument {
  std::string name;  // for messages: a file's path, a source's name
  ByteVector content;
};

// A document with every certificate held that signed it (TCB signing certificates are reissued with the same key).
template <typename T>
struct Endorsed {
  T document;
  TrustAnchor anchor;
  std::vector<Certificate> signers;  // never empty, all of one key
  std::string signer_pem;            // of the first
};

struct EndorsedCrl {
  Crl crl;
  Sha256Digest hash;  // of its DER and one NUL, as tokens name it (maa-rest-api section 2.5)
  // Neither of a PCK CRL whose CA is not held: it is checked with the PCK CA that a quote carries.
  std::optional<TrustAnchor> anchor;
  std::optional<P256PublicKey> signer;  // the key that its signature was checked with
};

// A root, or a certificate that one signed.
struct HeldCertificate {
  Certificate certificate;
  TrustAnchor anchor;
  P256PublicKey key;  // its own
  std::string pem;
};

struct SelectedIntelEndorsements {
  const Endorsed<TcbInfo>* tcb_info;
  const Endorsed<QeIdentity>* qe_identity;
  const EndorsedCrl* root_crl;
  const EndorsedCrl* pck_crl;
};

struct IntelSelection {
  IntelTee tee;
  std::array<uint8_t, 6> fmspc;
  std::string pck_ca;  // common name of the PCK certificate's issuer
  TrustAnchor anchor;  // that the PCK chain ends in: endorsements of another root are not for this platform
  std::optional<int64_t> evaluation_data_number;
  UnixTime now;
  Expiry expiry = {};
  Bytes pck_ca_subject = {};  // its DER Name: of CRLs by its common name, those of this very name come first
};

// Cheap to copy: the documents are shared.
class IntelEndorsements {
 public:
  explicit IntelEndorsements(std::vector<TrustAnchor> anchors) : anchors_(std::move(anchors)) {}

  // With() of none.
  static Result<IntelEndorsements> Load(const std::vector<NamedDocument>& documents, std::vector<TrustAnchor> anchors);

  // These and `documents`. Takes PCS-shaped JSON, CRLs in DER, PEM or hex, certificates in PEM or DER, in any order; what is held already
  // is nothing new. Anything unrecognised or wrongly signed fails the whole and is named. A PCK CRL is checked with the CA of its name; it
  // is held unchecked while that of some root is not known. Errors: intel.*, x509.*, endorsement.*
  Result<IntelEndorsements> With(const std::vector<NamedDocument>& documents) const;

  // The rule of selection: the evaluation number asked for, else the highest in force at `now`; of one number the latest issue at or before
  // `now` is the only candidate, then version 3 before 2. The identity of the TEE's quoting enclave is, among those in force, the one of
  // the TCB info's number, else of the highest. When nothing in force is held the same rule picks among the rest, so that verification can
  // say that it has expired. Of CRLs the one of the greatest number issued at or before `now`, of one number the latest; never one that
  // another root answers for. Errors: intel.select.*
  Result<SelectedIntelEndorsements> Select(const IntelSelection& selection) const;

  // The list of the latest issue at or before `now`, whatever its nextUpdate; null without one. `root` is an anchor's key.
  const EvaluationNumbers* NumbersAt(IntelTee tee, const P256PublicKey& root, UnixTime now) const;

  // The highest number that is standard by any list issued at or before `now`, so that it never falls; none unless that of the latest issue
  // is in force, give or take the grace.
  std::optional<int64_t> StandardNumber(IntelTee tee, const P256PublicKey& root, UnixTime now, const Expiry& expiry = {}) const;

  // Fails when there is no TCB info with a QE identity of its TEE, no root CRL or no PCK CRL, so that no evidence can be judged. Error:
  // intel.held
  Status RequireSome() const;

  // Every document held but certificates, in no order that means anything. Their contents live as long as any copy of these endorsements.
  std::vector<HeldIntelDocument> Held() const;

  // The certificates held and no document.
  IntelEndorsements IssuersOnly() const;

  const std::vector<TrustAnchor>& anchors() const { return anchors_; }

  // VerifyPckChain by these anchors; signatures on certificates that are held need no second look.
  Result<PckChain> VerifiedPckChain(std::vector<Certificate> certificates) const;

 private:
  template <typename T>
  using Shelf = std::vector<std::shared_ptr<const T>>;

  Status AddCertificate(const Certificate& certificate);
  Status AddCrl(Crl crl);
  Status AddSignedJson(SignedJson document);
  void AddSigner(const HeldCertificate& signer);
  void AnswerForCrls(const HeldCertificate& ca);
  void Sort();
  template <typename T>
  Status Put(Shelf<Endorsed<T>>& shelf, SignedJson document, std::string_view where, Result<T> (*parse)(SignedJson)) const;
  const HeldCertificate* FindSigner(const SignedJson& document) const;
  std::string ChainPem(const std::string& signer_pem, const TrustAnchor& anchor) const;

  std::vector<TrustAnchor> anchors_;
  Shelf<HeldCertificate> roots_, pck_cas_, tcb_signers_;
  Shelf<Endorsed<TcbInfo>> tcb_infos_;               // by TEE and FMSPC, then as the rule of selection prefers them
  Shelf<Endorsed<QeIdentity>> qe_identities_;        // by id, then the same
  Shelf<Endorsed<EvaluationNumbers>> number_lists_;  // the latest issue first
  Shelf<EndorsedCrl> crls_;                          // the greatest number first
};

}  // namespace vidimus
