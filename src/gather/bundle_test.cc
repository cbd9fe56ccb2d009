// Bundles: what was written reads the same, and no spoiled octet goes unnoticed (docs/reference/endorsement-bundle.md).
#include "gather/bundle.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "gather/held_source.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using namespace testing;

constexpr UnixTime kCreated = 1'750'000'000;

NamedDocument Made(std::string name, std::string_view text) { return {std::move(name), ByteVector(text.begin(), text.end())}; }

std::string Line(std::string_view name, std::string_view text) {
  return R"({"sha256":")" + HexEncode(Sha256(AsBytes(text))) + R"(","name":")" + std::string(name) + R"(","text":")" + std::string(text) +
         "\"}\n";
}
std::string Header(int documents) {
  return R"({"format":"vidimus-endorsements","version":1,"created":"2025-06-15T15:06:40Z","documents":)" + std::to_string(documents) +
         "}\n";
}
std::string WithEnd(const std::string& lines) { return lines + R"({"sha256":")" + HexEncode(Sha256(AsBytes(lines))) + "\"}\n"; }
std::string Good() { return WithEnd(Header(2) + Line("one", "first") + Line("two", "second")); }

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

std::string_view Refusal(const std::string& text, const BundleBounds& bounds = {}) {
  const auto read = ReadEndorsementBundle(AsBytes(text), bounds);
  return read ? "" : read.error().where;
}

IntelEndorsements Recorded() {
  std::vector<NamedDocument> documents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VectorFolder() + "/intel/collateral"))
    if (entry.is_regular_file()) documents.push_back({entry.path().string(), testing::ReadFile(entry.path().string())});
  return IntelEndorsements::Load(documents, {IntelRootAnchor()}).value();
}

std::vector<std::pair<IntelDocumentKey, Sha256Digest>> Contents(const IntelEndorsements& held) {
  std::vector<std::pair<IntelDocumentKey, Sha256Digest>> out;
  for (const HeldIntelDocument& one : held.Held()) out.emplace_back(one.key, one.hash);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Bundle, GivesItsDocumentsInTheirOrder) {
  const auto read = ReadEndorsementBundle(AsBytes(Good()));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->created, kCreated);
  ASSERT_EQ(read->documents.size(), 2U);
  EXPECT_EQ(read->documents[0].name, "one");
  EXPECT_EQ(AsText(read->documents[1].content), "second");
}

TEST(Bundle, IsToldFromOtherFilesByItsFirstOctets) {
  EXPECT_TRUE(IsEndorsementBundle(AsBytes(Good())));
  EXPECT_FALSE(IsEndorsementBundle(AsBytes(R"({"tcbInfo":{}})")));
  EXPECT_FALSE(IsEndorsementBundle({}));
}

TEST(Bundle, IsNotAcceptedCutShort) {
  const std::string good = Good();
  for (size_t size = 0; size < good.size(); ++size) EXPECT_EQ(Refusal(good.substr(0, size)), "bundle.truncated") << size;
}

TEST(Bundle, IsNotAcceptedWithAFlippedBit) {
  const std::string good = Good();
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string spoiled = good;
    spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Refusal(spoiled), "") << "bit " << bit;
  }
}

TEST(Bundle, NamesWhatIsWrong) {
  EXPECT_EQ(Refusal(WithEnd(Replaced(Header(0), "vidimus-", "another-"))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Replaced(Header(0), "\"version\":1", "\"version\":2"))), "bundle.version");
  EXPECT_EQ(Refusal(WithEnd(Replaced(Header(0), "\"version\":1", "\"version\":\"1\""))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Replaced(Header(0), "2025-06-15", "2025-06-31"))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Header(-1))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Header(1) + Replaced(Line("one", "first"), "\"text\"", "\"texts\""))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Header(1) + Replaced(Line("one", "first"), "\"text\"", "\"base64\":\"\",\"text\""))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Header(1) + Replaced(Line("one", "first"), "\"name\"", "\"names\""))), "bundle.format");
  EXPECT_EQ(Refusal(WithEnd(Header(1) + Replaced(Line("one", "first"), "\"text\":\"first", "\"text\":\"other"))), "bundle.digest");
  EXPECT_EQ(Refusal(WithEnd(Header(1) + "[]\n")), "bundle.format");
  EXPECT_EQ(Refusal(Good() + "\n"), "bundle.format");
  EXPECT_EQ(Refusal(Replaced(Good(), "second", "Second")), "bundle.digest");
}

TEST(Bundle, IsTakenAtEachLimitAndNotOnePastIt) {
  const std::string good = Good();
  EXPECT_EQ(Refusal(good, {good.size(), 2, 6}), "");
  EXPECT_EQ(Refusal(good, {good.size() - 1, 2, 6}), "bundle.limit");
  EXPECT_EQ(Refusal(good, {good.size(), 1, 6}), "bundle.limit");
  EXPECT_EQ(Refusal(good, {good.size(), 2, 5}), "bundle.limit");
}

