// Recognition, signatures and selection of Intel's endorsements. The rule of selection stands in intel_endorsements.h; what it must
// choose among the recorded documents is derived by hand from the dates in their names.
#include "endorsement/intel_endorsements.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "codec/pem.h"
#include "tests/support/test_vendor.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using namespace testing;
using ::testing::StartsWith;

const std::string kCollateral = "intel/collateral/";
const char* const kSmallest = "evalnumbers/sgx_20250605T020557Z.json";

NamedDocument Recorded(const std::string& name) { return {name, ReadVector(kCollateral + name)}; }
NamedDocument Made(const std::string& name, std::string_view text) { return {name, ByteVector(text.begin(), text.end())}; }

std::vector<NamedDocument> AllRecorded() {
  std::vector<NamedDocument> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VectorFolder() + "/" + kCollateral))
    if (entry.is_regular_file()) out.push_back({entry.path().filename().string(), ReadFile(entry.path().string())});
  return out;
}

std::string Refusal(const std::vector<NamedDocument>& documents, const std::vector<TrustAnchor>& anchors = {IntelRootAnchor()}) {
  const auto loaded = IntelEndorsements::Load(documents, anchors);
  return loaded ? "accepted" : std::string(loaded.error().where);
}

TEST(IntelRecognition, EveryRecordedDocumentIsTakenInAnyOrder) {
  VIDIMUS_REQUIRE_VECTORS();
  auto documents = AllRecorded();
  EXPECT_GE(documents.size(), 60U);
  EXPECT_EQ(Refusal(documents), "accepted");
  std::reverse(documents.begin(), documents.end());
  EXPECT_EQ(Refusal(documents), "accepted");
}

// Section 3.4: CRLs occur as DER, PEM and hexadecimal text of DER.
TEST(IntelRecognition, ACrlIsTheSameInEveryForm) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector der = Recorded("crl/rootca_20250320T112157Z.der").content;
  std::string upper = HexEncode(der);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  for (const std::string& text :
       {WritePem("X509 CRL", der), HexEncode(der), upper, HexEncode(der) + "\n", HexEncode(der) + std::string(1, '\0'),
        WritePem("X509 CRL", der) + std::string(1, '\0'), std::string(AsText(der))})
    EXPECT_EQ(Refusal({Made("crl", text)}), "accepted");
  EXPECT_EQ(Refusal({Made("crl", WritePem("CERTIFICATE", der))}), "der.tag");
  EXPECT_NE(Refusal({Made("crl", HexEncode(der).substr(2))}), "accepted");
  EXPECT_NE(Refusal({Made("crl", HexEncode(der).substr(1))}), "accepted") << "an odd number of digits";
}

TEST(IntelRecognition, CertificatesAreTakenInPemAndDer) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector der = Recorded("chains/intel_sgx_root_ca.der").content;
  for (const std::string& text : {WritePem("CERTIFICATE", der), std::string(AsText(der)), HexEncode(der)})
    EXPECT_EQ(Refusal({Made("root", text)}), "accepted");
  EXPECT_EQ(Refusal({Made("root", WritePem("CERTIFICATE", der))}, {}), "intel.root.untrusted");
}

TEST(IntelRecognition, AnythingElseIsRefusedAndNamed) {
  for (const std::string& text : {std::string(), std::string("hello"), std::string("<html>"), std::string(" "), std::string(3, '\0')})
    EXPECT_EQ(Refusal({Made("x", text)}), "endorsement.unrecognised") << text;
  EXPECT_EQ(Refusal({Made("x", "{}")}), "intel.signed_json.shape");
  EXPECT_EQ(Refusal({Made("x", WritePem("PUBLIC KEY", ByteVector{1}))}), "endorsement.pem_label");
  EXPECT_EQ(Refusal({Made("x", "-----BEGIN A")}), "pem.format");
  EXPECT_EQ(Refusal({Made("x", "\x30\x05")}), "der.truncated");
  const auto loaded = IntelEndorsements::Load({Made("folder/file.json", "{}")}, {IntelRootAnchor()});
  EXPECT_THAT(loaded.error().detail, StartsWith("folder/file.json: "));
}

