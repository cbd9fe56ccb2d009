// The specification of SGX verification, one spoiled thing at a time: intel-dcap section 6, by what each refusal is called.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::Judge;
using testing::kSimulatedNow;
using testing::SgxCase;
using testing::Spoiled;
using testing::WhereOf;

using Spec = SimulatedIntelSpec;

const SimulatedIntel& OtherVendor() {
  static const SimulatedIntel vendor = SimulatedIntel::Create().value();
  return vendor;
}

ByteVector DocumentOf(const SimulatedIntel& vendor, const std::string& name) {
  const auto documents = vendor.Documents(kSimulatedNow).value();
  for (const NamedDocument& document : documents)
    if (document.name == name) return document.content;
  ADD_FAILURE() << "no document " << name;
  return {};
}

void Remove(SgxCase& c, std::string_view name) {
  EXPECT_GT(std::erase_if(c.documents, [&](const NamedDocument& d) { return d.name.find(name) != std::string::npos; }), 0U) << name;
}

void Replace(SgxCase& c, const std::string& name, ByteVector content) {
  Remove(c, name);
  c.documents.push_back({name, std::move(content)});
}

TEST(SimulatedSgx, AGoodQuoteVerifiesAndIsUpToDate) {
  const auto outcome = Judge({});
  EXPECT_EQ(outcome.where, "");
  ASSERT_TRUE(outcome.tcb);
  EXPECT_EQ(outcome.tcb->status, TcbStatus::kUpToDate);
  EXPECT_TRUE(outcome.tcb->advisory_ids.empty());
  EXPECT_EQ(outcome.tcb->evaluation_data_number, 20);
}

TEST(SimulatedSgx, AProcessorCaPlatformVerifiesToo) {
  EXPECT_EQ(WhereOf([](Spec& s) {
              s.pck_ca.common_name = kIntelProcessorCaName;
              s.platform.platform_instance_id.reset();
            }),
            "");
}

// Checks 19 and 20: dates are inclusive at both ends (section 3.5).
TEST(SimulatedSgx, CertificatesAreJudgedToTheSecond) {
  struct Row {
    SimulatedCertificate Spec::* certificate;
    std::string_view where;
  };
  for (const auto& [certificate, where] :
       {Row{&Spec::root, "sgx.pck_chain.validity"}, Row{&Spec::pck_ca, "sgx.pck_chain.validity"}, Row{&Spec::pck, "sgx.pck_chain.validity"},
        Row{&Spec::tcb_signer, "sgx.tcb_info.signer_validity"}}) {
    const auto with = [&](UnixTime not_before, UnixTime not_after) {
      return Judge(SgxCase(Spoiled([&](Spec& s) {
        (s.*certificate).not_before = not_before;
        (s.*certificate).not_after = not_after;
      })));
    };
    EXPECT_EQ(with(kSimulatedNow, kSimulatedNow).where, "") << where;
    EXPECT_EQ(with(kSimulatedNow - 10, kSimulatedNow - 1).where, where);
    EXPECT_EQ(with(kSimulatedNow + 1, kSimulatedNow + 10).where, where);
    EXPECT_EQ(with(kSimulatedNow + 1, kSimulatedNow + 10).code, ErrorCode::kExpired);
  }
}

TEST(SimulatedSgx, DocumentsAndRevocationListsAreJudgedToTheSecond) {
  struct Row {
    SimulatedPeriod Spec::* period;
    std::string_view where;
  };
  for (const auto& [period, where] :
       {Row{&Spec::tcb_info_period, "sgx.tcb_info.validity"}, Row{&Spec::qe_identity_period, "sgx.qe_identity.validity"},
        Row{&Spec::root_crl_period, "sgx.crl.validity"}, Row{&Spec::pck_crl_period, "sgx.crl.validity"}}) {
    const auto with = [&](int64_t issued, int64_t next_update, bool ignore) {
      SgxCase c(Spoiled([&](Spec& s) { s.*period = {issued, next_update}; }));
      c.settings.expiry.ignored = ignore;
      return Judge(c);
    };
    EXPECT_EQ(with(0, 0, false).where, "") << where << ": t == nextUpdate is valid";
    EXPECT_EQ(with(-10, -1, false).where, where) << "one second past";
    EXPECT_EQ(with(-10, -1, false).code, ErrorCode::kExpired);
    EXPECT_EQ(with(1, 10, false).where, where) << "issued in the future";
    EXPECT_EQ(with(1, 10, true).where, where) << "the setting forgives expiry only";
    // Section 4.8: nextUpdate of TCB info and identities may be disregarded, that of a CRL never.
    EXPECT_EQ(with(-10, -1, true).where, where == "sgx.crl.validity" ? where : "");
  }
}

