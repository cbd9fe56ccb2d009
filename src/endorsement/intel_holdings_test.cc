// Endorsements as they come in one by one: what is added, which of several issues counts, and how they are listed.
#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "codec/pem.h"
#include "endorsement/intel_endorsements.h"
#include "tests/support/test_vendor.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using namespace testing;

const Expiry kIgnore{0, true};

NamedDocument Made(const std::string& name, std::string_view text) { return {name, ByteVector(text.begin(), text.end())}; }

std::vector<NamedDocument> AllRecorded() {
  std::vector<NamedDocument> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VectorFolder() + "/intel/collateral"))
    if (entry.is_regular_file()) out.push_back({entry.path().filename().string(), ReadFile(entry.path().string())});
  return out;
}

// A simulated vendor whose documents are made one at a time.
class MadeVendor {
 public:
  TrustAnchor anchor() const { return {"simulated", P256PublicKey::FromRaw(root_.Public()).value()}; }
  NamedDocument Signer() const {
    return {"signer", IssueTestCertificate(LeafParts(std::string(kIntelTcbSigningName), std::string(kIntelRootName)), signer_, root_)};
  }
  NamedDocument PckCa() const {
    return {"ca", IssueTestCertificate(CaParts(std::string(kIntelPlatformCaName), std::string(kIntelRootName), 0), ca_, root_)};
  }
  NamedDocument RootCrl(uint8_t number) const { return {"root crl", IssueTestCrl(kIntelRootName, root_, CrlExtensions(number))}; }
  NamedDocument PckCrl(uint8_t number) const { return {"pck crl", IssueTestCrl(kIntelPlatformCaName, ca_, CrlExtensions(number))}; }
  NamedDocument Identity(const std::string& issued, const std::string& next, int number) const {
    return Made(
        "identity",
        SignedDocument("enclaveIdentity",
                       R"({"id":"QE","version":2,)" + Dates(issued, next) + R"("tcbEvaluationDataNumber":)" + std::to_string(number) +
                           R"(,"miscselect":"00000000","miscselectMask":"00000000","attributes":")" + std::string(32, '0') +
                           R"(","attributesMask":")" + std::string(32, '0') + R"(","mrsigner":")" + std::string(64, '0') +
                           R"(","isvprodid":1,"tcbLevels":[{"tcb":{"isvsvn":1},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"UpToDate"}]})",
                       signer_));
  }
  NamedDocument Info(const std::string& issued, const std::string& next, int number) const {
    std::string components;
    for (int i = 0; i < 16; ++i) components += i == 0 ? R"({"svn":0})" : R"(,{"svn":0})";
    return Made("info", SignedDocument(
                            "tcbInfo",
                            R"({"id":"SGX","version":3,)" + Dates(issued, next) + R"("tcbEvaluationDataNumber":)" + std::to_string(number) +
                                R"(,"fmspc":"000000000000","pceId":"0000","tcbType":0,"tcbLevels":[{"tcb":{"sgxtcbcomponents":[)" +
                                components + R"(],"pcesvn":0},"tcbDate":"2023-01-01T00:00:00Z","tcbStatus":"UpToDate"}]})",
                            signer_));
  }
  NamedDocument Numbers(const std::string& issued, const std::string& next, const std::vector<std::pair<int, std::string>>& numbers) const {
    std::string entries;
    for (const auto& [number, day] : numbers)
      entries += (entries.empty() ? "" : ",") + std::string(R"({"tcbEvaluationDataNumber":)") + std::to_string(number) +
                 R"(,"tcbRecoveryEventDate":")" + day + R"(T00:00:00Z","tcbDate":")" + day + R"(T00:00:00Z"})";
    return Made("numbers",
                SignedDocument("tcbEvaluationDataNumbers",
                               R"({"id":"SGX","version":1,)" + Dates(issued, next) + R"("tcbEvalNumbers":[)" + entries + "]}", signer_));
  }

 private:
  static std::string Dates(const std::string& issued, const std::string& next) {
    return R"("issueDate":")" + issued + R"(T00:00:00Z","nextUpdate":")" + next + R"(T00:00:00Z",)";
  }
  static ByteVector CrlExtensions(uint8_t number) {
    return Join({ExtensionOf(x509::kCrlNumber, {2, 1, number}), ExtensionOf(x509::kAuthorityKeyId, {0x30, 0})});
  }

  TestKey root_, signer_, ca_;
};

UnixTime Day(const std::string& day) { return ParseRfc3339Utc(day + "T00:00:00Z").value(); }

IntelSelection SelectionOf(const MadeVendor& vendor, const std::string& day) {
  return {IntelTee::kSgx, {}, std::string(kIntelPlatformCaName), vendor.anchor(), {}, Day(day)};
}