TEST(IntelRecognition, ASignedDocumentOfAnotherNameIsRefused) {
  EXPECT_EQ(Refusal({Made("x", "{\"other\":{},\"signature\":\"" + std::string(128, 'a') + "\"}")}), "endorsement.unrecognised");
}

TEST(IntelSignatures, DocumentsNeedTheirSigningCertificate) {
  VIDIMUS_REQUIRE_VECTORS();
  const NamedDocument info = Recorded("tcbinfo/sgx_v3_00606a000000_e19_20250606T123047Z.json");
  const NamedDocument chain = Recorded("chains/tcb_signing_20250506_20320506.pem");
  EXPECT_EQ(Refusal({info}), "intel.tcb_info.signature");
  EXPECT_EQ(Refusal({info, chain}), "accepted");
  EXPECT_EQ(Refusal({Recorded("qeidentity/qe_v2_e19_20250606T120204Z.json")}), "intel.qe_identity.signature");
  EXPECT_EQ(Refusal({Recorded(kSmallest)}), "intel.evaluation_numbers.signature");
  EXPECT_EQ(Refusal({Recorded("tcbinfo/tdx_v3_b0c06f000000_e18_20260301T193643Z.json"), chain}), "accepted") << "genuine, of another TEE";
  EXPECT_EQ(Refusal({Recorded("tcbinfo/tdx_v3_b0c06f000000_e18_20260301T193643Z.json")}), "intel.tcb_info.signature")
      << "set aside only when genuine";
}

