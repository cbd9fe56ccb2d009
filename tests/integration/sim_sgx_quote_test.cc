// SGX verification of quotes that are spoiled themselves: chains, signatures, bindings and the report (intel-dcap section 6).
#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"
#include "codec/pem.h"
#include "crypto/issue.h"
#include "sim/pck_extension.h"
#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::Judge;
using testing::SgxCase;
using testing::Spoiled;
using testing::WhereOf;

using Spec = SimulatedIntelSpec;

// Offsets in a quote of version 3 whose QE auth data has 32 bytes, sections 1.2 and 1.5.
constexpr size_t kAuthLength = 432, kSignature = 436, kAttestationKey = 500, kQeReport = 564, kQeSignature = 948, kQeAuthData = 1014,
                 kCertificationType = 1046, kChainLength = 1048, kChain = 1052;

const SimulatedIntel& OtherVendor() {
  static const SimulatedIntel vendor = SimulatedIntel::Create().value();
  return vendor;
}

void PutLe(ByteVector& bytes, size_t offset, size_t size, size_t value) {
  for (size_t i = 0; i < size; ++i) bytes.at(offset + i) = static_cast<uint8_t>(value >> (8 * i));
}

void Splice(ByteVector& to, const ByteVector& from, size_t offset, size_t size) {
  std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(offset), size, to.begin() + static_cast<std::ptrdiff_t>(offset));
}

// The good quote with another text as its certification data; no signature covers it.
std::string WhereOfChain(const std::string& text) {
  SgxCase c;
  c.quote.resize(kChain);
  c.quote.insert(c.quote.end(), text.begin(), text.end());
  PutLe(c.quote, kChainLength, 4, text.size());
  PutLe(c.quote, kAuthLength, 4, c.quote.size() - kSignature);
  return WhereOf(c);
}

std::string WhereOfQuote(const std::function<void(ByteVector&)>& spoil) {
  SgxCase c;
  spoil(c.quote);
  return WhereOf(c);
}

std::string WhereOfReport(const std::function<void(SgxReportFields&)>& spoil) {
  SgxReportFields report;
  spoil(report);
  SgxCase c;
  c.quote = GoodVendor().Quote(report).value();
  return WhereOf(c);
}

// Checks 1 to 7: the form is judged before any signature.
TEST(SimulatedSgxQuote, EveryFieldOfTheHeaderIsJudged) {
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[0] = 2; }), "sgx.quote.version");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[0] = 6; }), "sgx.quote.version");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[2] = 3; }), "sgx.quote.attestation_key_type");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[4] = 0x81; }), "sgx.quote.tee_type");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[12] ^= 1; }), "sgx.quote.qe_vendor_id");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[28] ^= 1; }), "sgx.quote.signature") << "the user data has no form, but is signed";
}

TEST(SimulatedSgxQuote, AuthDataIsConsumedExactlyAndBytesAfterItAreIgnored) {
  const size_t auth = SgxCase().quote.size() - kSignature;
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { PutLe(q, kAuthLength, 4, auth + 1); }), "sgx.quote.auth_data_length");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { PutLe(q, kAuthLength, 4, auth - 1); }), "sgx.quote.auth_data");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) {
              PutLe(q, kAuthLength, 4, auth + 1);
              q.push_back(0);
            }),
            "sgx.quote.auth_data");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q.resize(q.size() + 3000); }), "") << "section 1.2: padded buffers are common";
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q.resize(limits::kQuoteBytes); }), "");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q.resize(limits::kQuoteBytes + 1); }), "sgx.quote.size");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q.resize(1019); }), "sgx.quote.size");
}

TEST(SimulatedSgxQuote, OnlyCertificationDataThatCarriesItsChainIsJudged) {
  for (const uint8_t type : ByteVector{1, 2, 3, 4})
    EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { q[kCertificationType] = type; }), "sgx.quote.certification_data") << int{type};
  for (const uint8_t type : ByteVector{0, 6, 7})
    EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { q[kCertificationType] = type; }), "sgx.quote.certification_type") << int{type};
}

TEST(SimulatedSgxQuote, QeAuthDataMayHaveAnyLength) {
  for (const size_t size : {0U, 1U, 1000U}) EXPECT_EQ(WhereOf([&](Spec& s) { s.qe_auth_data = ByteVector(size, 0xaa); }), "") << size;
}

