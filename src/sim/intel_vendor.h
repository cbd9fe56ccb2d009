// SimulatedIntel: an Intel-like vendor made on the spot, whose platform quotes software enclaves and TDX machines.
//
// Everything it makes has the form of Intel's, except that its certificates name another organisation and end in a root of their
// own, so nothing trusts it unless that root is named. Every field of the specification can be spoiled and all of it signed again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/private_key.h"
#include "endorsement/intel_endorsements.h"
#include "endorsement/pck_certificate.h"
#include "sim/sgx_enclave.h"
#include "sim/td_machine.h"

namespace vidimus {

inline constexpr std::string_view kSimulatedOrganisation = "Vidimus simulated vendor";

struct SimulatedCertificate {
  std::string common_name;
  ByteVector serial;
  UnixTime not_before = 1526860800;  // 2018-05-21T00:00:00Z, as Intel's root
  UnixTime not_after = 2524607999;   // 2049-12-31T23:59:59Z
};

// When a document was issued and is to be replaced, in seconds relative to the instant it is asked for.
struct SimulatedPeriod {
  int64_t issued = -3600;  // so that a clock slightly behind accepts it
  int64_t next_update = 30 * 86400;
};

// What the vendor says a genuine quoting enclave is (intel-dcap section 4.4).
struct SimulatedQeIdentity {
  std::string id = "QE";
  std::array<uint8_t, 4> misc_select, misc_select_mask;
  std::array<uint8_t, 16> attributes, attributes_mask;
  std::array<uint8_t, 32> mr_signer;
  uint16_t isv_prod_id;
  std::vector<SvnTcbLevel> levels;
};

struct SimulatedIntelSpec {
  SimulatedIntelSpec();  // a platform that is up to date, and endorsements that fit it

  SimulatedCertificate root, pck_ca, pck, tcb_signer;
  PckExtension platform;
  std::vector<TcbLevel> tcb_levels;  // of both TEEs
  SimulatedQeIdentity qe_identity, td_qe_identity;
  TdxModule module;  // of modules without a major version
  std::vector<TdxModuleIdentity> module_identities;
  std::vector<int64_t> evaluation_data_numbers = {19, 20};  // one TCB info and one QE identity of each TEE for each
  SimulatedPeriod tcb_info_period, qe_identity_period, evaluation_numbers_period, root_crl_period, pck_crl_period;
  std::vector<ByteVector> root_revoked, pck_revoked;  // serials

  SgxReportFields qe, td_qe;                              // the quoting enclaves; their report data binds the attestation key
  std::optional<std::array<uint8_t, 64>> qe_report_data;  // instead of the binding
  ByteVector qe_auth_data;
};

class SimulatedIntel {
 public:
  // New keys. Errors: crypto.*
  static Result<SimulatedIntel> Create(SimulatedIntelSpec spec = {});
  // The same keys under another specification, everything signed again.
  Result<SimulatedIntel> Reissue(SimulatedIntelSpec spec) const;
  // Another platform of this vendor: new keys of its own under the same certificates of root, PCK CA and TCB signer. Errors: crypto.*
  Result<SimulatedIntel> WithPlatform(const SimulatedCertificate& pck, const PckExtension& platform) const;

  // Keys and certificates as PEM by name, such as "root.pem" and "root.key". The private ones are unencrypted.
  std::map<std::string, std::string> Export() const;
  // What Export gave; the platform is the one of the PCK certificate. Refuses parts that do not belong together.
  // Errors: sim.import, intel.*, x509.*, crypto.*
  static Result<SimulatedIntel> Import(const std::map<std::string, std::string>& files);

  const SimulatedIntelSpec& spec() const { return spec_; }
  const Certificate& root() const { return root_.certificate; }
  std::string RootPem() const;
  std::string PckChainPem() const;         // PCK, PCK CA, root
  std::string PckCaChainPem() const;       // PCK CA, root: the issuer chain of the PCK CRL
  std::string TcbSigningChainPem() const;  // TCB signer, root
  Result<TrustAnchor> Anchor() const;      // named "simulated"

  // Everything that IntelEndorsements::Load needs, in the vendor's forms, valid around `now`: TCB info and QE identity for every
  // evaluation number, both CRLs in DER, the TCB signing chain. The names are file names.
  Result<std::vector<NamedDocument>> Documents(UnixTime now) const;

  // A quote of version 3 with certification data of type 5 over an enclave's report.
  Result<ByteVector> Quote(const SgxReportFields& report) const;
  // The same over a report body of kSgxReportBodySize bytes as given.
  Result<ByteVector> QuoteBody(Bytes report_body) const;
  // A quote over a machine's report: of version 4, or of version 5 when the report is a 1.5.
  Result<ByteVector> QuoteTd(const TdReportFields& report) const;

 private:
  struct Member {
    PrivateKey key;
    Certificate certificate;
  };
  SimulatedIntel(SimulatedIntelSpec spec, Member root, Member pck_ca, Member pck, Member tcb_signer, PrivateKey attestation_key)
      : spec_(std::move(spec)),
        root_(std::move(root)),
        pck_ca_(std::move(pck_ca)),
        pck_(std::move(pck)),
        tcb_signer_(std::move(tcb_signer)),
        attestation_key_(std::move(attestation_key)) {}

  static Result<SimulatedIntel> Issue(SimulatedIntelSpec spec, const PrivateKey& root, const PrivateKey& pck_ca, const PrivateKey& pck,
                                      const PrivateKey& tcb_signer, const PrivateKey& attestation_key);
  static Result<Certificate> IssuePck(const SimulatedIntelSpec& spec, const PrivateKey& pck, const PrivateKey& pck_ca);
  Status CheckChains() const;
  Result<ByteVector> Signed(uint16_t version, ByteVector signed_region, SgxReportFields qe) const;

  SimulatedIntelSpec spec_;
  Member root_, pck_ca_, pck_, tcb_signer_;
  PrivateKey attestation_key_;
};

}  // namespace vidimus
