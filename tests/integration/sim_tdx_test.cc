// A simulated TDX machine: good evidence verifies, and each thing spoiled alone is refused by the check that is for it.
#include <set>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "claims/catalogue.h"
#include "crypto/digest.h"
#include "tests/support/simulated_sgx.h"
#include "verify/tdx_claims.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::Spoiled;
using Spec = SimulatedIntelSpec;

struct TdxCase {
  explicit TdxCase(const TdReportFields& fields = {}, const SimulatedIntel& vendor = GoodVendor())
      : quote(vendor.QuoteTd(fields).value()), documents(vendor.Documents(kSimulatedNow).value()) {}

  ByteVector quote;
  std::vector<NamedDocument> documents;
  std::optional<Bytes> runtime_data, init_time_data;
  TdxSettings settings;
};

// `endorsements` must outlive the result.
TdxVerification Verify(const TdxCase& c, const IntelEndorsements& endorsements) {
  return VerifyTdx({c.quote, c.runtime_data, c.init_time_data}, endorsements, {}, c.settings, kSimulatedNow);
}

struct Outcome {
  std::string where;  // empty when verified
  std::optional<TcbVerdict> tcb;
};

Outcome Judge(const TdxCase& c) {
  const auto endorsements = IntelEndorsements::Load(c.documents, {GoodVendor().Anchor().value()});
  if (!endorsements) return {std::string(endorsements.error().where), {}};
  const TdxVerification result = Verify(c, *endorsements);
  if (result.verified) return {"", result.tcb};
  const auto checks = result.checks.all();
  EXPECT_FALSE(checks.empty() || checks.back().passed) << "design, invariant 2: a refusal is a check that failed";
  return {std::string(result.verified.error().where), result.tcb};
}

std::string WhereOf(const std::function<void(Spec&)>& spoil) { return Judge(TdxCase({}, Spoiled(spoil))).where; }

std::string WhereOfReport(const std::function<void(TdReportFields&)>& spoil) {
  TdReportFields fields;
  spoil(fields);
  return Judge(TdxCase(fields)).where;
}

TEST(SimulatedTdx, GoodEvidenceIsUpToDateInBothFormsOfReport) {
  TdReportFields later;
  later.v1_5.emplace().tee_tcb_svn_2 = later.tee_tcb_svn;
  for (const TdReportFields& fields : {TdReportFields{}, later}) {
    const Outcome outcome = Judge(TdxCase(fields));
    EXPECT_EQ(outcome.where, "");
    EXPECT_EQ(outcome.tcb->status, TcbStatus::kUpToDate);
    EXPECT_EQ(outcome.tcb->evaluation_data_number, 20);
  }
}

TEST(SimulatedTdx, EvidenceOfOneTeeIsNoneOfTheOther) {
  EXPECT_EQ(ParseSgxQuote(GoodVendor().QuoteTd({}).value()).error().where, "sgx.quote.tee_type");
  EXPECT_EQ(ParseTdxQuote(GoodVendor().Quote({}).value()).error().where, "tdx.quote.version");
}

// Every octet that is signed, and the signatures: none may change.
TEST(SimulatedTdx, NoBitOfTheQuoteMayFlip) {
  const TdxCase good;
  const auto certificates = static_cast<size_t>(ParseTdxQuote(good.quote)->certification_data.data() - good.quote.data());
  const auto endorsements = IntelEndorsements::Load(good.documents, {GoodVendor().Anchor().value()}).value();
  for (size_t i = 0; i < certificates; ++i) {
    TdxCase c = good;
    c.quote[i] ^= 1;
    ASSERT_FALSE(Verify(c, endorsements).verified) << "offset " << i;
  }
}

// intel-dcap section 6, check 27.
TEST(SimulatedTdx, TheModuleMustBeOneThatTheTcbInfoKnows) {
  EXPECT_EQ(WhereOf([](Spec& s) { s.module_identities.clear(); }), "tdx.module.identity");
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.tee_tcb_svn[1] = 2; }), "tdx.module.identity");
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.mr_signer_seam[0] = 1; }), "tdx.module.mr_signer");
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.seam_attributes[7] = 1; }), "tdx.module.attributes");
  EXPECT_EQ(WhereOf([](Spec& s) { s.module_identities[0].module.mr_signer[47] = 1; }), "tdx.module.mr_signer");
  // Section 5.3: they must be zero whatever the identity says.
  TdReportFields fields;
  fields.seam_attributes[0] = 1;
  EXPECT_EQ(Judge(TdxCase(fields, Spoiled([](Spec& s) { s.module_identities[0].module.attributes[0] = 1; }))).where,
            "tdx.module.attributes");
}

TEST(SimulatedTdx, AModuleWithoutMajorVersionIsTheFirst) {
  const auto first = [](TdReportFields& f) { f.tee_tcb_svn[1] = 0; };
  EXPECT_EQ(WhereOfReport(first), "") << "no identity, and no level of its own";
  TdReportFields fields;
  first(fields);
  EXPECT_EQ(Judge(TdxCase(fields, Spoiled([](Spec& s) { s.module.mr_signer[0] = 1; }))).where, "tdx.module.mr_signer");
}