TEST(IntelSignatures, NoFlippedBitOfASignedDocumentIsAccepted) {
  VIDIMUS_REQUIRE_VECTORS();
  const NamedDocument chain = Recorded("chains/tcb_signing_20250506_20320506.pem");
  const NamedDocument good = Recorded(kSmallest);
  ASSERT_EQ(Refusal({chain, good}), "accepted");
  const SignedJson original = ParseSignedJson(AsText(good.content)).value();
  for (size_t bit = 0; bit < good.content.size() * 8; ++bit) {
    NamedDocument spoiled = good;
    spoiled.content[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    const auto read = ParseSignedJson(AsText(spoiled.content));
    // A hexadecimal digit in the other case spells the same signature.
    const bool same = read && read->name == original.name && read->body == original.body && read->signature == original.signature;
    ASSERT_EQ(Refusal({chain, spoiled}) == "accepted", same) << "octet " << bit / 8 << " bit " << bit % 8;
  }
}

TEST(IntelSignatures, NoFlippedBitOfARootCrlIsAccepted) {
  VIDIMUS_REQUIRE_VECTORS();
  const NamedDocument good = Recorded("crl/rootca_20250320T112157Z.der");
  for (size_t bit = 0; bit < good.content.size() * 8; ++bit) {
    NamedDocument spoiled = good;
    spoiled.content[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    const auto loaded = IntelEndorsements::Load({spoiled}, {IntelRootAnchor()});
    if (!loaded) continue;
    // A CRL of another issuer is held for the PCK CA of a quote to vouch for; it never serves as the root's.
    const auto crl = ParseCrl(spoiled.content);
    ASSERT_TRUE(crl && crl->issuer_common_name != kIntelRootName) << bit;
  }
}

TEST(IntelSignatures, CrlsNeedTheirExtensionsAndTheRootsSignature) {
  const TestKey root, other;
  const std::vector<TrustAnchor> anchors = {{"simulated", P256PublicKey::FromRaw(root.Public()).value()}};
  const ByteVector number = ExtensionOf(x509::kCrlNumber, {2, 1, 1});
  const ByteVector key_id = ExtensionOf(x509::kAuthorityKeyId, {0x30, 0});
  const auto crl = [&](const TestKey& key, const ByteVector& extensions) {
    return NamedDocument{"crl", IssueTestCrl(kIntelRootName, key, extensions)};
  };
  EXPECT_EQ(Refusal({crl(root, Join({number, key_id}))}, anchors), "accepted");
  EXPECT_EQ(Refusal({crl(other, Join({number, key_id}))}, anchors), "intel.crl.signature");
  EXPECT_EQ(Refusal({crl(root, number)}, anchors), "intel.crl.extensions");
  EXPECT_EQ(Refusal({crl(root, key_id)}, anchors), "intel.crl.extensions");
  EXPECT_EQ(Refusal({crl(root, Join({number, key_id, ExtensionOf("\x2a\x03", {}, true)}))}, anchors), "intel.crl.extensions");
}

// What Select chose among the recorded documents, as "<TCB info's version> e<number> <issue date> / e<number> <issue date>".
const Expiry kIgnore{0, true};

class IntelSelectionRule : public ::testing::Test {
 protected:
  static std::string Chosen(std::string_view fmspc, const std::string& at, std::optional<int64_t> number = {}, const Expiry& expiry = {}) {
    static const auto held = IntelEndorsements::Load(AllRecorded(), {IntelRootAnchor()});
    if (!held) return std::string(held.error().where);
    IntelSelection selection{IntelTee::kSgx,
                             {},
                             std::string(fmspc == "00606a000000" ? kIntelPlatformCaName : kIntelProcessorCaName),
                             IntelRootAnchor(),
                             number,
                             ParseRfc3339Utc(at).value(),
                             expiry};
    const ByteVector octets = HexDecode(fmspc).value();
    std::copy(octets.begin(), octets.end(), selection.fmspc.begin());
    const auto chosen = held->Select(selection);
    if (!chosen) return std::string(chosen.error().where);
    const TcbInfo& info = chosen->tcb_info->document;
    const QeIdentity& qe = chosen->qe_identity->document;
    EXPECT_EQ(info.fmspc, selection.fmspc);
    EXPECT_EQ(qe.id, "QE");
    return "v" + std::to_string(info.version) + " e" + std::to_string(info.evaluation_data_number) + " " +
           FormatRfc3339Utc(info.issue_date).substr(0, 10) + " / e" + std::to_string(qe.evaluation_data_number) + " " +
           FormatRfc3339Utc(qe.issue_date).substr(0, 10);
  }
};

TEST_F(IntelSelectionRule, TheHighestNumberValidThenIsTaken) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2024-07-01T00:00:00Z"), "v2 e16 2024-06-13 / e16 2024-06-19");
  EXPECT_EQ(Chosen("00606a000000", "2025-01-01T00:00:00Z"), "v3 e17 2024-12-10 / e17 2024-12-18");
  EXPECT_EQ(Chosen("00606a000000", "2025-03-01T00:00:00Z"), "v2 e17 2025-02-13 / e17 2025-02-13");
  EXPECT_EQ(Chosen("00606a000000", "2025-06-26T00:00:00Z"), "v3 e19 2025-06-06 / e19 2025-06-06");
}

TEST_F(IntelSelectionRule, TheNumberCountsBeforeTheIssueDate) {
  VIDIMUS_REQUIRE_VECTORS();
  // Number 17 was issued at 08:00:18 and number 19 at 07:32:24 of the same day.
  EXPECT_EQ(Chosen("00a067110000", "2025-06-26T00:00:00Z"), "v2 e19 2025-06-03 / e19 2025-06-06");
}

TEST_F(IntelSelectionRule, TheNumberAskedForIsTakenAndNoOther) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-06-26T00:00:00Z", 18), "v3 e18 2025-06-06 / e18 2025-06-06");
  EXPECT_EQ(Chosen("00a067110000", "2025-06-26T00:00:00Z", 17), "v2 e17 2025-06-03 / e17 2025-06-19");
  EXPECT_EQ(Chosen("00606a000000", "2025-06-26T00:00:00Z", 20), "intel.select.tcb_info");
  EXPECT_EQ(Chosen("00606a000000", "2025-06-26T00:00:00Z", 0), "intel.select.tcb_info");
  EXPECT_EQ(Chosen("00906ed50000", "2025-06-26T00:00:00Z", 18), "intel.select.tcb_info") << "held for another platform only";
}

TEST_F(IntelSelectionRule, ValidityIsInclusiveAtBothEnds) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-06-06T12:30:46Z"), "v3 e18 2025-06-06 / e18 2025-06-06");
  EXPECT_EQ(Chosen("00606a000000", "2025-06-06T12:30:47Z"), "v3 e19 2025-06-06 / e19 2025-06-06");
  EXPECT_EQ(Chosen("00606a000000", "2025-01-09T06:14:48Z"), "v3 e17 2024-12-10 / e17 2024-12-18");
}

