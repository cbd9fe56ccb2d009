#include "endorsement/intel_chain.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_vendor.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using namespace testing;

const std::string kRoot(kIntelRootName), kPlatform(kIntelPlatformCaName), kPck(kIntelPckName), kSigning(kIntelTcbSigningName);

struct Vendor {
  TestKey root, ca, pck, other;
  CertificateParts root_parts = CaParts(kRoot, kRoot, 1);
  CertificateParts ca_parts = CaParts(kPlatform, kRoot, 0);
  CertificateParts pck_parts = LeafParts(kPck, kPlatform);

  std::vector<TrustAnchor> Anchors() const { return {{"simulated", P256PublicKey::FromRaw(root.Public()).value()}}; }
  Certificate Root() const { return ParseCertificate(IssueTestCertificate(root_parts, root, root)).value(); }
  std::vector<Certificate> Chain() const {
    return {ParseCertificate(IssueTestCertificate(pck_parts, pck, ca)).value(),
            ParseCertificate(IssueTestCertificate(ca_parts, ca, root)).value(), Root()};
  }
};

template <typename T>
std::string_view Where(const Result<T>& result) {
  return result ? "accepted" : result.error().where;
}

std::string_view Refusal(const Vendor& vendor) { return Where(VerifyPckChain(vendor.Chain(), vendor.Anchors())); }

TEST(IntelChain, TheRecordedChainsHoldInAnyOrder) {
  VIDIMUS_REQUIRE_VECTORS();
  for (const char* quote : {"sgx-v3-00906ed50000-azure-intelsdk.bin", "sgx-v3-00606a000000-oasis.bin"}) {
    std::vector<Certificate> chain;
    for (const ByteVector& der : ReadQuoteChain(quote)) chain.push_back(ParseCertificate(der).value());
    std::vector<size_t> order = {0, 1, 2};
    do {
      const auto held = VerifyPckChain({chain[order[0]], chain[order[1]], chain[order[2]]}, {IntelRootAnchor()}).value();
      EXPECT_EQ(held.pck.der, chain[0].der);
      EXPECT_EQ(held.intermediate.der, chain[1].der);
      EXPECT_EQ(held.root.der, chain[2].der);
      EXPECT_EQ(held.anchor.name, "intel-sgx-root");
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(Where(VerifyPckChain(chain, {})), "intel.root.untrusted");
    EXPECT_EQ(Where(VerifyPckChain(chain, Vendor().Anchors())), "intel.root.untrusted") << "a simulated root vouches for no Intel chain";
    EXPECT_EQ(Where(VerifyPckChain({chain[0], chain[1]}, {IntelRootAnchor()})), "intel.pck_chain.length");
    EXPECT_EQ(Where(VerifyPckChain({chain[0], chain[1], chain[2], chain[2]}, {IntelRootAnchor()})), "intel.pck_chain.length");
    EXPECT_EQ(Where(VerifyPckChain({chain[0], chain[1], chain[1]}, {IntelRootAnchor()})), "intel.pck_chain.roles");
    EXPECT_EQ(Where(VerifyPckChain({chain[0], chain[0], chain[2]}, {IntelRootAnchor()})), "intel.pck_chain.roles");
  }
}

TEST(IntelChain, ACertificateOfAnotherChainDoesNotFit) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto one = ReadQuoteChain("sgx-v3-00906ed50000-azure-intelsdk.bin");  // Processor CA
  const auto two = ReadQuoteChain("sgx-v3-00606a000000-oasis.bin");           // Platform CA
  const auto chain = [](const ByteVector& pck, const ByteVector& ca, const ByteVector& root) {
    return Where(
        VerifyPckChain({ParseCertificate(pck).value(), ParseCertificate(ca).value(), ParseCertificate(root).value()}, {IntelRootAnchor()}));
  };
  EXPECT_EQ(chain(one[0], two[1], one[2]), "intel.pck_chain.leaf");
  EXPECT_EQ(chain(two[0], one[1], two[2]), "intel.pck_chain.leaf");
  EXPECT_EQ(chain(one[0], one[1], two[2]), "accepted") << "one root for both";
}

TEST(IntelChain, ASimulatedChainHoldsUnderItsOwnRootOnly) {
  const Vendor vendor;
  EXPECT_EQ(Refusal(vendor), "accepted");
  EXPECT_EQ(Where(VerifyPckChain(vendor.Chain(), {IntelRootAnchor()})), "intel.root.untrusted");
  EXPECT_EQ(SimulatedAnchor(vendor.Root()).value().name, "simulated");
}

