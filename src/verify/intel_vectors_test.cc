// Every entry of the recorded and synthetic Intel vectors, SGX and TDX: status, advisories, dates, or refusal.
#include <algorithm>
#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "base/hex.h"
#include "codec/pem.h"
#include "tests/support/vectors.h"
#include "verify/sgx.h"
#include "verify/tcb_forecast.h"
#include "verify/tdx.h"

namespace vidimus {
namespace {

using testing::ReadVector;
using testing::ReadVectorJson;
using testing::Text;

// Where we are deliberately stricter than the recorded verdict of Intel's library, at which check of the TEE, and why.
const std::map<std::string, std::string_view> kStricter = {
    {"q-cert-type-4", "quote.certification_data"},                     // it takes the PCK chain separately; we read it from the quote
    {"sgx3-certtype-4", "quote.certification_data"},                   // the same
    {"sgx3-qe-reportdata-tail-nonzero", "quote.qe_report.data_tail"},  // section 2 item 2: a strict verifier requires zero
    {"sgx3-tcbinfo-future", "tcb_info.validity"},                      // section 8 item 20
    {"sgx3-pck-not-yet-valid", "pck_chain.validity"},                  // section 8 item 20
    {"sgx3-tcbinfo-pretty", "tcb_info.signature"},                     // section 4.1: never re-serialise what was signed
    {"tdx-v4-b0c06f000000-phala__e17_v3_20250619 q-auth-len-plus-1", "quote.auth_data"},  // section 1.2: consumed exactly
    {"tdx5-relaunch-current-revoked", "tcb.revoked"},                                     // section 5.6: it looks at the launch alone
};

std::optional<std::string> FindStricter(const std::string& name, const std::string& also = "") {
  auto found = kStricter.find(name);
  if (found == kStricter.end()) found = kStricter.find(also);
  return found == kStricter.end() ? std::nullopt : std::optional<std::string>("." + std::string(found->second));
}

template <typename Settings>
Settings AcceptEverything() {
  Settings settings;
  for (int i = 0; i <= static_cast<int>(TcbStatus::kRevoked); ++i) settings.accepted_tcb.insert(static_cast<TcbStatus>(i));
  return settings;
}

struct Case {
  std::string name;
  ByteVector quote;
  std::vector<NamedDocument> documents;
  std::vector<TrustAnchor> anchors;
  UnixTime now;
};

struct Outcome {
  std::string where;  // empty when verified
  std::optional<TcbVerdict> tcb;
};

bool IsTdx(const std::string& name) { return name.starts_with("tdx"); }

// Whatever the signatures of a quote vouch for is worth in a forecast what it is worth in verification.
template <typename Verified>
void ExpectForecastAgrees(const IntelVerification<Verified>& result, const IntelEndorsements& endorsements, const TcbSettings& settings,
                          const Case& c) {
  EXPECT_TRUE(result.platform || !result.tcb) << c.name;
  if (!result.platform) return;
  const auto forecast = ForecastTcb(*result.platform, endorsements, settings.baseline, settings, c.now);
  ASSERT_TRUE(forecast) << c.name << " " << forecast.error().detail;
  const std::string_view where = result.verified ? "" : result.verified.error().where;
  EXPECT_EQ(forecast->refusal ? forecast->refusal->where : "", where) << c.name;
  ASSERT_EQ(forecast->status.has_value(), result.tcb.has_value()) << c.name;
  if (!result.tcb) return;
  EXPECT_EQ(*forecast->status, result.tcb->status) << c.name;
  EXPECT_EQ(forecast->advisory_ids, result.tcb->advisory_ids) << c.name;
  EXPECT_EQ(forecast->date, result.tcb->date) << c.name;
  EXPECT_EQ(forecast->evaluation_data_number, result.tcb->evaluation_data_number) << c.name;
  if (*forecast->status == TcbStatus::kUpToDate) {
    EXPECT_TRUE(forecast->shortfalls.empty()) << c.name;
  }
}

Outcome Appraise(const Case& c) {
  auto endorsements = IntelEndorsements::Load(c.documents, c.anchors);
  if (!endorsements) return {std::string(endorsements.error().where), {}};
  const auto outcome = [&](const auto& result, const TcbSettings& settings) {
    ExpectForecastAgrees(result, *endorsements, settings, c);
    return Outcome{result.verified ? "" : std::string(result.verified.error().where), result.tcb};
  };
  const auto of_tdx = AcceptEverything<TdxSettings>();
  const auto of_sgx = AcceptEverything<SgxSettings>();
  if (IsTdx(c.name)) return outcome(VerifyTdx({c.quote, {}, {}}, *endorsements, {}, of_tdx, c.now), of_tdx);
  return outcome(VerifySgx({c.quote, {}, {}, {}}, *endorsements, {}, of_sgx, c.now), of_sgx);
}

void AddDocuments(const std::string& folder, const Json& files, std::initializer_list<const char*> roles, Case& c) {
  for (const char* role : roles) {
    const std::string file = Text(files, role);
    if (!file.empty()) c.documents.push_back({file, ReadVector(folder + file)});
  }
}

Case RecordedCase(const Json& vector) {
  Case c;
  c.name = Text(vector, "id");
  c.quote = ReadVector("intel/" + Text(*vector.Find("quote"), "file"));
  AddDocuments(
      "intel/", *vector.Find("collateral"),
      {"tcb_info", "qe_identity", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "qe_identity_issuer_chain", "pck_crl_issuer_chain"},
      c);
  c.anchors = {IntelRootAnchor()};
  c.now = *vector.Find("verification_time_unix")->AsInt();
  return c;
}

void ExpectTcb(const Outcome& outcome, const Json& expected, const std::string& name) {
  ASSERT_TRUE(outcome.tcb) << name << " refused at " << outcome.where;
  EXPECT_EQ(TcbStatusName(outcome.tcb->status), Text(expected, "tcb_status")) << name;
  EXPECT_EQ(FormatRfc3339Utc(outcome.tcb->date), Text(expected, "tcb_date")) << name;
  EXPECT_EQ(outcome.tcb->evaluation_data_number, *expected.Find("tcb_evaluation_data_number")->AsInt()) << name;
  std::vector<std::string> ids;
  for (const Json& id : *expected.Find("advisory_ids")->AsArray()) ids.push_back(*id.AsString());
  EXPECT_EQ(outcome.tcb->advisory_ids, ids) << name;
}

TEST(IntelVectors, RecordedQuotesEvaluateToTheRecordedTcb) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& vector : *index.Find("vectors")->AsArray()) {
    const Case c = RecordedCase(vector);
    const Outcome outcome = Appraise(c);
    ++ran;
    if (Text(*vector.Find("expected"), "qvl_status") == "STATUS_TCB_NOT_SUPPORTED") {
      EXPECT_EQ(outcome.where, "tdx.tcb.platform_level") << c.name;
      continue;
    }
    ExpectTcb(outcome, *vector.Find("expected"), c.name);
    EXPECT_EQ(outcome.where, "") << c.name;
  }
  EXPECT_EQ(ran, 48);
}