TEST(Bundle, HoldsWhatWasHeldWhenItIsVerifiedAgain) {
  VIDIMUS_REQUIRE_VECTORS();
  const IntelEndorsements held = Recorded();
  const auto text = WriteEndorsementBundle(held.Held(), kCreated);
  ASSERT_TRUE(text) << text.error().detail;
  const auto read = ReadEndorsementBundle(AsBytes(*text));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->created, kCreated);
  const auto again = IntelEndorsements::Load(read->documents, {IntelRootAnchor()});
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(Contents(*again), Contents(held));
  EXPECT_EQ(WriteEndorsementBundle(again->Held(), kCreated).value(), *text);
  EXPECT_EQ(WriteEndorsementBundle(held.Held(), kCreated, {text->size(), read->documents.size()}).value(), *text);
  EXPECT_FALSE(WriteEndorsementBundle(held.Held(), kCreated, {text->size() - 1}));
  EXPECT_FALSE(WriteEndorsementBundle(held.Held(), kCreated, {text->size(), read->documents.size() - 1}));
  EXPECT_FALSE(WriteEndorsementBundle(held.Held(), kCreated, {text->size(), read->documents.size(), 100}));
}

TEST(Bundle, IsSplitWhereOneWouldBePastItsBoundsAndEachPartHasTheIssuers) {
  const std::vector<NamedDocument> issuers = {Made("issuer", "who")}, documents = {Made("a", "1"), Made("b", "2"), Made("c", "3")};
  const auto parts = [&](const BundleBounds& bounds) {
    std::string out;
    const auto written = WriteEndorsementBundles(issuers, documents, kCreated, bounds).value();
    for (const std::string& part : written) {
      EXPECT_LE(part.size(), bounds.bytes);
      const EndorsementBundle read = ReadEndorsementBundle(AsBytes(part), bounds).value();
      for (const NamedDocument& one : read.documents) out += one.name + " ";
      out += "| ";
    }
    return out;
  };
  EXPECT_EQ(parts({}), "issuer a b c | ");
  EXPECT_EQ(parts({1000, 4, 3}), "issuer a b c | ");
  EXPECT_EQ(parts({1000, 3, 3}), "issuer a b | issuer c | ");
  EXPECT_EQ(parts({1000, 2, 3}), "issuer a | issuer b | issuer c | ");
  const size_t of_three = WriteEndorsementBundles(issuers, {documents[0], documents[1]}, kCreated, {}).value().at(0).size();
  EXPECT_EQ(parts({of_three, 9, 3}), "issuer a b | issuer c | ");
  EXPECT_EQ(parts({of_three - 1, 9, 3}), "issuer a | issuer b | issuer c | ");
  const auto refusal = [&](const BundleBounds& bounds) {
    return WriteEndorsementBundles(issuers, documents, kCreated, bounds).error().where;
  };
  EXPECT_EQ(refusal({1000, 1, 3}), "bundle.limit");
  EXPECT_EQ(refusal({200, 9, 3}), "bundle.limit");
  EXPECT_EQ(refusal({1000, 9, 2}), "bundle.limit");
  EXPECT_TRUE(WriteEndorsementBundles({}, {}, kCreated, {}).value().empty());
}

TEST(Bundle, HasTextThatPeopleCanReadUnlessBase64IsShorter) {
  const auto one = [](std::string_view text) { return WriteEndorsementBundles({}, {Made("n", text)}, kCreated, {}).value().at(0); };
  EXPECT_NE(one("{\"a\":\"b, and c\"}").find("\"text\""), std::string::npos);
  EXPECT_NE(one(std::string(9, '\1')).find("\"base64\""), std::string::npos);
}

TEST(Bundle, IsOpenedAmongOtherDocuments) {
  const auto out = WithBundlesOpened({Made("a", "plain"), Made("b", Good())});
  ASSERT_TRUE(out) << out.error().detail;
  ASSERT_EQ(out->size(), 3U);
  EXPECT_EQ((*out)[0].name, "a");
  EXPECT_EQ((*out)[2].name, "b: two");
  const auto spoiled = WithBundlesOpened({Made("b", Replaced(Good(), "first", "First"))});
  ASSERT_FALSE(spoiled);
  EXPECT_EQ(spoiled.error().where, "bundle.digest");
  EXPECT_TRUE(spoiled.error().detail.starts_with("b: line 2"));
}

TEST(HeldSource, GivesTheHighestNumberAndTheLatestIssueWithItsIssuers) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto source = MakeHeldSource("folder", [] { return Result<IntelEndorsements>(Recorded()); });
  EXPECT_EQ(source->name(), "folder");
  IntelDocumentKey key{IntelDocumentKind::kTcbInfo, IntelTee::kTdx, "90c06f000000", {}};
  auto out = source->Fetch(key);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->at(0).content, ReadVector("intel/collateral/tcbinfo/tdx_v3_90c06f000000_e18_20260201T144926Z.json"));
  EXPECT_TRUE(IntelEndorsements::Load(*out, {IntelRootAnchor()}));
  key.evaluation_data_number = 17;
  out = source->Fetch(key);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->at(0).content, ReadVector("intel/collateral/tcbinfo/tdx_v3_90c06f000000_e17_20250605T034345Z.json"));
  key.evaluation_data_number = 99;
  out = source->Fetch(key);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().error.where, "gather.held");
  EXPECT_EQ(out.error().error.code, ErrorCode::kMissing);
}

TEST(HeldSource, PassesOnWhyItsDocumentsCannotBeRead) {
  const auto source = MakeHeldSource("folder", []() -> Result<IntelEndorsements> { return Fail(ErrorCode::kIo, "file.read", "gone"); });
  const auto out = source->Fetch({IntelDocumentKind::kRootCrl, IntelTee::kSgx, "", {}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().error.where, "file.read");
}

}  // namespace
}  // namespace vidimus