TEST(IntelChain, NamesAreExact) {
  Vendor vendor;
  vendor.pck_parts.subject += " ";
  EXPECT_EQ(Refusal(vendor), "intel.pck_chain.roles");
  vendor = {};
  vendor.ca_parts.subject = "Intel SGX PCK Platform ca";
  EXPECT_EQ(Refusal(vendor), "intel.pck_chain.roles");
  vendor = {};
  vendor.root_parts.subject = vendor.root_parts.issuer = "Another Root CA";
  EXPECT_EQ(Refusal(vendor), "intel.pck_chain.roles");
  EXPECT_EQ(Where(SimulatedAnchor(vendor.Root())), "intel.root.name");
  vendor = {};
  vendor.root_parts.issuer = "Another Root CA";
  EXPECT_EQ(Refusal(vendor), "intel.root.name") << "a root issues itself";
}

TEST(IntelChain, EachCertificateIsIssuedBySubjectAndSignedByKeyOfTheNext) {
  Vendor vendor;
  vendor.pck_parts.issuer = std::string(kIntelProcessorCaName);
  EXPECT_EQ(Refusal(vendor), "intel.pck_chain.leaf");
  vendor = {};
  vendor.ca_parts.issuer = "Another Root CA";
  EXPECT_EQ(Refusal(vendor), "intel.pck_chain.intermediate");
  vendor = {};
  auto chain = vendor.Chain();
  chain[0] = ParseCertificate(IssueTestCertificate(vendor.pck_parts, vendor.pck, vendor.other)).value();
  EXPECT_EQ(Where(VerifyPckChain(chain, vendor.Anchors())), "intel.pck_chain.leaf");
  chain = vendor.Chain();
  chain[1] = ParseCertificate(IssueTestCertificate(vendor.ca_parts, vendor.ca, vendor.other)).value();
  EXPECT_EQ(Where(VerifyPckChain(chain, vendor.Anchors())), "intel.pck_chain.intermediate");
  chain = vendor.Chain();
  chain[2] = ParseCertificate(IssueTestCertificate(vendor.root_parts, vendor.root, vendor.other)).value();
  EXPECT_EQ(Where(VerifyPckChain(chain, vendor.Anchors())), "intel.root.signature");
}

TEST(IntelChain, WhatIsHeldUnderTheSameRootNeedsNoSecondLookAndNothingElseDoes) {
  const Vendor vendor;
  const auto chain = vendor.Chain();
  const P256PublicKey ca_key = P256PublicKey::FromRaw(chain[1].public_key).value();
  auto spoiled = chain;
  spoiled[1].signature[63] ^= 1;  // as if its signature had been found good before
  std::vector<std::string> asked;
  const auto holds = [&](const std::string& name) {
    return [&asked, &ca_key, name](const Certificate& certificate, const TrustAnchor& anchor) -> const P256PublicKey* {
      asked.push_back(certificate.subject_common_name + " under " + anchor.name);
      return certificate.subject_common_name == name ? &ca_key : nullptr;
    };
  };
  EXPECT_EQ(Where(VerifyPckChain(spoiled, vendor.Anchors(), holds(std::string(kIntelPlatformCaName)))), "accepted");
  EXPECT_THAT(asked, ::testing::ElementsAre("Intel SGX Root CA under simulated", "Intel SGX PCK Platform CA under simulated"));
  EXPECT_EQ(Where(VerifyPckChain(spoiled, vendor.Anchors(), holds(std::string(kIntelRootName)))), "intel.pck_chain.intermediate");
  spoiled = chain;
  spoiled[0].signature[63] ^= 1;
  EXPECT_EQ(Where(VerifyPckChain(spoiled, vendor.Anchors(), holds(std::string(kIntelPckName)))), "intel.pck_chain.leaf");
}

TEST(IntelChain, ALeafAloneIsHeldToWhatItIsHeldToInAChain) {
  const Vendor vendor;
  const auto chain = vendor.Chain();
  const P256PublicKey ca_key = P256PublicKey::FromRaw(chain[1].public_key).value();
  const P256PublicKey other_key = P256PublicKey::FromRaw(vendor.other.Public()).value();
  EXPECT_EQ(Where(VerifyPckLeaf(chain[0], chain[1], ca_key)), "accepted");
  EXPECT_EQ(Where(VerifyPckLeaf(chain[0], chain[1], other_key)), "intel.pck_chain.leaf");
  EXPECT_EQ(Where(VerifyPckLeaf(chain[0], chain[2], ca_key)), "intel.pck_chain.leaf") << "of another issuer by name";
  EXPECT_EQ(Where(VerifyPckLeaf(chain[1], chain[2], vendor.Anchors()[0].key)), "intel.pck_chain.roles") << "a CA is no platform";
}