// Checks 33 and 34.
TEST(SimulatedTdx, PlatformModuleAndQuotingEnclaveEachHaveTheirLevel) {
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.tee_tcb_svn[0] = 1; }), "tdx.tcb.module_level");
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.tee_tcb_svn[0] = 2; }), "tdx.tcb.status") << "OutOfDate is not accepted by default";
  EXPECT_EQ(WhereOfReport([](TdReportFields& f) { f.tee_tcb_svn[2] = 6; }), "tdx.tcb.status") << "the platform's next level";
  EXPECT_EQ(WhereOf([](Spec& s) { s.tcb_levels.resize(1), s.tcb_levels[0].tdx_components[2] = 8; }), "tdx.tcb.platform_level");
  EXPECT_EQ(WhereOf([](Spec& s) { s.td_qe.isv_svn = 4; }), "tdx.tcb.qe_level");
  EXPECT_EQ(WhereOf([](Spec& s) { s.module_identities[0].levels[0].verdict.status = TcbStatus::kRevoked; }), "tdx.tcb.revoked");
  const Outcome old = Judge(TdxCase([] {
    TdReportFields f;
    f.tee_tcb_svn[0] = 4;
    return f;
  }()));
  EXPECT_EQ(old.tcb->status, TcbStatus::kOutOfDate);
  EXPECT_EQ(old.tcb->advisory_ids, (std::vector<std::string>{"INTEL-SA-01036"}));
}

// Section 5.6.
TEST(SimulatedTdx, AModuleUpdatedUnderTheMachineAdvisesToRelaunchIt) {
  TdReportFields fields;
  fields.tee_tcb_svn[0] = 2;
  fields.v1_5.emplace().tee_tcb_svn_2 = {5, 1, 7};
  const Outcome advised = Judge(TdxCase(fields));
  EXPECT_EQ(advised.tcb->status, TcbStatus::kTdRelaunchAdvised);
  EXPECT_EQ(advised.where, "tdx.tcb.status") << "accepted only where a setting says so";
  TdxCase accepted(fields);
  accepted.settings.accepted_tcb.insert(TcbStatus::kTdRelaunchAdvised);
  EXPECT_EQ(Judge(accepted).where, "");

  TdReportFields worse;
  worse.v1_5.emplace().tee_tcb_svn_2 = {2, 1, 7};
  EXPECT_EQ(Judge(TdxCase(worse)).tcb->status, TcbStatus::kOutOfDate) << "what runs now counts where it is worse";
  worse.v1_5->tee_tcb_svn_2 = {5, 9, 7};
  EXPECT_EQ(Judge(TdxCase(worse)).where, "tdx.module.identity");
  worse.v1_5->tee_tcb_svn_2 = {1, 1, 7};
  EXPECT_EQ(Judge(TdxCase(worse)).where, "tdx.tcb.module_level");
}

// Checks 26 and 31: SGX has other documents and another quoting enclave.
TEST(SimulatedTdx, EndorsementsOfSgxDoNotServe) {
  EXPECT_EQ(WhereOf([](Spec& s) { s.td_qe = s.qe; }), "tdx.qe_identity.mr_signer");
  EXPECT_EQ(WhereOf([](Spec& s) { s.td_qe_identity.id = "QE"; }), "intel.select.qe_identity");
  TdxCase c;
  std::erase_if(c.documents, [](const NamedDocument& document) { return document.name.starts_with("tdx-tcb-info"); });
  EXPECT_EQ(Judge(c).where, "intel.select.tcb_info");
}

// Section 6, "Beyond QVL".
TEST(SimulatedTdx, AttributesAreNotedAndRefuseOnlyBySetting) {
  struct Row {
    TdxAttribute attribute;
    std::string_view where;
    void (*set)(TdReportFields&);
  };
  const Row rows[] = {
      {TdxAttribute::kDebug, "tdx.report.debug", [](TdReportFields& f) { f.td_attributes |= 1; }},
      {TdxAttribute::kUntrusted, "tdx.report.untrusted", [](TdReportFields& f) { f.td_attributes |= 1U << 4; }},
      {TdxAttribute::kUnknown, "tdx.report.unknown_attributes", [](TdReportFields& f) { f.td_attributes |= uint64_t{1} << 40; }},
      {TdxAttribute::kServiceTd, "tdx.report.service_td",
       [](TdReportFields& f) {
         f.v1_5.emplace().tee_tcb_svn_2 = f.tee_tcb_svn;
         f.v1_5->mr_service_td[47] = 1;
       }},
  };
  for (const Row& row : rows) {
    TdReportFields fields;
    row.set(fields);
    TdxCase c(fields);
    const auto endorsements = IntelEndorsements::Load(c.documents, {GoodVendor().Anchor().value()}).value();
    const TdxVerification noted = Verify(c, endorsements);
    EXPECT_TRUE(noted.verified) << row.where;
    int failed = 0;
    for (const Check& check : noted.checks.all()) {
      if (check.passed) continue;
      EXPECT_EQ(check.name, row.where);
      ++failed;
    }
    EXPECT_EQ(failed, 1) << row.where;
    c.settings.refused_attributes = {row.attribute};
    EXPECT_EQ(Judge(c).where, row.where);
    TdxCase clear;
    clear.settings.refused_attributes = {row.attribute};
    EXPECT_EQ(Judge(clear).where, "") << row.where;
  }
}