Case RecordedCaseOf(const std::string& id) {
  const Json index = ReadVectorJson("intel/index.json");
  const JsonArray& vectors = *index.Find("vectors")->AsArray();
  return RecordedCase(*std::find_if(vectors.begin(), vectors.end(), [&](const Json& one) { return Text(one, "id") == id; }));
}

// TCB info says with its components who updates them, and what some of them are.
TEST(IntelVectors, WhatARecordedPlatformIsShortOfIsNamedAsItsTcbInfoNamesIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const Case c = RecordedCaseOf("tdx-v4-00806f050000-azure__e17_v3_20250213");
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
  const PlatformTcb platform = VerifyTdx({c.quote, {}, {}}, endorsements, {}, {}, c.now).platform.value();
  EXPECT_EQ(ForecastTcb(platform, endorsements, {}, {}, c.now)->shortfalls,
            (std::vector<TcbShortfall>{{"SGX component 1 (BIOS: Early Microcode Update)", 6, 7},
                                       {"SGX component 2 (OS/VMM: SGX Late Microcode Update)", 6, 7},
                                       {"TDX component 3 (OS/VMM: TDX Late Microcode Update)", 6, 7},
                                       {"TDX module 1 SVN", 2, 4}}));
}

// One platform and Intel's documents of four numbers: what verification with each alone gave, a forecast gives with all at hand.
TEST(IntelVectors, ARecordedPlatformIsWorthUnderEachNumberWhatWasRecordedOfIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const std::string quote = "sgx-v3-00606a000000-automata__";
  Case all = RecordedCaseOf(quote + "e19_v3_20250606");
  for (const char* other : {"e16_v2_20240613", "e17_v3_20241210", "e18_v3_20250606"})
    for (NamedDocument& document : RecordedCaseOf(quote + other).documents) all.documents.push_back(std::move(document));
  const auto endorsements = IntelEndorsements::Load(all.documents, all.anchors).value();
  const PlatformTcb platform = VerifySgx({all.quote, {}, {}, {}}, endorsements, {}, {}, all.now).platform.value();
  const std::map<int64_t, TcbStatus> expected = {
      {16, TcbStatus::kSwHardeningNeeded}, {17, TcbStatus::kSwHardeningNeeded}, {18, TcbStatus::kOutOfDate}, {19, TcbStatus::kOutOfDate}};
  for (const auto& [number, status] : expected) {
    const auto forecast = ForecastTcb(platform, endorsements, {TcbBaseline::Kind::kNumber, number}, {}, all.now);
    ASSERT_TRUE(forecast) << number;
    EXPECT_EQ(forecast->evaluation_data_number, number);
    EXPECT_EQ(forecast->status, status) << number;
    EXPECT_EQ(forecast->refusal->where, number < 18 ? "sgx.tcb_info.validity" : "sgx.tcb.status") << number;
  }
}

