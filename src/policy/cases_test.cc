// The recorded policy cases, those of our own and the policies found in public: the language as others use it.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "claims/claim_file.h"
#include "policy/trial.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using testing::ReadVectorJson;
using testing::Text;

// Arrays in any order, as the cases compare them.
Json Sorted(const Json& json) {
  JsonObject out;
  for (JsonMember member : *json.AsObject()) {
    if (const JsonArray* array = member.second.AsArray()) {
      JsonArray copy = *array;
      std::sort(copy.begin(), copy.end(), [](const Json& a, const Json& b) { return WriteJson(a) < WriteJson(b); });
      member.second = Json(std::move(copy));
    }
    out.push_back(std::move(member));
  }
  std::sort(out.begin(), out.end(), [](const JsonMember& a, const JsonMember& b) { return a.first < b.first; });
  return out;
}

Json Expected(const Json& expect, std::string_view member) {
  const Json* claims = expect.Find(member);
  return Sorted(claims == nullptr ? Json(JsonObject()) : *claims);
}

void ExpectEnd(const Json& one, std::string_view text) {
  SCOPED_TRACE(Text(one, "name"));
  const auto type = FindAttestationType(Text(one, "type"));
  ASSERT_TRUE(type);
  const auto claims = ReadClaims(*one.Find("claims"), *type);
  ASSERT_TRUE(claims) << claims.error().detail;
  const Trial trial = TryPolicy(text, *claims);
  const Json report = TrialReport(text, trial, true);
  const Json& expect = *one.Find("expect");
  EXPECT_EQ(Text(report, "outcome"), Text(expect, "result")) << WriteJson(report);
  if (Text(expect, "result") == "deny") {
    EXPECT_EQ(Text(report, "reason"), Text(expect, "reason"));
  }
  if (Text(expect, "result") != "permit") return;
  EXPECT_EQ(WriteJson(Sorted(*report.Find("claims"))), WriteJson(Expected(expect, "issued")));
  EXPECT_EQ(WriteJson(Sorted(*report.Find("properties"))), WriteJson(Expected(expect, "properties")));
}

TEST(PolicyCases, EndAsRecorded) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json file = ReadVectorJson("policy/cases.json");
  const JsonArray& cases = *file.Find("cases")->AsArray();
  EXPECT_EQ(cases.size(), 124u);
  for (const Json& one : cases) ExpectEnd(one, Text(one, "policy"));
}

JsonArray CasesOfOurOwn() {
  const ByteVector content = testing::ReadFile(VIDIMUS_POLICY_CASES);
  const auto file = ParseJson(AsText(content));
  EXPECT_TRUE(file) << file.error().detail;
  return file ? *file->Find("cases")->AsArray() : JsonArray();
}

// Each names the section of the specification that it follows from.
TEST(PolicyCases, EndAsEverySectionOfTheSpecificationSays) {
  size_t ran = 0;
  for (const Json& one : CasesOfOurOwn()) {
    if (one.Find("policy") == nullptr) continue;
    ExpectEnd(one, Text(one, "policy"));
    ++ran;
  }
  EXPECT_GT(ran, 400u);
}

TEST(PolicyCases, PoliciesFoundInPublicEndAsFollowedByHand) {
  VIDIMUS_REQUIRE_VECTORS();
  size_t ran = 0;
  for (const Json& one : CasesOfOurOwn()) {
    if (one.Find("policy_file") == nullptr) continue;
    const ByteVector text = testing::ReadVector("policy/" + Text(one, "policy_file"));
    ExpectEnd(one, AsText(text));
    ++ran;
  }
  EXPECT_GT(ran, 20u);
}

// Section 6: the index of the first denying rule.
TEST(PolicyCases, ADenyNamesItsRule) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json file = ReadVectorJson("policy/cases.json");
  int named = 0;
  for (const Json& one : *file.Find("cases")->AsArray()) {
    const Json* rule = one.Find("expect")->Find("rule");
    if (rule == nullptr || rule->AsInt() == nullptr) continue;
    const auto claims = ReadClaims(*one.Find("claims"), *FindAttestationType(Text(one, "type")));
    const std::string text = Text(one, "policy");
    const Json report = TrialReport(text, TryPolicy(text, *claims), false);
    EXPECT_EQ(WriteJson(*report.Find("rule")->Find("number")), WriteJson(*rule)) << Text(one, "name");
    ++named;
  }
  EXPECT_GT(named, 0);
}

// real-world/README.md, column "strict parse": all but these three.
TEST(PolicyCases, PoliciesFoundInPublicCompileButForTheThreePrintedWrongly) {
  VIDIMUS_REQUIRE_VECTORS();
  int compiled = 0;
  int refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::VectorFolder() + "/policy/real-world")) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".txt") continue;
    const ByteVector content = testing::ReadFile(entry.path());
    const Compilation compilation = Compile(AsText(content));
    const bool broken =
        name == "sgx-template-with-placeholders.txt" || name == "doc-intro-as-printed.txt" || name == "tpm-1.2-version-page-as-printed.txt";
    EXPECT_EQ(compilation.program.has_value(), !broken) << name;
    ++(broken ? refused : compiled);
  }
  EXPECT_EQ(compiled, 28);
  EXPECT_EQ(refused, 3);
}

}  // namespace
}  // namespace vidimus
