#include "sim/intel_vendor.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1780000000;

const SimulatedIntel& Vendor() {
  static const SimulatedIntel vendor = SimulatedIntel::Create().value();
  return vendor;
}

TEST(SimulatedIntel, NamesItselfSimulatedSoThatNobodyTakesItForReal) {
  EXPECT_NE(AsText(Vendor().root().subject).find(kSimulatedOrganisation), std::string_view::npos);
  EXPECT_EQ(AsText(Vendor().root().subject).find("Intel Corporation"), std::string_view::npos);
  EXPECT_EQ(Vendor().Anchor()->name, "simulated");
}

TEST(SimulatedIntel, IsNotTrustedBesideTheRealRoot) {
  const auto loaded = IntelEndorsements::Load(Vendor().Documents(kNow).value(), {IntelRootAnchor()});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().where, "intel.tcb_signer.signature");
}

TEST(SimulatedIntel, AnotherPlatformHasKeysOfItsOwnUnderTheSameCertificates) {
  SimulatedIntelSpec spec = Vendor().spec();
  spec.pck.serial = {0x52, 0x01};
  spec.platform.ppid[0] = 1;
  const SimulatedIntel other = Vendor().WithPlatform(spec.pck, spec.platform).value();
  EXPECT_EQ(other.PckCaChainPem(), Vendor().PckCaChainPem());
  EXPECT_EQ(other.TcbSigningChainPem(), Vendor().TcbSigningChainPem());
  EXPECT_NE(other.Export().at("pck.key"), Vendor().Export().at("pck.key"));
  EXPECT_NE(other.Export().at("attestation.key"), Vendor().Export().at("attestation.key"));
  EXPECT_TRUE(SimulatedIntel::Import(other.Export())) << "its parts belong together";
}

TEST(SimulatedIntel, ItsDocumentsLoadAndAreSelectedForItsPlatform) {
  const auto loaded = IntelEndorsements::Load(Vendor().Documents(kNow).value(), {Vendor().Anchor().value()});
  ASSERT_TRUE(loaded) << loaded.error().where << " " << loaded.error().detail;
  for (const int64_t number : {19, 20}) {
    const auto selected = loaded->Select(
        {IntelTee::kSgx, Vendor().spec().platform.fmspc, std::string(kIntelPlatformCaName), Vendor().Anchor().value(), number, kNow});
    ASSERT_TRUE(selected) << selected.error().detail;
    const TcbInfo& info = selected->tcb_info->document;
    EXPECT_EQ(info.version, 3);
    EXPECT_EQ(info.evaluation_data_number, number);
    EXPECT_EQ(selected->qe_identity->document.evaluation_data_number, number);
    EXPECT_EQ(info.issue_date, kNow - 3600);
    EXPECT_EQ(info.next_update, kNow + 30 * 86400);
    EXPECT_EQ(info.levels.size(), 3U);
  }
}

TEST(SimulatedIntel, DocumentsNameTheirFormByTheirExtension) {
  std::vector<std::string> names;
  const std::vector<NamedDocument> documents = Vendor().Documents(kNow).value();
  for (const NamedDocument& document : documents) names.push_back(document.name);
  EXPECT_EQ(names, (std::vector<std::string>{"tcb-signing-chain.pem", "pck-ca-chain.pem", "root-ca.crl", "pck-ca.crl", "tcb-info-19.json",
                                             "qe-identity-19.json", "tdx-tcb-info-19.json", "tdx-qe-identity-19.json", "tcb-info-20.json",
                                             "qe-identity-20.json", "tdx-tcb-info-20.json", "tdx-qe-identity-20.json",
                                             "evaluation-numbers.json", "tdx-evaluation-numbers.json"}));
}

TEST(SimulatedIntel, AQuoteCarriesTheReportAndTheChain) {
  SgxReportFields report;
  report.mr_enclave.fill(0xab);
  const ByteVector bytes = Vendor().Quote(report).value();
  const auto quote = ParseSgxQuote(bytes);
  ASSERT_TRUE(quote) << quote.error().where;
  EXPECT_EQ(quote->version, 3);
  EXPECT_EQ(quote->certification_type, 5);
  EXPECT_EQ(quote->report.mr_enclave, report.mr_enclave);
  EXPECT_EQ(AsText(quote->certification_data), Vendor().PckChainPem());
  EXPECT_EQ(quote->whole.size(), bytes.size());
  EXPECT_EQ(Vendor().QuoteBody(ByteVector(383)).error().where, "sim.report_size");
}

TEST(SimulatedIntel, ReissueKeepsTheKeys) {
  SimulatedIntelSpec spec = Vendor().spec();
  spec.pck.serial = {0x77};
  const SimulatedIntel again = Vendor().Reissue(spec).value();
  EXPECT_EQ(again.root().public_key, Vendor().root().public_key);
  EXPECT_NE(again.PckChainPem(), Vendor().PckChainPem());
  EXPECT_EQ(again.Export().at("pck.key"), Vendor().Export().at("pck.key"));
}

TEST(SimulatedIntel, ImportGivesBackTheSameVendor) {
  const auto files = Vendor().Export();
  const auto again = SimulatedIntel::Import(files);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->Export(), files);
  EXPECT_EQ(again->spec().platform.fmspc, Vendor().spec().platform.fmspc);
  EXPECT_TRUE(IntelEndorsements::Load(again->Documents(kNow).value(), {Vendor().Anchor().value()}));
}

TEST(SimulatedIntel, ImportRefusesEveryMissingPart) {
  for (const auto& [name, content] : Vendor().Export()) {
    auto files = Vendor().Export();
    files.erase(name);
    const auto vendor = SimulatedIntel::Import(files);
    ASSERT_FALSE(vendor) << name;
    EXPECT_EQ(vendor.error().where, "sim.import") << name;
    EXPECT_NE(vendor.error().detail.find(name), std::string::npos) << vendor.error().detail;
  }
}

TEST(SimulatedIntel, ImportRefusesPartsOfTwoVendors) {
  const SimulatedIntel other = SimulatedIntel::Create().value();
  const auto where = [&](std::initializer_list<std::string> names) {
    auto files = Vendor().Export();
    for (const std::string& name : names) files[name] = other.Export().at(name);
    const auto vendor = SimulatedIntel::Import(files);
    return vendor ? "" : std::string(vendor.error().where);
  };
  EXPECT_EQ(where({"pck.key"}), "sim.import");
  EXPECT_EQ(where({"root.pem"}), "sim.import");
  EXPECT_EQ(where({"root.key", "root.pem"}), "intel.pck_chain.intermediate");
  EXPECT_EQ(where({"pck.key", "pck.pem"}), "intel.pck_chain.leaf");
  EXPECT_EQ(where({"tcb-signing.key", "tcb-signing.pem"}), "intel.tcb_signer.signature");
  EXPECT_EQ(where({"attestation.key"}), "") << "the platform may make a new attestation key at any time";
}

TEST(SimulatedIntel, ImportRefusesAKeyOfAnotherKind) {
  auto files = Vendor().Export();
  files["attestation.key"] = PrivateKey::GenerateRsa(2048)->ToPem();
  EXPECT_EQ(SimulatedIntel::Import(files).error().where, "sim.import");
}

}  // namespace
}  // namespace vidimus