TEST_F(IntelSelectionRule, AnExpiredDocumentIsChosenOnlyWhenNoneIsValid) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-07-10T00:00:00Z"), "v3 e19 2025-06-06 / e17 2025-06-19")
      << "the one identity still valid is number 17";
  EXPECT_EQ(Chosen("00606a000000", "2026-01-01T00:00:00Z"), "v3 e19 2025-06-06 / e19 2025-06-06");
}

// Section 4.8: nextUpdate may be set aside, the issue date may not.
TEST_F(IntelSelectionRule, WithNextUpdateIgnoredTheIssueDateStillCounts) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-07-10T00:00:00Z", {}, kIgnore), "v3 e19 2025-06-06 / e19 2025-06-06");
  EXPECT_EQ(Chosen("00606a000000", "2025-02-01T00:00:00Z", {}, kIgnore), "v3 e17 2024-12-10 / e17 2024-12-18");
  EXPECT_EQ(Chosen("00606a000000", "2025-06-06T12:00:00Z", {}, kIgnore), "v3 e18 2025-06-06 / e17 2025-02-13")
      << "identity 18 came three minutes later";
}

TEST_F(IntelSelectionRule, OfOneNumberTheLatestIssueDateIsTakenWhateverTheVersion) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-03-01T00:00:00Z", 17, kIgnore), "v2 e17 2025-02-13 / e17 2025-02-13");
}

TEST_F(IntelSelectionRule, OfOneNumberAndDateVersionThreeIsTaken) {
  const TestKey root, signer;
  const std::vector<TrustAnchor> anchors = {{"simulated", P256PublicKey::FromRaw(root.Public()).value()}};
  const ByteVector certificate =
      IssueTestCertificate(LeafParts(std::string(kIntelTcbSigningName), std::string(kIntelRootName)), signer, root);
  const std::string common = R"("issueDate":"2024-01-01T00:00:00Z","nextUpdate":"2024-02-01T00:00:00Z","tcbEvaluationDataNumber":16,)";
  const std::string verdict = R"("tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"UpToDate"}])";
  const std::string platform = R"("fmspc":"000000000000","pceId":"0000","tcbType":0,)";
  std::string two, three;
  for (int i = 1; i <= 16; ++i) {
    two += "\"sgxtcbcomp" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "svn\":0,";
    three += i < 16 ? R"({"svn":0},)" : R"({"svn":0})";
  }
  const auto info = [&](const std::string& head, const std::string& tcb) {
    return Made("info", SignedDocument(
                            "tcbInfo",
                            "{" + head + common + platform + R"("tcbLevels":[{"tcb":{)" + tcb + R"("pcesvn":0},)" + verdict + "}", signer));
  };
  const NamedDocument version2 = info(R"("version":2,)", two);
  const NamedDocument version3 = info(R"("id":"SGX","version":3,)", "\"sgxtcbcomponents\":[" + three + "],");
  const std::string identity = R"({"id":"QE","version":2,)" + common +
                               R"("miscselect":"00000000","miscselectMask":"00000000","attributes":")" + std::string(32, '0') +
                               R"(","attributesMask":")" + std::string(32, '0') + R"(","mrsigner":")" + std::string(64, '0') +
                               R"(","isvprodid":1,"tcbLevels":[{"tcb":{"isvsvn":1},)" + verdict + "}";
  const ByteVector extensions = Join({ExtensionOf(x509::kCrlNumber, {2, 1, 1}), ExtensionOf(x509::kAuthorityKeyId, {0x30, 0})});
  std::vector<NamedDocument> rest = {{"signer", certificate},
                                     Made("identity", SignedDocument("enclaveIdentity", identity, signer)),
                                     {"root", IssueTestCrl(kIntelRootName, root, extensions)},
                                     {"pck", IssueTestCrl(kIntelPlatformCaName, root, extensions)}};
  const IntelSelection selection{IntelTee::kSgx,  {}, std::string(kIntelPlatformCaName),
                                 anchors.front(), {}, ParseRfc3339Utc("2024-01-15T00:00:00Z").value()};
  for (const auto& infos : {std::vector{version2, version3}, std::vector{version3, version2}}) {
    auto documents = rest;
    documents.insert(documents.end(), infos.begin(), infos.end());
    const auto held = IntelEndorsements::Load(documents, anchors);
    ASSERT_TRUE(held) << held.error().where << " " << held.error().detail;
    EXPECT_EQ(held->Select(selection).value().tcb_info->document.version, 3);
    IntelSelection production = selection;
    production.anchor = IntelRootAnchor();
    EXPECT_EQ(held->Select(production).error().where, "intel.select.tcb_info") << "a simulated vendor speaks for no production platform";
  }
  // Each thing that may be lacking has its name.
  const std::vector<std::pair<size_t, std::string_view>> lacking = {
      {1, "intel.select.qe_identity"}, {2, "intel.select.root_crl"}, {3, "intel.select.pck_crl"}};
  for (const auto& [index, where] : lacking) {
    auto documents = rest;
    documents.push_back(version3);
    documents.erase(documents.begin() + static_cast<std::ptrdiff_t>(index));
    EXPECT_EQ(IntelEndorsements::Load(documents, anchors).value().Select(selection).error().where, where);
  }
}