// Check 9, and "PEM with more than 3 certificates".
TEST(SimulatedSgxQuote, TheChainIsExactlyThreeCertificatesInAnyOrder) {
  const std::string chain = GoodVendor().PckChainPem(), ca_and_root = GoodVendor().PckCaChainPem(), root = GoodVendor().RootPem();
  const std::string leaf = chain.substr(0, chain.size() - ca_and_root.size());
  EXPECT_EQ(WhereOfChain(ca_and_root + leaf), "");
  EXPECT_EQ(WhereOfChain(chain + std::string(3, '\0')), "") << "section 1.7: NULs may follow";
  EXPECT_EQ(WhereOfChain(chain + "x"), "pem.blocks") << "and nothing else";
  EXPECT_EQ(WhereOfChain("x" + chain), "pem.format");
  EXPECT_EQ(WhereOfChain(chain + root), "pem.blocks");
  EXPECT_EQ(WhereOfChain(ca_and_root), "intel.pck_chain.length");
  EXPECT_EQ(WhereOfChain(ca_and_root + root), "intel.pck_chain.roles");
  EXPECT_EQ(WhereOfChain(leaf + leaf + root), "intel.pck_chain.roles");
  EXPECT_EQ(WhereOfChain(leaf + GoodVendor().TcbSigningChainPem()), "intel.pck_chain.roles");
  EXPECT_EQ(WhereOfChain(""), "pem.format");
}

// Checks 10 to 15.
TEST(SimulatedSgxQuote, EveryLinkOfTheChainIsChecked) {
  const std::string chain = GoodVendor().PckChainPem(), ca_and_root = GoodVendor().PckCaChainPem(), root = GoodVendor().RootPem();
  const std::string leaf = chain.substr(0, chain.size() - ca_and_root.size());
  const std::string other_ca_and_root = OtherVendor().PckCaChainPem(), other_root = OtherVendor().RootPem();
  const std::string other_ca = other_ca_and_root.substr(0, other_ca_and_root.size() - other_root.size());
  const std::string other_chain = OtherVendor().PckChainPem();
  const std::string other_leaf = other_chain.substr(0, other_chain.size() - other_ca_and_root.size());
  EXPECT_EQ(WhereOfChain(other_leaf + ca_and_root), "intel.pck_chain.leaf");
  EXPECT_EQ(WhereOfChain(leaf + other_ca + root), "intel.pck_chain.intermediate");
  EXPECT_EQ(WhereOfChain(other_leaf + other_ca + root), "intel.pck_chain.intermediate");
  EXPECT_EQ(WhereOfChain(leaf + ca_and_root.substr(0, ca_and_root.size() - root.size()) + other_root), "intel.root.untrusted");
  ByteVector spoiled_root = GoodVendor().root().der;
  spoiled_root.back() ^= 1;
  EXPECT_EQ(WhereOfChain(leaf + ca_and_root.substr(0, ca_and_root.size() - root.size()) + WritePem("CERTIFICATE", spoiled_root)),
            "intel.root.signature");
}

TEST(SimulatedSgxQuote, RolesAreKnownByTheirExactNames) {
  const auto where = [](SimulatedCertificate Spec::* certificate) {
    return WhereOfChain(Spoiled([&](Spec& s) { (s.*certificate).common_name += " "; }).PckChainPem());
  };
  EXPECT_EQ(where(&Spec::root), "intel.pck_chain.roles");
  EXPECT_EQ(where(&Spec::pck_ca), "intel.pck_chain.roles");
  EXPECT_EQ(where(&Spec::pck), "intel.pck_chain.roles");
}

// Signs a leaf of our own with the good vendor's PCK CA: check 12, and the values that Intel's library leaves unchecked.
TEST(SimulatedSgxQuote, APckCertificateUnfitForItsRoleIsRefused) {
  const auto keys = GoodVendor().Export();
  const PrivateKey pck_key = PrivateKey::FromPem(keys.at("pck.key")).value();
  const Name ca_name = {{"CN", std::string(kIntelPlatformCaName)}, {"O", std::string(kSimulatedOrganisation)}};
  const Issuer ca{ca_name, PrivateKey::FromPem(keys.at("pck-ca.key")).value()};
  const auto where = [&](const std::function<void(CertificateSpec&)>& spoil, const PrivateKey& key) {
    CertificateSpec spec;
    spec.subject = {{"CN", std::string(kIntelPckName)}};
    spec.serial = {9};
    spec.not_after = testing::kSimulatedNow;
    spec.key_usage = "digitalSignature";
    spec.crl_uri = "https://example.invalid/crl";
    spec.custom = {{"1.2.840.113741.1.13.1", EncodePckExtension(GoodVendor().spec().platform)}};
    spoil(spec);
    return WhereOfChain(WritePem("CERTIFICATE", IssueCertificate(spec, key, ca).value()) + GoodVendor().PckCaChainPem());
  };
  EXPECT_EQ(where([](auto&) {}, pck_key), "");
  EXPECT_EQ(where([](auto& s) { s.crl_uri = ""; }, pck_key), "intel.certificate.extensions");
  EXPECT_EQ(where([](auto& s) { s.key_usage = ""; }, pck_key), "intel.certificate.extensions");
  EXPECT_EQ(where([](auto& s) { s.key_usage = "keyAgreement"; }, pck_key), "intel.certificate.key_usage");
  EXPECT_EQ(where([](auto& s) { s.key_usage = "digitalSignature, keyCertSign"; }, pck_key), "intel.certificate.key_usage");
  EXPECT_EQ(where([](auto& s) { s.is_ca = true; }, pck_key), "intel.certificate.basic_constraints");
  EXPECT_EQ(where([](auto& s) { s.custom.clear(); }, pck_key), "intel.pck_extension.missing");
  EXPECT_EQ(where([](auto& s) { s.custom[0].value.push_back(0); }, pck_key), "intel.pck_extension.format");
  EXPECT_EQ(where([](auto& s) { s.custom[0].value = {0x30, 0x00}; }, pck_key), "intel.pck_extension.format");
  EXPECT_EQ(where([](auto&) {}, PrivateKey::GenerateRsa(2048).value()), "x509.certificate.public_key") << "non-P256 keys";
  EXPECT_EQ(where([](auto&) {}, PrivateKey::GenerateP256().value()), "sgx.quote.qe_report.signature") << "genuine, of another platform";
}