// Check 18.
TEST(SimulatedSgx, RevokedCertificatesAreRefused) {
  const Spec& good = GoodVendor().spec();
  EXPECT_EQ(WhereOf([&](Spec& s) { s.pck_revoked = {{1}, good.pck.serial, {2}}; }), "sgx.pck.revoked");
  EXPECT_EQ(WhereOf([&](Spec& s) { s.root_revoked = {good.pck_ca.serial}; }), "sgx.pck_ca.revoked");
  EXPECT_EQ(WhereOf([&](Spec& s) { s.root_revoked = {good.tcb_signer.serial}; }), "sgx.tcb_signer.revoked");
  EXPECT_EQ(Judge(SgxCase(Spoiled([&](Spec& s) { s.pck_revoked = {good.pck.serial}; }))).code, ErrorCode::kRevoked);
}

// Section 3.4: serials are unsigned integers, and each belongs to its issuer.
TEST(SimulatedSgx, SerialsAreComparedAsNumbersOfTheirIssuer) {
  for (const ByteVector& serial : {ByteVector{0x80, 0x01}, ByteVector{0x01}, ByteVector(20, 0x7f)}) {
    ByteVector padded = serial;
    if (padded.size() < 20) padded.insert(padded.begin(), 0);
    EXPECT_EQ(WhereOf([&](Spec& s) {
                s.pck.serial = serial;
                s.pck_revoked = {padded};
              }),
              "sgx.pck.revoked");
  }
  const Spec& good = GoodVendor().spec();
  EXPECT_EQ(WhereOf([&](Spec& s) { s.root_revoked = {good.pck.serial}; }), "") << "the root did not issue the PCK certificate";
  EXPECT_EQ(WhereOf([&](Spec& s) { s.pck_revoked = {good.pck_ca.serial, good.tcb_signer.serial}; }), "");
}

// Checks 17 and 22.
TEST(SimulatedSgx, ARevocationListOfAnotherIssuerIsRefused) {
  SgxCase c;
  Replace(c, "pck-ca.crl", DocumentOf(Spoiled([](Spec& s) { s.pck_ca.common_name = kIntelProcessorCaName; }), "pck-ca.crl"));
  EXPECT_EQ(WhereOf(c), "intel.select.pck_crl") << "the Processor CA's, for a Platform CA quote";
  Replace(c, "pck-ca.crl", DocumentOf(OtherVendor(), "pck-ca.crl"));
  EXPECT_EQ(WhereOf(c), "intel.crl.signature") << "the same name, and the CA that is held did not sign it";
  Remove(c, "pck-ca-chain");
  EXPECT_EQ(WhereOf(c), "sgx.pck_crl.signature") << "the CA of the quote did not sign it";

  SgxCase root;
  Replace(root, "root-ca.crl", DocumentOf(OtherVendor(), "root-ca.crl"));
  EXPECT_EQ(WhereOf(root), "intel.crl.signature") << "signed by no trusted root";
  root.anchors.push_back(OtherVendor().Anchor().value());
  EXPECT_EQ(WhereOf(root), "intel.select.root_crl") << "signed by a trusted root, not by the one of the chain";
}

// Roots of simulated vendors share a name; only the key tells whose endorsements hold for a platform.
TEST(SimulatedSgx, OneVendorsEndorsementsDoNotHoldForAnothersPlatforms) {
  SgxCase c;
  c.anchors.push_back(OtherVendor().Anchor().value());
  c.quote = OtherVendor().Quote({}).value();
  EXPECT_EQ(WhereOf(c), "intel.select.tcb_info");
}

// Check 15, and design invariant 6.
TEST(SimulatedSgx, AnUnknownRootIsRefused) {
  SgxCase c;
  c.quote = OtherVendor().Quote({}).value();
  EXPECT_EQ(WhereOf(c), "intel.root.untrusted");
  SgxCase production;
  production.anchors = {IntelRootAnchor()};
  production.documents.clear();
  EXPECT_EQ(WhereOf(production), "intel.root.untrusted");
}

TEST(SimulatedSgx, ARefusalNamesTheDocumentThatIsNotHeld) {
  const auto without = [](std::string_view name) {
    SgxCase c;
    Remove(c, name);
    return WhereOf(c);
  };
  EXPECT_EQ(without("tcb-info"), "intel.select.tcb_info");
  EXPECT_EQ(without("qe-identity"), "intel.select.qe_identity") << "section 6: Intel's library takes it for optional";
  EXPECT_EQ(without("root-ca.crl"), "intel.select.root_crl");
  EXPECT_EQ(without("pck-ca.crl"), "intel.select.pck_crl");
  EXPECT_EQ(without("tcb-signing-chain"), "intel.tcb_info.signature");
  EXPECT_EQ(without(""), "intel.select.tcb_info") << "nothing at all";
}

