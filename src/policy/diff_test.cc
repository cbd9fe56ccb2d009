#include "policy/diff.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "policy/compile.h"

namespace vidimus {
namespace {

using Rules = std::vector<std::string>;

std::string Policy(const Rules& rules) {
  std::string text = "version=1.0;authorizationrules{";
  for (const std::string& rule : rules) text += rule + ";\n";
  return text + "};";
}

// "-0 +1 ~0>1 m2>0": removed, added, changed and moved rules by number.
std::string Diff(std::string_view before, std::string_view after) {
  const auto a = CompileProgram(before);
  const auto b = CompileProgram(after);
  EXPECT_TRUE(a.has_value()) << before;
  EXPECT_TRUE(b.has_value()) << after;
  if (!a || !b) return "";
  std::string out;
  for (const RuleChange& change : DiffRules(*a, *b)) {
    if (!out.empty()) out += ' ';
    switch (change.kind) {
      case RuleChange::Kind::kAdded: out += "+" + std::to_string(*change.after); break;
      case RuleChange::Kind::kRemoved: out += "-" + std::to_string(*change.before); break;
      case RuleChange::Kind::kChanged: out += "~" + std::to_string(*change.before) + ">" + std::to_string(*change.after); break;
      case RuleChange::Kind::kMoved: out += "m" + std::to_string(*change.before) + ">" + std::to_string(*change.after); break;
    }
    EXPECT_EQ(change.kind == RuleChange::Kind::kAdded, !change.before.has_value());
    EXPECT_EQ(change.kind == RuleChange::Kind::kRemoved, !change.after.has_value());
  }
  return out;
}

std::string Diff(const Rules& before, const Rules& after) { return Diff(Policy(before), Policy(after)); }

const std::string kA = R"([type=="a", value==1] => permit())";
const std::string kB = R"([type=="b", value==2] => deny())";
const std::string kC = R"([type=="c", value==3] => add(type="cc", value="x"))";
const std::string kD = R"([type=="d", value==4] => add(type="dd", value="y"))";

TEST(PolicyDiff, SeesNoChangeInLayoutAndComments) {
  EXPECT_EQ(
      Diff("version=1.0;authorizationrules{[type==\"a\",value==1]=>permit();};",
           "// x\nVersion = 1.0 ;\nAuthorizationRules\n{\n[ type == \"a\" , // y\n value == 1 ]\r\n =>\tpermit ( ) ; };issuancerules{};"),
      "");
}

TEST(PolicyDiff, NamesAddedAndRemovedRules) {
  EXPECT_EQ(Diff(Rules{kA, kB}, Rules{kA, kC, kB}), "+1");
  EXPECT_EQ(Diff(Rules{kA, kB, kC}, Rules{kA, kC}), "-1");
  EXPECT_EQ(Diff(Rules{}, {kA, kB}), "+0 +1");
  EXPECT_EQ(Diff({kA, kB}, Rules{}), "-0 -1");
  EXPECT_EQ(Diff(Rules{kA, kB, kD}, Rules{kA, kC, kD}), "-1 +1") << "rules with little in common are no change of one another";
}

TEST(PolicyDiff, PairsSimilarRulesBetweenTheSameNeighbours) {
  EXPECT_EQ(Diff(Rules{kA, kB, kC}, Rules{kA, R"([type=="b", value!=2] => deny())", kC}), "~1>1");
  EXPECT_EQ(Diff(Rules{kA, kB, kC}, Rules{kA, R"([type=="b", value==3] => deny())", kC}), "~1>1");
  EXPECT_EQ(Diff(Rules{kB, kA}, Rules{R"([type=="b", value==3] => deny())", kD, kA}), "~0>0 +1");
  EXPECT_EQ(Diff(Rules{kB, kA}, Rules{kD, R"([type=="b", value==3] => deny())", kA}), "+0 ~0>1");
  EXPECT_EQ(Diff(Rules{"=> permit()"}, Rules{kA}), "~0>0");
  EXPECT_EQ(Diff(Rules{"=> permit()"}, Rules{"=> deny()"}), "-0 +0");
  EXPECT_EQ(Diff(Rules{kB, kA}, Rules{kA, R"([type=="b", value==3] => deny())"}), "-0 +1") << "a neighbour stands between them";
}

TEST(PolicyDiff, KnowsARuleThatMoved) {
  EXPECT_EQ(Diff(Rules{kA, kB, kC, kD}, Rules{kB, kC, kD, kA}), "m0>3");
  EXPECT_EQ(Diff(Rules{kA, kB, kC, kD}, Rules{kD, kA, kB, kC}), "m3>0");
  EXPECT_EQ(Diff(Rules{kA, kB}, Rules{kB, kA}).size(), 4u) << "one of the two moved";
  EXPECT_EQ(Diff(Rules{kA, kB, kC}, Rules{kC, kB, R"([type=="a", value==9] => permit())"}), "-0 m1>1 +2");
}

TEST(PolicyDiff, TellsEqualRulesApartByTheirPlace) {
  EXPECT_EQ(Diff(Rules{kA, kA, kB}, Rules{kA, kB}), "-1");
  EXPECT_EQ(Diff(Rules{kA, kB, kA, kC}, Rules{kB, kA, kC}), "-0");
  EXPECT_EQ(Diff(Rules{kA, kB}, Rules{kA, kA, kA, kB}), "+1 +2");
  EXPECT_EQ(Diff(Rules{kA, kB, kA}, Rules{kB, kA, kB, kA}), "+0");
}

TEST(PolicyDiff, KeepsSectionsApart) {
  const std::string rule = "=>issueproperty(type=\"p\",value=1);";
  const std::string end = "authorizationrules{=>permit();};";
  EXPECT_EQ(Diff("version=1.1;configurationrules{" + rule + "};" + end, "version=1.1;" + end + "issuancerules{" + rule + "};"), "-0 +0");
}

// What a diff must do, however many rules: every rule is kept, or named once.
TEST(PolicyDiff, ComparesTenThousandRulesAtOnce) {
  const auto many = [](size_t from, size_t step) {
    Rules out;
    for (size_t i = 0; i < 10'000; ++i) out.push_back("[type==\"t" + std::to_string(from + i * step) + "\"]=>permit()");
    return out;
  };
  const Rules plain = many(0, 1);
  Rules reversed = plain;
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(Diff(plain, plain), "");
  const auto count = [](const std::string& text, char kind) { return std::count(text.begin(), text.end(), kind); };
  EXPECT_EQ(count(Diff(plain, reversed), 'm'), 9'999);
  const std::string shifted = Diff(plain, many(5'000, 1));
  EXPECT_EQ(count(shifted, '-') + count(shifted, '~'), 5'000);
  EXPECT_EQ(count(shifted, '+') + count(shifted, '~'), 5'000);
  EXPECT_EQ(count(Diff(plain, many(20'000, 1)), '~'), 10'000);
  const Rules same(10'000, kA);
  EXPECT_EQ(Diff(same, Rules(9'999, kA)), "-9999");
  Rules mixed = same;
  for (size_t i = 0; i < mixed.size(); i += 2) mixed[i] = kB;
  const std::string changes = Diff(mixed, same);
  EXPECT_EQ(count(changes, '-') + count(changes, '~'), 5'000);
}

}  // namespace
}  // namespace vidimus