// Check 28.
TEST(SimulatedSgxQuote, AQuotingEnclaveReportThatThePckKeyDidNotSignIsRefused) {
  const ByteVector other = OtherVendor().Quote({}).value();
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { Splice(q, other, kQeSignature, 64); }), "sgx.quote.qe_report.signature");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { Splice(q, other, kQeReport, 384); }), "sgx.quote.qe_report.signature");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { std::fill_n(q.begin() + kQeSignature, 64, uint8_t{0}); }), "sgx.quote.qe_report.signature");
}

// Check 29.
TEST(SimulatedSgxQuote, AnAttestationKeyThatTheQuotingEnclaveDidNotNameIsRefused) {
  const ByteVector other = OtherVendor().Quote({}).value();
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { Splice(q, other, kSignature, 128); }), "sgx.quote.qe_report.key_binding");
  EXPECT_EQ(WhereOfQuote([](ByteVector& q) { q[kQeAuthData] ^= 1; }), "sgx.quote.qe_report.key_binding");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe_report_data = std::array<uint8_t, 64>{}; }), "sgx.quote.qe_report.key_binding");
}

TEST(SimulatedSgxQuote, TheUpperHalfOfTheQuotingEnclavesReportDataIsZero) {
  const ByteVector quote = GoodVendor().Quote({}).value();
  std::array<uint8_t, 64> data{};
  std::copy_n(quote.begin() + kQeReport + 320, 64, data.begin());
  EXPECT_EQ(WhereOf([&](Spec& s) { s.qe_report_data = data; }), "");
  data[63] = 1;
  EXPECT_EQ(WhereOf([&](Spec& s) { s.qe_report_data = data; }), "sgx.quote.qe_report.data_tail");
}

// Check 8: a key that the quoting enclave vouches for and that is no point on the curve.
TEST(SimulatedSgxQuote, AnAttestationKeyOffTheCurveIsRefused) {
  for (const uint8_t filling : {uint8_t{0}, uint8_t{1}, uint8_t{0xff}}) {
    ByteVector bound(64, filling);
    bound.insert(bound.end(), GoodVendor().spec().qe_auth_data.begin(), GoodVendor().spec().qe_auth_data.end());
    SgxCase c(Spoiled([&](Spec& s) { s.qe_report_data = BoundReportData(bound); }));
    std::fill_n(c.quote.begin() + kAttestationKey, 64, filling);
    EXPECT_EQ(WhereOf(c), "sgx.quote.attestation_key") << int{filling};
  }
}

// Check 32.
TEST(SimulatedSgxQuote, AReportThatTheAttestationKeyDidNotSignIsRefused) {
  SgxReportFields debug;
  debug.flags |= kSgxFlagDebug;
  const ByteVector other = GoodVendor().Quote(debug).value();
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { Splice(q, other, 48, 384); }), "sgx.quote.signature");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { Splice(q, other, kSignature, 64); }), "sgx.quote.signature");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) { std::fill_n(q.begin() + kSignature, 64, uint8_t{0xff}); }), "sgx.quote.signature");
  EXPECT_EQ(WhereOfQuote([&](ByteVector& q) {
              Splice(q, other, 48, 384);
              Splice(q, other, kSignature, 64);
            }),
            "")
      << "both together are the other quote";
}