TEST(IntelEndorsementsHeld, ServeOnlyWithTheIdentityOfTheTeeThatTheirTcbInfoIsFor) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto without = [](std::initializer_list<std::string_view> kinds) {
    std::vector<NamedDocument> documents = AllRecorded();
    for (const std::string_view kind : kinds)
      std::erase_if(documents, [&](const NamedDocument& one) { return one.name.starts_with(kind); });
    const Status some = IntelEndorsements::Load(documents, {IntelRootAnchor()}).value().RequireSome();
    return some ? "held" : std::string(some.error().where);
  };
  EXPECT_EQ(without({}), "held");
  EXPECT_EQ(without({"tdx_v", "td_qe"}), "held");
  EXPECT_EQ(without({"sgx_v", "qe_v"}), "held");
  EXPECT_EQ(without({"sgx_v", "td_qe"}), "intel.held");
  EXPECT_EQ(without({"tdx_v", "qe_v"}), "intel.held");
  EXPECT_EQ(without({"sgx_v", "tdx_v"}), "intel.held");
  EXPECT_EQ(without({"rootca"}), "intel.held");
  EXPECT_EQ(without({"pck_p"}), "intel.held");
}

TEST_F(IntelSelectionRule, TheCrlInForceIsTakenElseTheLatest) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto held = IntelEndorsements::Load(AllRecorded(), {IntelRootAnchor()}).value();
  const auto updates = [&](const std::string& at) {
    IntelSelection selection{
        IntelTee::kSgx, {0x00, 0x60, 0x6a, 0, 0, 0}, std::string(kIntelPlatformCaName), IntelRootAnchor(), {}, ParseRfc3339Utc(at).value()};
    const auto chosen = held.Select(selection).value();
    EXPECT_EQ(chosen.root_crl->crl.issuer_common_name, kIntelRootName);
    EXPECT_EQ(chosen.pck_crl->crl.issuer_common_name, kIntelPlatformCaName);
    return FormatRfc3339Utc(chosen.root_crl->crl.this_update).substr(0, 10) + " / " +
           FormatRfc3339Utc(chosen.pck_crl->crl.this_update).substr(0, 10);
  };
  EXPECT_EQ(updates("2024-07-01T00:00:00Z"), "2024-03-20 / 2024-06-19");
  EXPECT_EQ(updates("2025-06-10T00:00:00Z"), "2025-03-20 / 2025-06-04");
  EXPECT_EQ(updates("2025-06-26T00:00:00Z"), "2025-03-20 / 2025-06-19") << "two are in force; the later is taken";
  EXPECT_EQ(updates("2026-03-01T00:00:00Z"), "2026-02-26 / 2026-02-18");
}

// Section 4.9: what is added to nextUpdate counts as time in force.
TEST_F(IntelSelectionRule, GraceCountsAsTimeInForce) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(Chosen("00606a000000", "2025-07-10T00:00:00Z", {}, Expiry{30 * 86400, false}), "v3 e19 2025-06-06 / e19 2025-06-06");
  EXPECT_EQ(Chosen("00606a000000", "2025-07-10T00:00:00Z", {}, Expiry{1, false}), "v3 e19 2025-06-06 / e17 2025-06-19");
}

}  // namespace
}  // namespace vidimus