TEST(IntelVectors, OneSecondAfterTheRecordedValidityTheyAreRefusedAsExpired) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  for (const Json& vector : *index.Find("vectors")->AsArray()) {
    Case c = RecordedCase(vector);
    c.now = *ParseRfc3339Utc(Text(vector, "valid_until")) + 1;
    EXPECT_THAT(Appraise(c).where, ::testing::HasSubstr("validity")) << c.name;
  }
}

void Apply(const Json& ops, ByteVector& bytes) {
  for (const Json& op : *ops.AsArray()) {
    const std::string kind = Text(op, "op");
    const Json* at = op.Find("offset");
    const size_t offset = at == nullptr ? 0 : static_cast<size_t>(*at->AsInt());
    const ByteVector value = HexDecode(Text(op, "hex")).value_or(ByteVector{});
    if (kind == "append") bytes.insert(bytes.end(), value.begin(), value.end());
    if (kind == "truncate") bytes.resize(static_cast<size_t>(*op.Find("length")->AsInt()));
    for (size_t i = 0; i < value.size() && kind == "set"; ++i) bytes.at(offset + i) = value[i];
    if (kind == "xor") bytes.at(offset) ^= static_cast<uint8_t>(*op.Find("value")->AsInt());
  }
}

bool AllOk(const Json& statuses) {
  return std::all_of(statuses.AsObject()->begin(), statuses.AsObject()->end(), [](const JsonMember& m) {
    const std::string* status = m.second.AsString();
    return status == nullptr || !status->starts_with("STATUS_") || *status == "STATUS_OK" || status->starts_with("STATUS_TCB_SW_HARDENING");
  });
}

TEST(IntelVectors, MutatedQuotesAndCollateralAreRefused) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  std::map<std::string, const Json*> vectors;
  for (const Json& vector : *index.Find("vectors")->AsArray()) vectors[Text(vector, "id")] = &vector;
  int ran = 0;
  for (const Json& mutation : *index.Find("quote_mutations")->AsArray()) {
    const Json& base = *vectors.at(Text(mutation, "base"));
    Case c = RecordedCase(base);
    const std::string target = Text(mutation, "target");
    const std::string name = Text(mutation, "name");
    if (target == "quote") Apply(*mutation.Find("ops"), c.quote);
    for (NamedDocument& document : c.documents)
      if (document.name == Text(*base.Find("collateral"), target)) Apply(*mutation.Find("ops"), document.content);
    const Outcome outcome = Appraise(c);
    const auto stricter = FindStricter(name, c.name + " " + name);
    const bool accepted = AllOk(*mutation.Find("observed_intel_qvl")) && !stricter;
    EXPECT_EQ(outcome.where.empty(), accepted) << c.name << " " << name << " " << outcome.where;
    if (stricter) {
      EXPECT_THAT(outcome.where, ::testing::EndsWith(*stricter));
    }
    ++ran;
  }
  EXPECT_EQ(ran, 107);
}