TEST(SimulatedSgxQuote, ReservedBytesOfTheReportAreZero) {
  for (const size_t offset : {20U, 31U, 96U, 127U, 160U, 191U, 262U, 303U}) {
    ByteVector body = EncodeSgxReport({});
    body[offset] = 1;
    SgxCase c;
    c.quote = GoodVendor().QuoteBody(body).value();
    EXPECT_EQ(WhereOf(c), "sgx.report.reserved") << offset;
  }
}

// Section 6, "Beyond QVL": these are noted for a policy, and refuse nothing by themselves.
TEST(SimulatedSgxQuote, AttributeBitsAreNotedAndNotRefused) {
  const std::pair<uint64_t, std::string_view> rows[] = {{kSgxFlagDebug, "sgx.report.debug"},
                                                        {kSgxFlagProvisionKey, "sgx.report.provision_key"},
                                                        {kSgxFlagEinittokenKey, "sgx.report.einittoken_key"},
                                                        {uint64_t{1} << 63, "sgx.report.unknown_attributes"}};
  for (const auto& [flag, name] : rows) {
    SgxReportFields report;
    report.flags |= flag;
    SgxCase c;
    c.quote = GoodVendor().Quote(report).value();
    const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
    const auto result = VerifySgx({c.quote, {}, {}, {}}, endorsements, {}, {}, c.now);
    EXPECT_TRUE(result.verified) << name;
    for (const Check& check : result.checks.all()) EXPECT_EQ(check.passed, check.name != name) << check.name;
  }
}

// Section 1.9: SHA-256 of the exact bytes in report data [0..31]; the upper half is free.
TEST(SimulatedSgxQuote, RuntimeDataIsBoundToTheLastByte) {
  const ByteVector data = {'k', 'e', 'y', 0};
  SgxReportFields report;
  report.report_data = BoundReportData(data);
  report.report_data[63] = 0xee;
  SgxCase c;
  c.quote = GoodVendor().Quote(report).value();
  EXPECT_EQ(WhereOf(c), "") << "nothing to bind";
  c.runtime_data = data;
  EXPECT_EQ(WhereOf(c), "");
  c.runtime_data = Bytes(data).first(3);
  EXPECT_EQ(WhereOf(c), "sgx.binding.runtime_data") << "a trailing NUL counts";
  c.runtime_data = Bytes();
  EXPECT_EQ(WhereOf(c), "sgx.binding.runtime_data") << "empty is not absent";
}

TEST(SimulatedSgxQuote, CustomClaimsAreBoundEvenWhenEmpty) {
  const ByteVector claims = {1, 2, 3};
  SgxReportFields report;
  report.report_data = BoundReportData(claims);
  SgxCase c;
  c.quote = GoodVendor().Quote(report).value();
  c.custom_claims = claims;
  EXPECT_EQ(WhereOf(c), "");
  c.custom_claims = Bytes();
  EXPECT_EQ(WhereOf(c), "sgx.binding.custom_claims");
  report.report_data = BoundReportData({});
  c.quote = GoodVendor().Quote(report).value();
  EXPECT_EQ(WhereOf(c), "");
}

TEST(SimulatedSgxQuote, InitTimeDataIsBoundInConfigIdAndNeedsKss) {
  const ByteVector data = {'i', 'n', 'i', 't'};
  SgxReportFields report;
  report.config_id = BoundReportData(data);
  report.flags |= kSgxFlagKss;
  SgxCase c;
  c.quote = GoodVendor().Quote(report).value();
  c.init_time_data = data;
  EXPECT_EQ(WhereOf(c), "");
  c.init_time_data = Bytes(data).first(3);
  EXPECT_EQ(WhereOf(c), "sgx.binding.init_time_data");
  report.flags &= ~kSgxFlagKss;
  c.quote = GoodVendor().Quote(report).value();
  c.init_time_data = data;
  EXPECT_EQ(WhereOf(c), "sgx.binding.kss");
}

TEST(SimulatedSgxQuote, NoFieldOfAnHonestReportIsRefusedByVerification) {
  EXPECT_EQ(WhereOfReport([](SgxReportFields& r) { r.mr_enclave.fill(0); }), "");
  EXPECT_EQ(WhereOfReport([](SgxReportFields& r) { r.mr_signer.fill(0xff); }), "");
  EXPECT_EQ(WhereOfReport([](SgxReportFields& r) { r.cpu_svn.fill(0); }), "") << "section 1.1: the TCB comes from the PCK certificate";
  EXPECT_EQ(WhereOfReport([](SgxReportFields& r) { r.isv_svn = 0; }), "");
  EXPECT_EQ(WhereOfReport([](SgxReportFields& r) { r.misc_select.fill(0xff); }), "");
}

}  // namespace
}  // namespace vidimus
