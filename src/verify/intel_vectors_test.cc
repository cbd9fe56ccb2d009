// Every SGX entry of the recorded and synthetic Intel vectors: status, advisories, dates, or refusal.
#include <algorithm>
#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "base/hex.h"
#include "codec/pem.h"
#include "tests/support/vectors.h"
#include "verify/sgx.h"

namespace vidimus {
namespace {

using testing::ReadVector;
using testing::ReadVectorJson;
using testing::Text;

// Where we are deliberately stricter than the recorded verdict of Intel's library, and why.
const std::map<std::string, std::string_view> kStricter = {
    {"q-cert-type-4", "sgx.quote.certification_data"},                     // it takes the PCK chain separately; we read it from the quote
    {"sgx3-certtype-4", "sgx.quote.certification_data"},                   // the same
    {"sgx3-qe-reportdata-tail-nonzero", "sgx.quote.qe_report.data_tail"},  // section 2 item 2: a strict verifier requires zero
    {"sgx3-tcbinfo-future", "sgx.tcb_info.validity"},                      // section 8 item 20
    {"sgx3-pck-not-yet-valid", "sgx.pck_chain.validity"},                  // section 8 item 20
    {"sgx3-tcbinfo-pretty", "intel.tcb_info.signature"},                   // section 4.1: never re-serialise what was signed
};

SgxSettings AcceptEverything() {
  SgxSettings settings;
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

Outcome Appraise(const Case& c) {
  auto endorsements = IntelEndorsements::Load(c.documents, c.anchors);
  if (!endorsements) return {std::string(endorsements.error().where), {}};
  const SgxEvidence evidence{c.quote, {}, {}, {}};
  auto result = VerifySgx(evidence, *endorsements, {}, AcceptEverything(), c.now);
  return {result.verified ? "" : std::string(result.verified.error().where), result.tcb};
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

bool IsSgx(const std::string& id) { return id.starts_with("sgx"); }

TEST(SgxVectors, RecordedQuotesEvaluateToTheRecordedTcb) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& vector : *index.Find("vectors")->AsArray()) {
    if (!IsSgx(Text(vector, "id"))) continue;
    const Case c = RecordedCase(vector);
    const Outcome outcome = Appraise(c);
    ExpectTcb(outcome, *vector.Find("expected"), c.name);
    EXPECT_EQ(outcome.where, "") << c.name;
    ++ran;
  }
  EXPECT_EQ(ran, 26);
}

TEST(SgxVectors, OneSecondAfterTheRecordedValidityTheyAreRefusedAsExpired) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  for (const Json& vector : *index.Find("vectors")->AsArray()) {
    if (!IsSgx(Text(vector, "id"))) continue;
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

TEST(SgxVectors, MutatedQuotesAndCollateralAreRefused) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  std::map<std::string, const Json*> vectors;
  for (const Json& vector : *index.Find("vectors")->AsArray()) vectors[Text(vector, "id")] = &vector;
  int ran = 0;
  for (const Json& mutation : *index.Find("quote_mutations")->AsArray()) {
    if (!IsSgx(Text(mutation, "base"))) continue;
    const Json& base = *vectors.at(Text(mutation, "base"));
    Case c = RecordedCase(base);
    const std::string target = Text(mutation, "target");
    const std::string name = Text(mutation, "name");
    if (target == "quote") Apply(*mutation.Find("ops"), c.quote);
    for (NamedDocument& document : c.documents)
      if (document.name == Text(*base.Find("collateral"), target)) Apply(*mutation.Find("ops"), document.content);
    const Outcome outcome = Appraise(c);
    const bool accepted = AllOk(*mutation.Find("observed_intel_qvl")) && !kStricter.contains(name);
    EXPECT_EQ(outcome.where.empty(), accepted) << name << " " << outcome.where;
    if (kStricter.contains(name)) {
      EXPECT_EQ(outcome.where, kStricter.at(name));
    }
    ++ran;
  }
  EXPECT_GE(ran, 30);
}

TEST(SgxVectors, SwappedCollateralIsRefused) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& mutation : *index.Find("collateral_mutations")->AsArray()) {
    if (!IsSgx(Text(mutation, "base"))) continue;
    for (const Json& vector : *index.Find("vectors")->AsArray()) {
      if (Text(vector, "id") != Text(mutation, "base")) continue;
      Case c = RecordedCase(vector);
      for (const auto& [role, file] : *mutation.Find("collateral_override")->AsObject())
        for (NamedDocument& document : c.documents)
          if (document.name == Text(*vector.Find("collateral"), role)) document.content = ReadVector("intel/" + *file.AsString());
      EXPECT_NE(Appraise(c).where, "") << Text(mutation, "name");
      ++ran;
    }
  }
  EXPECT_GE(ran, 2);
}

TEST(SgxVectors, SyntheticCasesEndAsRecorded) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = ReadVectorJson("intel/synthetic/index.json");
  const std::string folder = "intel/synthetic/";
  int ran = 0;
  for (const Json& entry : *index.Find("cases")->AsArray()) {
    Case c;
    c.name = Text(entry, "id");
    if (!IsSgx(c.name)) continue;
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
    if (const auto stricter = kStricter.find(c.name); stricter != kStricter.end()) {
      EXPECT_EQ(outcome.where, stricter->second) << c.name;
    } else if (c.name == "sgx3-root-same-key-other-cert") {
      EXPECT_EQ(outcome.where, "") << "anchored by key, section 3.2";
    } else if (!evaluated) {
      EXPECT_NE(outcome.where, "") << c.name;
    } else {
      ASSERT_TRUE(outcome.tcb) << c.name << " refused at " << outcome.where;
      EXPECT_EQ(TcbStatusName(outcome.tcb->status), Text(qvl, "launch_status")) << c.name;
      EXPECT_EQ(outcome.tcb->date, *qvl.Find("launch_tcb_date_unix")->AsInt()) << c.name;
      EXPECT_EQ(outcome.tcb->evaluation_data_number, *qvl.Find("tcb_eval_num")->AsInt()) << c.name;
      EXPECT_EQ(outcome.where, outcome.tcb->status == TcbStatus::kRevoked ? "sgx.tcb.revoked" : "") << c.name;
    }
  }
  EXPECT_GE(ran, 90);
}

}  // namespace
}  // namespace vidimus