// Check 26.
TEST(SimulatedSgx, TcbInfoOfAnotherPlatformIsRefused) {
  const auto judged_by = [](const SimulatedIntel& publisher) {
    SgxCase c;
    c.documents = publisher.Documents(kSimulatedNow).value();
    return WhereOf(c);
  };
  EXPECT_EQ(judged_by(Spoiled([](Spec& s) { s.platform.fmspc[5] ^= 1; })), "intel.select.tcb_info");
  EXPECT_EQ(judged_by(Spoiled([](Spec& s) { s.platform.pce_id[1] ^= 1; })), "sgx.tcb_info.pce_id");
}

// Section 5.9: the baseline asked for decides, and nothing else stands in for it.
TEST(SimulatedSgx, TheEvaluationNumberAskedForIsTheOneJudgedBy) {
  SgxCase c;
  c.number = 19;
  EXPECT_EQ(Judge(c).tcb->evaluation_data_number, 19);
  c.number = 20;
  EXPECT_EQ(Judge(c).tcb->evaluation_data_number, 20);
  for (const int64_t number : {0, 18, 21}) {
    c.number = number;
    EXPECT_EQ(WhereOf(c), "intel.select.tcb_info") << number;
  }
}

// Section 4.5: the numbers of TCB info and identity may differ; the smaller is reported.
TEST(SimulatedSgx, DifferentEvaluationNumbersReportTheSmaller) {
  SgxCase c;
  Remove(c, "tcb-info-19");
  Remove(c, "qe-identity-20");
  EXPECT_EQ(WhereOf(c), "");
  EXPECT_EQ(Judge(c).tcb->evaluation_data_number, 19);
}

constexpr TcbStatus kAllStatuses[] = {TcbStatus::kUpToDate,
                                      TcbStatus::kSwHardeningNeeded,
                                      TcbStatus::kConfigurationNeeded,
                                      TcbStatus::kConfigurationAndSwHardeningNeeded,
                                      TcbStatus::kOutOfDate,
                                      TcbStatus::kOutOfDateConfigurationNeeded,
                                      TcbStatus::kRevoked};

// Check 34 and section 5.7.
TEST(SimulatedSgx, EveryTcbStatusIsAcceptedOnlyWhereTheSettingsSaySo) {
  const SgxSettings defaults;
  for (const TcbStatus status : kAllStatuses) {
    const std::string name(TcbStatusName(status));
    SgxCase c(Spoiled([&](Spec& s) { s.tcb_levels[0].verdict = {status, 1700000000, {"INTEL-SA-2", "INTEL-SA-1"}}; }));
    const bool revoked = status == TcbStatus::kRevoked;
    const std::string refused = revoked ? "sgx.tcb.revoked" : "sgx.tcb.status";
    EXPECT_EQ(WhereOf(c), defaults.accepted_tcb.contains(status) ? "" : refused) << name;
    c.settings.accepted_tcb = {status};
    EXPECT_EQ(WhereOf(c), revoked ? refused : "") << name << ": Revoked is refused whatever the set holds";
    c.settings.accepted_tcb = {kAllStatuses, kAllStatuses + std::size(kAllStatuses)};
    c.settings.accepted_tcb.erase(status);
    const auto outcome = Judge(c);
    EXPECT_EQ(outcome.where, refused) << name;
    ASSERT_TRUE(outcome.tcb) << name << ": a refused status is still reported";
    EXPECT_EQ(outcome.tcb->status, status);
    EXPECT_EQ(outcome.tcb->date, 1700000000);
    EXPECT_EQ(outcome.tcb->advisory_ids, (std::vector<std::string>{"INTEL-SA-1", "INTEL-SA-2"}));
  }
}

// Section 5.2: every component and the PCESVN must reach the level.
TEST(SimulatedSgx, EachComponentBelowALevelLeadsToTheNextLevel) {
  for (size_t i = 0; i < 17; ++i) {
    const SimulatedIntel vendor = Spoiled([&](Spec& s) {
      s.platform.components.fill(5);
      s.tcb_levels[0].components.fill(5);
      s.tcb_levels[1].components.fill(4);
      s.tcb_levels[1].pce_svn = static_cast<uint16_t>(s.platform.pce_svn - 1);
      if (i < 16) s.platform.components[i] = 4;
      if (i == 16) --s.platform.pce_svn;
    });
    const auto outcome = Judge(SgxCase(vendor));
    EXPECT_EQ(outcome.where, "sgx.tcb.status") << i;
    ASSERT_TRUE(outcome.tcb);
    EXPECT_EQ(outcome.tcb->status, TcbStatus::kOutOfDate) << i;
  }
}

