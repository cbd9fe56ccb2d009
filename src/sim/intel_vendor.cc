#include "sim/intel_vendor.h"

#include <algorithm>

#include "codec/pem.h"
#include "crypto/issue.h"
#include "sim/byte_writer.h"
#include "sim/intel_documents.h"
#include "sim/pck_extension.h"

namespace vidimus {
namespace {

constexpr std::array<uint8_t, 16> kIntelVendorId = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                                    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
// The signer of Intel's SGX quoting enclave, intel-dcap section 4.4.
constexpr std::array<uint8_t, 32> kQeSigner = {0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e, 0x96, 0x13, 0x7f,
                                               0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed, 0x70,
                                               0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff};
constexpr std::string_view kSgxExtensionOid = "1.2.840.113741.1.13.1";
// And of its TDX quoting enclave.
constexpr std::array<uint8_t, 32> kTdQeSigner = {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
                                                 0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
                                                 0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};
constexpr uint16_t kQeSvn = 8, kPceSvn = 13;

// .invalid never resolves (RFC 2606 section 2): the extension is required, and nobody may fetch from it.
constexpr std::string_view kRootCrlUri = "https://simulated.invalid/IntelSGXRootCA.der";
constexpr std::string_view kPckCrlUri = "https://simulated.invalid/sgx/certification/v4/pckcrl?ca=platform&encoding=der";

constexpr UnixTime kRecentTcb = 1710288000;  // 2024-03-13T00:00:00Z
constexpr UnixTime kOlderTcb = 1673395200;   // 2023-01-11T00:00:00Z
constexpr UnixTime kOldestTcb = 1518480000;  // 2018-02-13T00:00:00Z

PckExtension UpToDatePlatform() {
  PckExtension out{};
  out.ppid = {0x51, 0x3d, 0x00, 0x01};
  out.components = {12, 12, 3, 3, 255, 255, 1};
  out.pce_svn = kPceSvn;
  out.cpu_svn = out.components;
  out.fmspc = {0x51, 0x3d, 0x6a, 0x00, 0x00, 0x00};
  out.sgx_type = 1;
  out.platform_instance_id = std::array<uint8_t, 16>{0x51, 0x3d, 0x00, 0x02};
  return out;
}

// Up to date exactly at the platform; a platform with older microcode gets one of the lower levels, the last of which takes all.
std::vector<TcbLevel> LevelsBelow(const PckExtension& platform) {
  std::array<uint8_t, 16> older = platform.components;
  older[0] = older[1] = static_cast<uint8_t>(older[0] / 2);
  const std::array<uint8_t, 16> td = {0, 0, 7}, older_td = {0, 0, 4};
  return {{platform.components, platform.pce_svn, td, {TcbStatus::kUpToDate, kRecentTcb, {}}},
          {older, platform.pce_svn, older_td, {TcbStatus::kOutOfDate, kOlderTcb, {"INTEL-SA-00657", "INTEL-SA-00767"}}},
          {{}, 0, {}, {TcbStatus::kOutOfDateConfigurationNeeded, kOldestTcb, {"INTEL-SA-00219", "INTEL-SA-00657", "INTEL-SA-00767"}}}};
}

SgxReportFields QuotingEnclave(const PckExtension& platform, const std::array<uint8_t, 32>& signer, uint16_t product) {
  SgxReportFields out;
  out.cpu_svn = platform.cpu_svn;
  out.flags = kSgxFlagInit | kSgxFlagProvisionKey | kSgxFlagMode64;
  out.mr_signer = signer;
  out.isv_prod_id = product;
  out.isv_svn = kQeSvn;
  return out;
}

SimulatedQeIdentity IdentityOfQuotingEnclave(const std::string& id, const std::array<uint8_t, 32>& signer, uint16_t product) {
  SimulatedQeIdentity out{};
  out.id = id;
  out.misc_select_mask.fill(0xff);
  out.attributes = {0x11};
  out.attributes_mask = {0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};  // DEBUG forced off, MODE64 ignored
  out.mr_signer = signer;
  out.isv_prod_id = product;
  out.levels = {{kQeSvn, {TcbStatus::kUpToDate, kRecentTcb, {}}}, {5, {TcbStatus::kOutOfDate, kOldestTcb, {"INTEL-SA-00477"}}}};
  return out;
}

// Module 1 is up to date from SVN 5 on.
TdxModuleIdentity FirstModule(const TdxModule& module) {
  return {1, module, {{5, {TcbStatus::kUpToDate, kRecentTcb, {}}}, {2, {TcbStatus::kOutOfDate, kOlderTcb, {"INTEL-SA-01036"}}}}};
}

Name NameOf(const SimulatedCertificate& certificate) {
  return {{"CN", certificate.common_name}, {"O", std::string(kSimulatedOrganisation)}};
}

CertificateSpec SpecOf(const SimulatedCertificate& certificate, std::string_view crl_uri) {
  CertificateSpec out;
  out.subject = NameOf(certificate);
  out.serial = certificate.serial;
  out.not_before = certificate.not_before;
  out.not_after = certificate.not_after;
  out.key_usage = "digitalSignature, nonRepudiation";
  out.crl_uri = crl_uri;
  return out;
}

CertificateSpec CaSpecOf(const SimulatedCertificate& certificate, int path_length) {
  CertificateSpec out = SpecOf(certificate, kRootCrlUri);
  out.is_ca = true;
  out.path_length = path_length;
  out.key_usage = "keyCertSign, cRLSign";
  return out;
}

Result<Certificate> IssueParsed(const CertificateSpec& spec, const PrivateKey& key, const Issuer& issuer) {
  VIDIMUS_TRY(const ByteVector der, IssueCertificate(spec, key, issuer));
  return ParseCertificate(der);
}

std::string Pem(const Certificate& certificate) { return WritePem("CERTIFICATE", certificate.der); }

Result<ByteVector> CrlOf(const SimulatedPeriod& period, UnixTime now, const std::vector<ByteVector>& revoked, const Issuer& issuer) {
  CrlSpec spec;
  spec.this_update = now + period.issued;
  spec.next_update = now + period.next_update;
  spec.revoked_serials = revoked;
  return IssueCrl(spec, issuer);
}

ByteVector Copy(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

SimulatedIntelSpec::SimulatedIntelSpec()
    : root{std::string(kIntelRootName), {0x51, 0x01}},
      pck_ca{std::string(kIntelPlatformCaName), {0x51, 0x02}},
      pck{std::string(kIntelPckName), {0x51, 0x03}},
      tcb_signer{std::string(kIntelTcbSigningName), {0x51, 0x04}},
      platform(UpToDatePlatform()),
      tcb_levels(LevelsBelow(platform)),
      qe_identity(IdentityOfQuotingEnclave("QE", kQeSigner, 1)),
      td_qe_identity(IdentityOfQuotingEnclave("TD_QE", kTdQeSigner, 2)),
      module{{}, {}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      module_identities{FirstModule(module)},
      qe(QuotingEnclave(platform, kQeSigner, 1)),
      td_qe(QuotingEnclave(platform, kTdQeSigner, 2)),
      qe_auth_data(32) {
  for (uint8_t i = 0; i < 32; ++i) qe_auth_data[i] = i;  // as Intel's quoting enclave fills it, section 1.5
}

Result<SimulatedIntel> SimulatedIntel::Create(SimulatedIntelSpec spec) {
  VIDIMUS_TRY(const PrivateKey root, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const PrivateKey pck_ca, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const PrivateKey pck, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const PrivateKey tcb_signer, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const PrivateKey attestation_key, PrivateKey::GenerateP256());
  return Issue(std::move(spec), root, pck_ca, pck, tcb_signer, attestation_key);
}

Result<SimulatedIntel> SimulatedIntel::Reissue(SimulatedIntelSpec spec) const {
  return Issue(std::move(spec), root_.key, pck_ca_.key, pck_.key, tcb_signer_.key, attestation_key_);
}

Result<SimulatedIntel> SimulatedIntel::Issue(SimulatedIntelSpec spec, const PrivateKey& root, const PrivateKey& pck_ca,
                                             const PrivateKey& pck, const PrivateKey& tcb_signer, const PrivateKey& attestation_key) {
  const Issuer by_root{NameOf(spec.root), root};
  VIDIMUS_TRY(Certificate root_certificate, IssueParsed(CaSpecOf(spec.root, 1), root, by_root));
  VIDIMUS_TRY(Certificate ca_certificate, IssueParsed(CaSpecOf(spec.pck_ca, 0), pck_ca, by_root));
  VIDIMUS_TRY(Certificate signer_certificate, IssueParsed(SpecOf(spec.tcb_signer, kRootCrlUri), tcb_signer, by_root));
  VIDIMUS_TRY(Certificate pck_certificate, IssuePck(spec, pck, pck_ca));
  return SimulatedIntel(std::move(spec), {root, std::move(root_certificate)}, {pck_ca, std::move(ca_certificate)},
                        {pck, std::move(pck_certificate)}, {tcb_signer, std::move(signer_certificate)}, attestation_key);
}

Result<Certificate> SimulatedIntel::IssuePck(const SimulatedIntelSpec& spec, const PrivateKey& pck, const PrivateKey& pck_ca) {
  CertificateSpec leaf = SpecOf(spec.pck, kPckCrlUri);
  leaf.custom = {{std::string(kSgxExtensionOid), EncodePckExtension(spec.platform)}};
  return IssueParsed(leaf, pck, {NameOf(spec.pck_ca), pck_ca});
}

Result<SimulatedIntel> SimulatedIntel::WithPlatform(const SimulatedCertificate& pck, const PckExtension& platform) const {
  SimulatedIntel out = *this;
  out.spec_.pck = pck;
  out.spec_.platform = platform;
  VIDIMUS_TRY(out.attestation_key_, PrivateKey::GenerateP256());
  VIDIMUS_TRY(out.pck_.key, PrivateKey::GenerateP256());
  VIDIMUS_TRY(out.pck_.certificate, IssuePck(out.spec_, out.pck_.key, pck_ca_.key));
  return out;
}

std::map<std::string, std::string> SimulatedIntel::Export() const {
  return {{"root.pem", Pem(root_.certificate)},
          {"root.key", root_.key.ToPem()},
          {"pck-ca.pem", Pem(pck_ca_.certificate)},
          {"pck-ca.key", pck_ca_.key.ToPem()},
          {"pck.pem", Pem(pck_.certificate)},
          {"pck.key", pck_.key.ToPem()},
          {"tcb-signing.pem", Pem(tcb_signer_.certificate)},
          {"tcb-signing.key", tcb_signer_.key.ToPem()},
          {"attestation.key", attestation_key_.ToPem()}};
}

Result<SimulatedIntel> SimulatedIntel::Import(const std::map<std::string, std::string>& files) {
  const auto key = [&](const std::string& name) -> Result<PrivateKey> {
    const auto at = files.find(name + ".key");
    if (at == files.end()) return Fail(ErrorCode::kMissing, "sim.import", "found no " + name + ".key");
    VIDIMUS_TRY(PrivateKey out, PrivateKey::FromPem(at->second));
    if (out.kind() != PrivateKey::Kind::kP256) return Fail(ErrorCode::kMismatch, "sim.import", name + ".key is not a key on P-256");
    return out;
  };
  const auto member = [&](const std::string& name) -> Result<Member> {
    const auto at = files.find(name + ".pem");
    if (at == files.end()) return Fail(ErrorCode::kMissing, "sim.import", "found no " + name + ".pem");
    VIDIMUS_TRY(const auto blocks, ParsePem(at->second, 1));
    VIDIMUS_TRY(Certificate certificate, ParseCertificate(blocks.front().der));
    VIDIMUS_TRY(PrivateKey private_key, key(name));
    if (!Equal(private_key.P256Point(), certificate.public_key))
      return Fail(ErrorCode::kMismatch, "sim.import", name + ".key is not the key of " + name + ".pem");
    return Member{std::move(private_key), std::move(certificate)};
  };
  VIDIMUS_TRY(Member root, member("root"));
  VIDIMUS_TRY(Member pck_ca, member("pck-ca"));
  VIDIMUS_TRY(Member pck, member("pck"));
  VIDIMUS_TRY(Member tcb_signer, member("tcb-signing"));
  VIDIMUS_TRY(PrivateKey attestation_key, key("attestation"));
  if (!pck.certificate.sgx_extension) return Fail(ErrorCode::kMismatch, "sim.import", "pck.pem has no SGX extension");
  SimulatedIntelSpec spec;
  VIDIMUS_TRY(spec.platform, ParsePckExtension(*pck.certificate.sgx_extension));
  spec.tcb_levels = LevelsBelow(spec.platform);
  spec.qe = QuotingEnclave(spec.platform, kQeSigner, 1);
  spec.td_qe = QuotingEnclave(spec.platform, kTdQeSigner, 2);
  SimulatedIntel out(std::move(spec), std::move(root), std::move(pck_ca), std::move(pck), std::move(tcb_signer),
                     std::move(attestation_key));
  VIDIMUS_CHECK_OK(out.CheckChains());
  return out;
}

Status SimulatedIntel::CheckChains() const {
  VIDIMUS_TRY(const TrustAnchor anchor, Anchor());
  VIDIMUS_CHECK_OK(VerifyPckChain({pck_.certificate, pck_ca_.certificate, root_.certificate}, {anchor}).map([](const PckChain&) {}));
  return VerifySignedByRoot(tcb_signer_.certificate, {anchor}).map([](const TrustAnchor&) {});
}

std::string SimulatedIntel::RootPem() const { return Pem(root_.certificate); }
std::string SimulatedIntel::PckChainPem() const { return Pem(pck_.certificate) + PckCaChainPem(); }
std::string SimulatedIntel::PckCaChainPem() const { return Pem(pck_ca_.certificate) + RootPem(); }
std::string SimulatedIntel::TcbSigningChainPem() const { return Pem(tcb_signer_.certificate) + RootPem(); }
Result<TrustAnchor> SimulatedIntel::Anchor() const { return SimulatedAnchor(root_.certificate); }

Result<std::vector<NamedDocument>> SimulatedIntel::Documents(UnixTime now) const {
  std::vector<NamedDocument> out = {{"tcb-signing-chain.pem", Copy(TcbSigningChainPem())}, {"pck-ca-chain.pem", Copy(PckCaChainPem())}};
  VIDIMUS_TRY(ByteVector root_crl, CrlOf(spec_.root_crl_period, now, spec_.root_revoked, {NameOf(spec_.root), root_.key}));
  VIDIMUS_TRY(ByteVector pck_crl, CrlOf(spec_.pck_crl_period, now, spec_.pck_revoked, {NameOf(spec_.pck_ca), pck_ca_.key}));
  out.push_back({"root-ca.crl", std::move(root_crl)});
  out.push_back({"pck-ca.crl", std::move(pck_crl)});
  for (const int64_t number : spec_.evaluation_data_numbers) {
    for (const IntelTee tee : {IntelTee::kSgx, IntelTee::kTdx}) {
      VIDIMUS_TRY(const std::string tcb_info, SignedTcbInfo(spec_, tee, number, now, tcb_signer_.key));
      VIDIMUS_TRY(const std::string identity, SignedQeIdentity(spec_, tee, number, now, tcb_signer_.key));
      const std::string name = tee == IntelTee::kSgx ? "" : "tdx-";
      out.push_back({name + "tcb-info-" + std::to_string(number) + ".json", Copy(tcb_info)});
      out.push_back({name + "qe-identity-" + std::to_string(number) + ".json", Copy(identity)});
    }
  }
  for (const IntelTee tee : {IntelTee::kSgx, IntelTee::kTdx}) {
    VIDIMUS_TRY(const std::string numbers, SignedEvaluationNumbers(spec_, tee, now, tcb_signer_.key));
    out.push_back({tee == IntelTee::kSgx ? "evaluation-numbers.json" : "tdx-evaluation-numbers.json", Copy(numbers)});
  }
  return out;
}

Result<ByteVector> SimulatedIntel::Quote(const SgxReportFields& report) const { return QuoteBody(EncodeSgxReport(report)); }

Result<ByteVector> SimulatedIntel::QuoteBody(Bytes report_body) const {
  if (report_body.size() != kSgxReportBodySize)
    return Fail(ErrorCode::kUsage, "sim.report_size", "found " + std::to_string(report_body.size()) + " bytes, expected 384");
  ByteWriter header;  // intel-dcap section 1.1; the user data is the QE id, taken here from the PPID
  header.Le(uint16_t{3}).Le(uint16_t{2}).Le(uint32_t{0}).Le(spec_.qe.isv_svn).Le(spec_.platform.pce_svn).Append(kIntelVendorId);
  header.Append(spec_.platform.ppid).Zeros(4).Append(report_body);
  return Signed(3, header.Take(), spec_.qe);
}

Result<ByteVector> SimulatedIntel::QuoteTd(const TdReportFields& report) const {
  const ByteVector body = EncodeTdReport(report);
  const uint16_t version = report.v1_5 ? 5 : 4;
  ByteWriter header;
  header.Le(version).Le(uint16_t{2}).Le(uint32_t{0x81}).Zeros(4).Append(kIntelVendorId).Append(spec_.platform.ppid).Zeros(4);
  if (version == 5) header.Le(uint16_t{3}).Le(static_cast<uint32_t>(body.size()));
  header.Append(body);
  return Signed(version, header.Take(), spec_.td_qe);
}

Result<ByteVector> SimulatedIntel::Signed(uint16_t version, ByteVector signed_region, SgxReportFields qe) const {
  VIDIMUS_TRY(const ByteVector signature, attestation_key_.Sign(signed_region));
  const ByteVector attestation_key = attestation_key_.P256Point();
  qe.report_data = spec_.qe_report_data.value_or(BoundReportData(ByteWriter().Append(attestation_key).Append(spec_.qe_auth_data).Take()));
  const ByteVector qe_report = EncodeSgxReport(qe);
  VIDIMUS_TRY(const ByteVector qe_signature, pck_.key.Sign(qe_report));
  const std::string chain = PckChainPem();
  ByteWriter certified;  // sections 1.5 and 1.6
  certified.Append(qe_report).Append(qe_signature);
  certified.Le(static_cast<uint16_t>(spec_.qe_auth_data.size())).Append(spec_.qe_auth_data);
  certified.Le(uint16_t{5}).Le(static_cast<uint32_t>(chain.size())).Append(AsBytes(chain));
  const ByteVector certification = certified.Take();
  ByteWriter auth;
  auth.Append(signature).Append(attestation_key);
  if (version > 3) auth.Le(uint16_t{6}).Le(static_cast<uint32_t>(certification.size()));
  const ByteVector auth_data = auth.Append(certification).Take();
  return ByteWriter().Append(signed_region).Le(static_cast<uint32_t>(auth_data.size())).Append(auth_data).Take();
}

}  // namespace vidimus