TEST(IntelEndorsementsHeld, AnEarlierIssueIsNoCandidateHoweverLongItsLife) {
  const MadeVendor vendor;
  const auto held =
      IntelEndorsements::Load({vendor.Signer(), vendor.RootCrl(1), vendor.PckCrl(1), vendor.Identity("2024-01-01", "2026-01-01", 5),
                               vendor.Info("2024-01-01", "2026-01-01", 5), vendor.Info("2024-02-01", "2024-03-01", 5)},
                              {vendor.anchor()});
  ASSERT_TRUE(held) << held.error().detail;
  const auto issued = [&](const std::string& day) {
    return FormatRfc3339Utc(held->Select(SelectionOf(vendor, day)).value().tcb_info->document.issue_date).substr(0, 10);
  };
  EXPECT_EQ(issued("2024-01-15"), "2024-01-01") << "chosen by instant";
  EXPECT_EQ(issued("2024-02-15"), "2024-02-01");
  EXPECT_EQ(issued("2024-06-01"), "2024-02-01") << "expired, and yet the last word";
}

TEST(IntelEndorsementsHeld, ASmallerCrlNumberIsNoCandidateHoweverLate) {
  const MadeVendor vendor;
  const auto held = IntelEndorsements::Load(
                        {vendor.Signer(), vendor.PckCa(), vendor.RootCrl(2), vendor.RootCrl(9), vendor.RootCrl(3), vendor.PckCrl(7),
                         vendor.PckCrl(8), vendor.Identity("2024-01-01", "2026-01-01", 5), vendor.Info("2024-01-01", "2026-01-01", 5)},
                        {vendor.anchor()})
                        .value();
  const auto chosen = held.Select(SelectionOf(vendor, "2024-06-01")).value();
  EXPECT_EQ(chosen.root_crl->crl.number, ByteVector{9});
  EXPECT_EQ(chosen.pck_crl->crl.number, ByteVector{8});
}

TEST(IntelEndorsementsHeld, DocumentsAreAddedAndWhatIsHeldIsNothingNew) {
  const MadeVendor vendor;
  const IntelEndorsements none({vendor.anchor()});
  const auto first = none.With({vendor.Signer(), vendor.Info("2024-01-01", "2024-02-01", 5)}).value();
  const auto again = first.With({vendor.Info("2024-01-01", "2024-02-01", 6)}).value();
  EXPECT_EQ(none.Held().size(), 0U);
  EXPECT_EQ(first.Held().size(), 1U);
  EXPECT_EQ(again.Held().size(), 2U) << "the signer came before";
  std::vector<NamedDocument> same;
  for (const HeldIntelDocument& one : again.Held()) same.push_back({"same", ByteVector(one.content.begin(), one.content.end())});
  EXPECT_EQ(again.With(same).value().Held().size(), 2U);
  EXPECT_EQ(again.With({vendor.Numbers("2024-01-01", "2024-02-01", {{5, "2020-01-01"}}), Made("x", "hello")}).error().where,
            "endorsement.unrecognised")
      << "all or nothing";
}

TEST(IntelEndorsementsHeld, ACrlIsAnsweredForByItsCaWheneverThatComes) {
  const MadeVendor vendor, other;
  const IntelEndorsements none({vendor.anchor()});
  const auto unchecked = none.With({vendor.PckCrl(1)}).value();
  EXPECT_FALSE(unchecked.Held().at(0).anchor);
  const auto checked = unchecked.With({vendor.PckCa()}).value();
  ASSERT_TRUE(checked.Held().at(0).anchor);
  EXPECT_TRUE(checked.Held().at(0).anchor->key == vendor.anchor().key);
  EXPECT_EQ(checked.With({other.PckCrl(2)}).error().where, "intel.crl.signature") << "no CA of that name is left that might have signed it";
  EXPECT_TRUE(none.With({vendor.PckCa(), vendor.PckCrl(3)}).value().Held().at(0).anchor);
}

TEST(IntelEndorsementsHeld, OfTwoVendorsEachAnswersForItsOwnCrls) {
  const MadeVendor one, two;
  std::vector<NamedDocument> documents;
  for (const MadeVendor* vendor : {&one, &two})
    for (const NamedDocument& document : {vendor->Signer(), vendor->PckCa(), vendor->RootCrl(1),
                                          vendor->Identity("2024-01-01", "2026-01-01", 5), vendor->Info("2024-01-01", "2026-01-01", 5)})
      documents.push_back(document);
  documents.push_back(one.PckCrl(1));
  documents.push_back(two.PckCrl(2));
  const auto held = IntelEndorsements::Load(documents, {one.anchor(), two.anchor()}).value();
  EXPECT_EQ(held.Select(SelectionOf(one, "2024-06-01")).value().pck_crl->crl.number, ByteVector{1});
  EXPECT_EQ(held.Select(SelectionOf(two, "2024-06-01")).value().pck_crl->crl.number, ByteVector{2});
}

