// Which documents are asked for: those a platform lacks, and those held that are half over (intel-dcap section 4.9).
#include "gather/intel_plan.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The recorded documents but those whose names begin with one of `without`.
IntelEndorsements Recorded(const std::vector<std::string>& without = {}) {
  std::vector<NamedDocument> documents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(testing::VectorFolder() + "/intel/collateral")) {
    const std::string name = entry.path().filename().string();
    const auto begins = [&](const std::string& one) { return name.starts_with(one); };
    if (entry.is_regular_file() && std::none_of(without.begin(), without.end(), begins))
      documents.push_back({name, testing::ReadFile(entry.path().string())});
  }
  return IntelEndorsements::Load(documents, {IntelRootAnchor()}).value();
}

UnixTime At(const std::string& time) { return ParseRfc3339Utc(time).value(); }

IntelNeeds Needs(std::optional<int64_t> number = std::nullopt) { return {IntelTee::kSgx, {0x00, 0x60, 0x6a, 0, 0, 0}, "platform", number}; }

std::vector<std::string> Names(const std::vector<IntelDocumentKey>& keys) {
  std::vector<std::string> out;
  for (const IntelDocumentKey& key : keys) out.push_back(IntelDocumentName(key));
  return out;
}

const std::string kList = "list of SGX evaluation numbers", kRoot = "CRL of the root", kPlatform = "CRL of the PCK Platform CA";
const std::string kInfo = "SGX TCB info of FMSPC 00606a000000", kQe = "identity of the SGX quoting enclave";

TEST(MissingEndorsements, OfAnUnknownPlatformAreAll) {
  const IntelEndorsements nothing({IntelRootAnchor()});
  EXPECT_FALSE(IsKnownPlatform(Needs(), nothing));
  EXPECT_THAT(Names(MissingFor(Needs(), nothing, 0, true)), UnorderedElementsAre(kList, kRoot, kPlatform, kInfo, kQe));
  EXPECT_THAT(Names(MissingFor(Needs(17), nothing, 0, true)),
              UnorderedElementsAre(kList, kRoot, kPlatform, kInfo + ", evaluation number 17", kQe + ", evaluation number 17"));
}

// A stranger may not make us ask the vendor for any number that comes to his mind.
TEST(MissingEndorsements, OfANumberThatACallerNamesWaitForTheSignedList) {
  const IntelEndorsements nothing({IntelRootAnchor()});
  EXPECT_THAT(Names(MissingFor(Needs(17), nothing, 0, false)), UnorderedElementsAre(kList, kRoot, kPlatform));
  VIDIMUS_REQUIRE_VECTORS();
  const UnixTime now = At("2025-06-26T00:00:00Z");
  const IntelEndorsements held = Recorded({"sgx_v"});
  EXPECT_THAT(Names(MissingFor(Needs(17), held, now, false)), Contains(kInfo + ", evaluation number 17"));
  EXPECT_THAT(Names(MissingFor(Needs(99), held, now, true)), Not(Contains(kInfo + ", evaluation number 99")))
      << "no such number is published";
}

TEST(MissingEndorsements, AreNotThoseThatAreInForce) {
  VIDIMUS_REQUIRE_VECTORS();
  const UnixTime now = At("2025-06-26T00:00:00Z");
  EXPECT_TRUE(IsKnownPlatform(Needs(), Recorded()));
  EXPECT_THAT(Names(MissingFor(Needs(), Recorded(), now, true)), IsEmpty());
  EXPECT_THAT(Names(MissingFor(Needs(), Recorded({"pck_platform"}), now, true)), UnorderedElementsAre(kPlatform));
  EXPECT_THAT(Names(MissingFor(Needs(), Recorded({"rootca"}), now, true)), UnorderedElementsAre(kRoot));
  EXPECT_THAT(Names(MissingFor(Needs(), Recorded(), At("2025-12-01T00:00:00Z"), true)), UnorderedElementsAre(kList, kPlatform, kInfo, kQe))
      << "past their nextUpdate; the root's CRL lives for a year";
}

TEST(DueEndorsements, AreThosePastHalfOfTheirLife) {
  VIDIMUS_REQUIRE_VECTORS();
  const IntelEndorsements held = Recorded();
  const auto due = [&](const std::string& time) { return Names(DueAt(held, At(time))); };
  // Number 19 of this platform was issued on 2025-06-06 for thirty days.
  EXPECT_THAT(due("2025-06-21T00:00:00Z"), Not(Contains(kInfo + ", evaluation number 19")));
  EXPECT_THAT(due("2025-06-22T00:00:00Z"), Contains(kInfo + ", evaluation number 19"));
  EXPECT_THAT(due("2025-06-26T00:00:00Z"), Not(Contains(kPlatform))) << "issued a week before";
  EXPECT_THAT(due("2026-09-01T00:00:00Z"), Contains(kPlatform));
}

TEST(DueEndorsements, WithoutAListAreTheNewestOfEachSubjectAndTheList) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto names = Names(DueAt(Recorded({"sgx_2025", "sgx_2026", "tdx_2025", "tdx_2026"}), At("2025-07-20T00:00:00Z")));
  EXPECT_THAT(names, Contains(kInfo)) << "whatever number the source has";
  EXPECT_THAT(names, Contains(kList));
  EXPECT_THAT(names, Not(Contains(kInfo + ", evaluation number 17")));
}

TEST(DueEndorsements, OfNothingAreNone) { EXPECT_THAT(Names(DueAt(IntelEndorsements({IntelRootAnchor()}), 0)), IsEmpty()); }

}  // namespace
}  // namespace vidimus
