// IntelEndorsements: what Intel publishes, as held: recognised by content, checked against the trusted roots on load, and
// which document holds for a platform at an instant. Pure: files and networks are gather/'s.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/crl.h"
#include "endorsement/intel_chain.h"
#include "endorsement/tcb_info.h"

namespace vidimus {

struct NamedDocument {
  std::string name;  // for messages: a file's path
  ByteVector content;
};

// A document with every certificate held that signed it (TCB signing certificates are reissued with the same key).
template <typename T>
struct Endorsed {
  T document;
  TrustAnchor anchor;
  std::vector<Certificate> signers;  // never empty
  std::string signer_pem;            // of the first
};

struct EndorsedCrl {
  Crl crl;
  Sha256Digest hash;                  // of its DER and one NUL, as tokens name it (maa-rest-api section 2.5)
  std::optional<TrustAnchor> anchor;  // of a root CRL; a PCK CRL is checked with the PCK CA that a quote carries
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
  bool ignore_next_update;
  Bytes pck_ca_subject = {};  // its DER Name: of CRLs by its common name, those of this very name come first
};

class IntelEndorsements {
 public:
  // Takes PCS-shaped JSON, CRLs in DER, PEM or hex, certificates in PEM or DER, in any order. Anything unrecognised or wrongly signed fails
  // the load and is named. Errors: intel.*, x509.*, endorsement.*
  static Result<IntelEndorsements> Load(const std::vector<NamedDocument>& documents, std::vector<TrustAnchor> anchors);

  // The rule of selection: the evaluation number asked for, else the highest valid at `now`; then the latest issue date; then
  // version 3 before 2. The identity of the TEE's quoting enclave is, among those valid at `now`, the one of the TCB info's number, else of
  // the highest. When nothing valid is held the same rule picks among the rest, so that verification can say that it has expired. Errors:
  // intel.select.*
  Result<SelectedIntelEndorsements> Select(const IntelSelection& selection) const;

  // Fails when there is no TCB info with a QE identity of its TEE, no root CRL or no PCK CRL, so that no evidence can be judged. Error:
  // intel.held
  Status RequireSome() const;

  const std::vector<TrustAnchor>& anchors() const { return anchors_; }

 private:
  Status AddCertificates(const std::vector<Certificate>& certificates);
  Status AddCrl(Crl crl);
  Status AddSignedJson(SignedJson document);
  Result<Endorsed<SignedJson>> FindSigners(SignedJson document, std::string_view where) const;

  std::vector<TrustAnchor> anchors_;
  std::vector<Endorsed<Certificate>> tcb_signers_;
  std::vector<Endorsed<TcbInfo>> tcb_infos_;
  std::vector<Endorsed<QeIdentity>> qe_identities_;
  std::vector<EndorsedCrl> crls_;
};

}  // namespace vidimus