// Check 33.
TEST(SimulatedSgx, APlatformOrQuotingEnclaveBelowEveryLevelIsRefused) {
  EXPECT_EQ(WhereOf([](Spec& s) {
              s.tcb_levels.resize(1);
              ++s.tcb_levels[0].pce_svn;
            }),
            "sgx.tcb.platform_level");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.isv_svn = 4; }), "sgx.tcb.qe_level") << "the lowest level held is 5";
}

TEST(SimulatedSgx, AnOldQuotingEnclaveMakesThePlatformOutOfDate) {
  for (const uint16_t svn : {uint16_t{5}, uint16_t{7}}) {
    const auto outcome = Judge(SgxCase(Spoiled([&](Spec& s) { s.qe.isv_svn = svn; })));
    EXPECT_EQ(outcome.where, "sgx.tcb.status");
    ASSERT_TRUE(outcome.tcb);
    EXPECT_EQ(outcome.tcb->status, TcbStatus::kOutOfDate);
    EXPECT_EQ(outcome.tcb->advisory_ids, (std::vector<std::string>{"INTEL-SA-00477"}));
  }
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.isv_svn = 9; }), "");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe_identity.levels[0].verdict.status = TcbStatus::kRevoked; }), "sgx.tcb.revoked");
}

// Check 31.
TEST(SimulatedSgx, AnotherEnclaveThanTheQuotingEnclaveIsRefused) {
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.mr_signer[31] ^= 1; }), "sgx.qe_identity.mr_signer");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.isv_prod_id = 2; }), "sgx.qe_identity.isv_prod_id");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.misc_select[3] = 1; }), "sgx.qe_identity.misc_select");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.flags |= kSgxFlagDebug; }), "sgx.qe_identity.attributes");
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.flags &= ~kSgxFlagMode64; }), "") << "section 4.4: the mask ignores MODE64";
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe.xfrm = 0xe7; }), "") << "and XFRM";
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe_identity.id = "TD_QE"; }), "intel.select.qe_identity");
  // Section 4.4: the identity's value is not masked.
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe_identity.attributes[0] |= kSgxFlagMode64; }), "sgx.qe_identity.attributes");
}

// Checks 23, 30 and 35: what is signed but malformed fails the load.
TEST(SimulatedSgx, SignedDocumentsOfAnotherFormAreRefused) {
  EXPECT_EQ(WhereOf([](Spec& s) { s.tcb_levels.clear(); }), "intel.tcb_info.format");
  EXPECT_EQ(WhereOf([](Spec& s) { s.tcb_levels.push_back(s.tcb_levels[1]); }), "intel.tcb_info.format") << "two levels of the same SVNs";
  EXPECT_EQ(WhereOf([](Spec& s) { s.qe_identity.levels.clear(); }), "intel.qe_identity.format");
  EXPECT_EQ(WhereOf([](Spec& s) { s.evaluation_data_numbers = {-1}; }), "intel.tcb_info.format");
}

TEST(SimulatedSgx, TheOrderOfLevelsInADocumentDoesNotMatter) {
  EXPECT_EQ(WhereOf([](Spec& s) {
              std::swap(s.tcb_levels.front(), s.tcb_levels.back());
              std::swap(s.qe_identity.levels.front(), s.qe_identity.levels.back());
            }),
            "");
}

// Check 24: what another signer signed.
TEST(SimulatedSgx, DocumentsOfAnotherSignerAreRefused) {
  SgxCase c;
  Replace(c, "tcb-info-20.json", DocumentOf(OtherVendor(), "tcb-info-20.json"));
  EXPECT_EQ(WhereOf(c), "intel.tcb_info.signature");
  SgxCase identity;
  Replace(identity, "qe-identity-20.json", DocumentOf(OtherVendor(), "qe-identity-20.json"));
  EXPECT_EQ(WhereOf(identity), "intel.qe_identity.signature");
  SgxCase chain;
  Replace(chain, "tcb-signing-chain.pem", DocumentOf(OtherVendor(), "tcb-signing-chain.pem"));
  EXPECT_EQ(WhereOf(chain), "intel.tcb_signer.signature");
}

}  // namespace
}  // namespace vidimus