TEST(IntelEndorsementsHeld, AReissuedSignerCountsForDocumentsHeldBefore) {
  const MadeVendor vendor;
  const NamedDocument reissued = vendor.Signer();  // the same key, another signature, so other bytes
  const auto held = IntelEndorsements::Load({vendor.Signer(), vendor.RootCrl(1), vendor.PckCrl(1),
                                             vendor.Identity("2024-01-01", "2026-01-01", 5), vendor.Info("2024-01-01", "2026-01-01", 5)},
                                            {vendor.anchor()})
                        .value();
  const auto more = held.With({reissued}).value();
  EXPECT_EQ(held.Select(SelectionOf(vendor, "2024-06-01")).value().tcb_info->signers.size(), 1U);
  EXPECT_EQ(more.Select(SelectionOf(vendor, "2024-06-01")).value().tcb_info->signers.size(), 2U);
}

TEST(StandardNumberHeld, MeansSomethingOnlyWhileAListIsInForceAndNeverFalls) {
  const MadeVendor vendor;
  const auto held = IntelEndorsements::Load(
      {vendor.Signer(), vendor.Numbers("2024-01-01", "2024-02-01", {{5, "2022-01-01"}, {6, "2022-12-01"}, {7, "2023-12-01"}}),
       vendor.Numbers("2024-03-01", "2024-04-01", {{5, "2022-01-01"}, {6, "2023-12-31"}})},
      {vendor.anchor()});
  ASSERT_TRUE(held) << held.error().detail;
  const P256PublicKey root = vendor.anchor().key;
  const auto standard = [&](const std::string& day, const Expiry& expiry = {}) {
    return held->StandardNumber(IntelTee::kSgx, root, Day(day), expiry);
  };
  EXPECT_EQ(standard("2023-12-31"), std::nullopt) << "not yet issued";
  EXPECT_EQ(standard("2024-01-15"), 6);
  EXPECT_EQ(standard("2024-02-02"), std::nullopt);
  EXPECT_EQ(standard("2024-02-02", Expiry{2 * 86400, false}), 6);
  EXPECT_EQ(standard("2024-02-02", kIgnore), std::nullopt) << "of TCB info and identities only";
  EXPECT_EQ(standard("2024-03-15"), 6) << "the later list would say 5";
  EXPECT_EQ(held->StandardNumber(IntelTee::kTdx, root, Day("2024-01-15")), std::nullopt);
  EXPECT_EQ(held->StandardNumber(IntelTee::kSgx, IntelRootAnchor().key, Day("2024-01-15")), std::nullopt);
}

TEST(IntelEndorsementsHeld, AreListedWithWhatTheySpeakForAndWhoSignedThem) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto held = IntelEndorsements::Load(AllRecorded(), {IntelRootAnchor()}).value();
  const auto documents = held.Held();
  const auto named = [&](const std::string& name) {
    return std::count_if(documents.begin(), documents.end(), [&](const auto& one) { return IntelDocumentName(one.key) == name; });
  };
  EXPECT_EQ(named("SGX TCB info of FMSPC 00606a000000, evaluation number 18"), 1);
  EXPECT_GE(named("list of SGX evaluation numbers"), 1);
  EXPECT_GE(named("CRL of the PCK Platform CA"), 2);
  const auto signers = ParsePem(documents.front().issuer_chain, 3).value();
  EXPECT_EQ(FormatRfc3339Utc(ParseCertificate(signers.front().der)->not_after).substr(0, 4), "2032")
      << "of two certificates of the key that signed it, the one that is good for longest";
  for (const HeldIntelDocument& one : documents) {
    EXPECT_TRUE(one.anchor) << IntelDocumentName(one.key);
    const size_t certificates = one.key.kind == IntelDocumentKind::kRootCrl ? 1 : 2;
    EXPECT_EQ(ParsePem(one.issuer_chain, 3).value().size(), certificates) << IntelDocumentName(one.key);
    EXPECT_TRUE(IntelEndorsements({IntelRootAnchor()})
                    .With({Made("chain", one.issuer_chain), {"document", ByteVector(one.content.begin(), one.content.end())}}))
        << "a document and its chain stand alone";
  }
}

}  // namespace
}  // namespace vidimus