TEST(IntelVectors, SwappedCollateralAndOtherTimesEndAsRecorded) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& mutation : *index.Find("collateral_mutations")->AsArray()) {
    for (const Json& vector : *index.Find("vectors")->AsArray()) {
      if (Text(vector, "id") != Text(mutation, "base")) continue;
      Case c = RecordedCase(vector);
      for (const auto& [role, file] : *mutation.Find("collateral_override")->AsObject())
        for (NamedDocument& document : c.documents)
          if (document.name == Text(*vector.Find("collateral"), role)) document.content = ReadVector("intel/" + *file.AsString());
      if (const Json* time = mutation.Find("time_override_unix"); time->AsInt() != nullptr) c.now = *time->AsInt();
      EXPECT_EQ(Appraise(c).where.empty(), AllOk(*mutation.Find("observed_intel_qvl"))) << Text(mutation, "name");
      ++ran;
    }
  }
  EXPECT_EQ(ran, 11);
}

TEST(IntelVectors, SyntheticCasesEndAsRecorded) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/synthetic/index.json");
  const std::string folder = "intel/synthetic/";
  int ran = 0;
  for (const Json& entry : *index.Find("cases")->AsArray()) {
    Case c;
    c.name = Text(entry, "id");
    const Json& files = *entry.Find("files");
    c.quote = ReadVector(folder + Text(files, "quote"));
    AddDocuments(folder, files, {"tcb_info", "qe_identity", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "qe_identity_issuer_chain"},
                 c);
    const auto root = ParsePem(AsText(ReadVector(folder + Text(files, "trusted_root"))), 1);
    ASSERT_TRUE(root) << c.name;
    const auto anchor = SimulatedAnchor(*ParseCertificate((*root)[0].der));
    ASSERT_TRUE(anchor) << c.name << " " << anchor.error().detail;
    c.anchors = {*anchor};
    c.now = *entry.Find("verification_time_unix")->AsInt();
    const Outcome outcome = Appraise(c);
    const Json& qvl = *entry.Find("intel_qvl");
    const bool evaluated = !Text(qvl, "launch_status").empty() && Text(qvl, "pck_chain") == "STATUS_OK" &&
                           Text(qvl, "tcb_info") == "STATUS_OK" && Text(qvl, "qe_identity") == "STATUS_OK";
    ++ran;
    if (const auto stricter = FindStricter(c.name)) {
      EXPECT_THAT(outcome.where, ::testing::EndsWith(*stricter)) << c.name;
    } else if (c.name == "sgx3-root-same-key-other-cert") {
      EXPECT_EQ(outcome.where, "") << "anchored by key, section 3.2";
    } else if (!evaluated) {
      EXPECT_NE(outcome.where, "") << c.name;
    } else {
      ASSERT_TRUE(outcome.tcb) << c.name << " refused at " << outcome.where;
      EXPECT_EQ(TcbStatusName(outcome.tcb->status), Text(qvl, "launch_status")) << c.name;
      EXPECT_EQ(outcome.tcb->date, *qvl.Find("launch_tcb_date_unix")->AsInt()) << c.name;
      EXPECT_EQ(outcome.tcb->evaluation_data_number, *qvl.Find("tcb_eval_num")->AsInt()) << c.name;
      EXPECT_EQ(outcome.where, outcome.tcb->status != TcbStatus::kRevoked ? ""
                               : IsTdx(c.name)                            ? "tdx.tcb.revoked"
                                                                          : "sgx.tcb.revoked")
          << c.name;
    }
  }
  EXPECT_EQ(ran, 148);
}

}  // namespace
}  // namespace vidimus