// maa-rest-api section 1.4: SHA-256 in the first half of the report data; ours: SHA-384 of init-time data is MRCONFIGID.
TEST(SimulatedTdx, DataIsBoundByTheReport) {
  const ByteVector data = {'d', 'a', 't', 'a', 0}, other = {'d', 'a', 't', 'a'};
  TdReportFields fields;
  fields.report_data = BoundReportData(data);
  fields.mr_config_id = Sha384(data);
  TdxCase c(fields);
  c.runtime_data = c.init_time_data = data;
  EXPECT_EQ(Judge(c).where, "");
  c.runtime_data = other;
  EXPECT_EQ(Judge(c).where, "tdx.binding.runtime_data");
  c.runtime_data = data;
  c.init_time_data = other;
  EXPECT_EQ(Judge(c).where, "tdx.binding.init_time_data");
  fields.report_data[63] = 1;
  TdxCase free(fields);
  free.runtime_data = data;
  EXPECT_EQ(Judge(free).where, "") << "the second half is the caller's";
}

VerifiedClaims ClaimsOf(const TdReportFields& fields, TdxClaimsContext context) {
  const TdxCase c(fields);
  const auto endorsements = IntelEndorsements::Load(c.documents, {GoodVendor().Anchor().value()}).value();
  return TdxClaims(Verify(c, endorsements).verified.value(), std::move(context));
}

// maa-rest-api section 2.8, with the values of this machine.
TEST(TdxClaims, AreThoseOfTheReportInItsOrderOfOctets) {
  TdReportFields fields;
  fields.td_attributes = 1 | uint64_t{1} << 30 | uint64_t{1} << 63;
  const Json claims(ClaimsOf(fields, {}).outgoing());
  const auto is = [&](std::string_view name, const Json& value) {
    const Json* found = claims.Find(name);
    EXPECT_TRUE(found != nullptr && WriteJson(*found) == WriteJson(value))
        << name << " " << (found == nullptr ? "absent" : WriteJson(*found));
  };
  is("x-ms-attestation-type", "tdxvm");
  is("eat_profile", "https://aka.ms/maa-eat-profile-tdxvm");
  is("intuse", "generic");
  is("attester_tcb_status", "UpToDate");
  is("dbgstat", "enabled");
  is("tdx_td_attributes", "0100004000000080");
  is("tdx_td_attributes_debug", true);
  is("tdx_td_attributes_septve_disable", false);
  is("tdx_td_attributes_protection_keys", true);
  is("tdx_td_attributes_key_locker", false);
  is("tdx_td_attributes_perfmon", true);
  is("tdx_xfam", "e718060000000000");
  is("tdx_tee_tcb_svn", "05010700000000000000000000000000");
  is("tdx_seamsvn", 261);
  is("tdx_mrtd", HexEncode(fields.mr_td));
  is("tdx_rtmr3", HexEncode(fields.rtmr[3]));
  EXPECT_EQ(claims.Find("x-ms-compliance-status"), nullptr) << "no attester earns it";
  EXPECT_EQ(claims.Find("x-vidimus-ppid"), nullptr) << "platform ids are for policies";
}

TEST(TdxClaims, AreExactlyThoseOfTheCatalogue) {
  const VerifiedClaims claims = ClaimsOf({}, {true, Expiry{0, true}, Json(JsonObject{}), Json(JsonObject{})});
  std::set<std::string_view> incoming, outgoing;
  for (const Claim& claim : claims.incoming()) {
    const CatalogueEntry* entry = FindIncoming(AttestationType::kTdxVm, claim.type);
    ASSERT_NE(entry, nullptr) << claim.type;
    EXPECT_EQ(TypeOf(claim.value), entry->type) << claim.type;
    if (entry->encoding == ClaimEncoding::kHex) {
      EXPECT_EQ(std::get<std::string>(claim.value).size(), 2 * entry->octets) << claim.type;
    }
    incoming.insert(claim.type);
  }
  for (const CatalogueEntry& entry : ClaimCatalogue(AttestationType::kTdxVm)) {
    if (entry.outgoing()) outgoing.insert(entry.name);
    if (entry.incoming()) {
      EXPECT_TRUE(incoming.contains(entry.name)) << entry.name;
    }
  }
  for (const JsonMember& member : claims.outgoing()) {
    EXPECT_TRUE(outgoing.contains(member.first)) << member.first;
    EXPECT_TRUE(IsReservedInTokens(member.first)) << member.first;
  }
}

}  // namespace
}  // namespace vidimus