// intel-dcap section 3.1: required of every certificate of the chain, whatever its role.
TEST(IntelChain, EveryRequiredExtensionIsRequiredInEveryRole) {
  using Part = ByteVector CertificateParts::*;
  const auto roles = {&Vendor::root_parts, &Vendor::ca_parts, &Vendor::pck_parts};
  for (const Part part : {&CertificateParts::authority_key_id, &CertificateParts::subject_key_id, &CertificateParts::distribution_points,
                          &CertificateParts::key_usage, &CertificateParts::basic_constraints})
    for (const auto role : roles) {
      Vendor vendor;
      ((vendor.*role).*part).clear();
      EXPECT_EQ(Refusal(vendor), "intel.certificate.extensions");
    }
  for (const auto role : roles) {
    Vendor vendor;
    (vendor.*role).more = ExtensionOf("\x2a\x03", {}, true);
    EXPECT_EQ(Refusal(vendor), "intel.certificate.extensions") << "an unknown critical one";
  }
}

TEST(IntelChain, KeyUsageAndBasicConstraintsFitTheRoleAndAreCritical) {
  const auto with = [](CertificateParts Vendor::* role, ByteVector CertificateParts::* part, const ByteVector& value) {
    Vendor vendor;
    (vendor.*role).*part = value;
    return Refusal(vendor);
  };
  const auto usage = &CertificateParts::key_usage;
  const auto constraints = &CertificateParts::basic_constraints;
  EXPECT_EQ(with(&Vendor::ca_parts, usage, KeyUsageOf(0x06, false)), "intel.certificate.extensions");
  EXPECT_EQ(with(&Vendor::ca_parts, constraints, CaConstraints(0, false)), "intel.certificate.extensions");
  EXPECT_EQ(with(&Vendor::root_parts, constraints, CaConstraints(0)), "intel.certificate.basic_constraints");
  EXPECT_EQ(with(&Vendor::ca_parts, constraints, CaConstraints(1)), "intel.certificate.basic_constraints");
  EXPECT_EQ(with(&Vendor::ca_parts, constraints, NoCaConstraints()), "intel.certificate.basic_constraints");
  EXPECT_EQ(with(&Vendor::pck_parts, constraints, CaConstraints(0)), "intel.certificate.basic_constraints");
  EXPECT_EQ(with(&Vendor::ca_parts, usage, KeyUsageOf(0x04)), "intel.certificate.key_usage") << "no cRLSign";
  EXPECT_EQ(with(&Vendor::ca_parts, usage, KeyUsageOf(0x02)), "intel.certificate.key_usage") << "no keyCertSign";
  EXPECT_EQ(with(&Vendor::pck_parts, usage, KeyUsageOf(0x40)), "intel.certificate.key_usage") << "no digitalSignature";
  EXPECT_EQ(with(&Vendor::pck_parts, usage, KeyUsageOf(0x84)), "intel.certificate.key_usage") << "a leaf that signs certificates";
}

TEST(IntelChain, ASigningCertificateIsSignedByTheRootItself) {
  const Vendor vendor;
  const TestKey signer;
  const auto check = [&](const CertificateParts& parts, const TestKey& issuer) {
    return Where(VerifySignedByRoot(ParseCertificate(IssueTestCertificate(parts, signer, issuer)).value(), vendor.Anchors()));
  };
  EXPECT_EQ(check(LeafParts(kSigning, kRoot), vendor.root), "accepted");
  EXPECT_EQ(check(CaParts(kPlatform, kRoot, 0), vendor.root), "accepted");
  EXPECT_EQ(check(LeafParts(kSigning, kRoot), vendor.ca), "intel.tcb_signer.signature");
  EXPECT_EQ(check(LeafParts(kSigning, kPlatform), vendor.root), "intel.tcb_signer.signature");
  EXPECT_EQ(check(LeafParts("Intel SGX TCB Signin", kRoot), vendor.root), "intel.tcb_signer.name");
  EXPECT_EQ(check(LeafParts(kPlatform, kRoot), vendor.root), "intel.certificate.basic_constraints");
  EXPECT_EQ(check(CaParts(kSigning, kRoot, 0), vendor.root), "intel.certificate.basic_constraints");
}

TEST(IntelChain, TheProductionRootIsTheRecordedOne) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto root = ParseCertificate(ReadVector("intel/collateral/chains/intel_sgx_root_ca.der")).value();
  EXPECT_TRUE(Equal(IntelRootAnchor().key.raw(), root.public_key));
  EXPECT_EQ(Where(VerifyRoot(root, {IntelRootAnchor()})), "accepted");
}

}  // namespace
}  // namespace vidimus
