// The specification of JMESPath by examples of our own, and that every query ends within its limits.
#include "policy/jmespath/jmespath.h"

#include <gmock/gmock.h>

#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;

constexpr size_t kSteps = limits::kPolicySteps;

std::string Times(size_t count, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

Json Parsed(std::string_view text) {
  auto json = ParseJson(text);
  EXPECT_TRUE(json) << text;
  return json ? *std::move(json) : Json();
}

// The result as JSON, or where it failed.
std::string SelectedOf(const Json& data, std::string_view query, size_t limit = kSteps) {
  const auto parsed = JmesPath::Parse(query);
  if (!parsed) return std::string(parsed.error().where);
  Steps steps(limit);
  const auto result = parsed->Search(data, steps);
  return result ? WriteJson(*result) : std::string(result.error().where);
}

std::string Selected(std::string_view data, std::string_view query, size_t limit = kSteps) {
  return SelectedOf(Parsed(data), query, limit);
}

std::string Detail(std::string_view data, std::string_view query) {
  const auto parsed = JmesPath::Parse(query);
  if (!parsed) return parsed.error().detail;
  Steps steps(kSteps);
  const auto result = parsed->Search(Parsed(data), steps);
  return result ? "" : result.error().detail;
}

// Each group: `given`, `select` as [query, result] and `refuse` as [query, where].
TEST(JmesPath, EveryCaseSelectsOrIsRefusedAsTheSpecificationSays) {
  const ByteVector file = testing::ReadFile(VIDIMUS_JMESPATH_CASES);
  const Json groups = Parsed(AsText(file));
  size_t ran = 0;
  for (const Json& group : *groups.AsArray()) {
    for (const Json& one : *group.Find("select")->AsArray()) {
      const std::string& query = *(*one.AsArray())[0].AsString();
      EXPECT_EQ(SelectedOf(*group.Find("given"), query), WriteJson((*one.AsArray())[1])) << query;
      ++ran;
    }
    for (const Json& one : *group.Find("refuse")->AsArray()) {
      const std::string& query = *(*one.AsArray())[0].AsString();
      EXPECT_EQ(SelectedOf(*group.Find("given"), query), *(*one.AsArray())[1].AsString()) << query;
      ++ran;
    }
  }
  EXPECT_GE(ran, 1000U);
}

TEST(JmesPath, RefusalsSayWhereInCharactersWhatWasFoundAndWhatWasExpected) {
  EXPECT_EQ(Detail("null", "'éé' b"), "at character 5: found \"b\", expected an operator or the end");
  EXPECT_EQ(Detail("null", "a."), "at character 2: found the end, expected an identifier, *, [ or { after the dot");
  EXPECT_EQ(Detail("null", "a | abss(b)"), "at character 4: found \"abss\", expected the name of a function");
  EXPECT_EQ(Detail("null", "join(a)"), "at character 0: found 1 arguments of join, expected 2");
  EXPECT_EQ(Detail("null", "merge()"), "at character 0: found 0 arguments of merge, expected at least 1");
  EXPECT_EQ(Detail("null", "max('a')"),
            "at character 4: found argument 1 of max of type string, expected array of numbers or array of strings");
  EXPECT_EQ(Detail("[1]", "[::0]"), "at character 0: found a slice step of 0, expected another");
  EXPECT_THAT(Detail("null", "`x`"), HasSubstr("at character 0: found no JSON"));
}

TEST(JmesPath, QueriesAreUtf8) {
  EXPECT_EQ(Selected("null", "'\xc3'"), "jmespath.syntax");
  EXPECT_EQ(Selected("null", std::string_view("a\0b", 3)), "jmespath.syntax");
}

TEST(JmesPath, KeepsTheOrderOfTheInput) {
  EXPECT_EQ(Selected(R"({"z":1,"a":{"y":2,"b":3}})", "@"), R"({"z":1,"a":{"y":2,"b":3}})");
  EXPECT_EQ(Selected(R"({"z":1,"a":2})", "[keys(@), values(@), *]"), R"([["z","a"],[1,2],[1,2]])");
  EXPECT_EQ(Selected(R"({"z":1,"a":2})", "merge(@, `{\"b\":3,\"z\":4}`)"), R"({"z":4,"a":2,"b":3})");
}

TEST(JmesPath, AQueryIsBoundedInOctets) {
  const std::string fits = "'" + Times(limits::kJmesPathBytes - 2, "a") + "'";
  EXPECT_EQ(Selected("null", fits).size(), limits::kJmesPathBytes);
  EXPECT_EQ(Selected("null", fits + " "), "jmespath.size");
}

TEST(JmesPath, AQueryIsBoundedInDepthHoweverItNests) {
  const auto nested = [](size_t depth, std::string_view open, std::string_view close) {
    return Times(depth, open) + "a" + Times(depth, close);
  };
  const std::pair<std::string_view, std::string_view> kinds[] = {{"[", "]"},         {"{a:", "}"}, {"!", ""},  {"(", ")"}, {"[?", "]"},
                                                                 {"to_array(", ")"}, {"", "==a"},  {"", "<a"}, {"*.", ""}, {"b[*].", ""}};
  for (const auto& [open, close] : kinds) {
    const size_t most = limits::kJmesPathDepth;
    EXPECT_NE(Selected("null", nested(most, open, close)), "jmespath.syntax") << open << close;
    EXPECT_TRUE(JmesPath::Parse(nested(most, open, close))) << open << close;
    EXPECT_EQ(Selected("null", nested(most + 1, open, close)), "jmespath.depth") << open << close;
    EXPECT_EQ(Selected("null", nested(5000, open, close)), "jmespath.depth") << open << close;
  }
}

TEST(JmesPath, ChainsDoNotNest) {
  for (const std::string_view link : {".a", "||a", "&&a", "|a", "[0]", "[]", "[?a]|a"})
    EXPECT_EQ(Selected("null", "a" + Times(8000, link)), "null") << link;
  EXPECT_EQ(Selected(R"({"a":[[[[1]]]]})", "a[0][0][0][0]"), "1");
}

TEST(JmesPath, AResultIsBoundedInDepth) {
  const auto around = [](size_t depth) { return Times(depth, "[@]|") + "@"; };
  EXPECT_EQ(Selected("1", around(limits::kJsonDepth)), Times(limits::kJsonDepth, "[") + "1" + Times(limits::kJsonDepth, "]"));
  EXPECT_EQ(Selected("1", around(limits::kJsonDepth + 1)), "jmespath.depth");
  EXPECT_EQ(Selected("1", around(10'000)), "jmespath.depth");
  EXPECT_EQ(Selected("1", Times(limits::kJsonDepth, "{a:@}|") + "to_array(@)"), "jmespath.depth");
  const std::string deep = Times(limits::kJsonDepth, "[") + Times(limits::kJsonDepth, "]");
  EXPECT_EQ(Selected(deep, "@"), deep);
  EXPECT_EQ(Selected(deep, "[@]"), "jmespath.depth");
  EXPECT_EQ(Selected(deep, "[@][0]"), deep);
  EXPECT_EQ(Selected(deep, "to_string([@])"), "jmespath.depth");
}

// At the steps it takes it succeeds, with one fewer it does not, and what it spent does not depend on the limit.
TEST(JmesPath, ASearchEndsWithItsSteps) {
  const Json data = Parsed(R"({"a":[{"k":3,"s":"xyz"},{"k":1,"s":"a longer string than sixteen octets"}],"o":{"b":[1,2]}})");
  for (const std::string_view query : {"@",
                                       "a[*].k",
                                       "a[?k > `1`].s",
                                       "sort_by(a, &k)",
                                       "sort(a[*].s)",
                                       "max_by(a, &s)",
                                       "keys(o)",
                                       "values(o)",
                                       "merge(o, o)",
                                       "reverse(a)",
                                       "reverse(a[0].s)",
                                       "join(',', a[*].s)",
                                       "to_string(@)",
                                       "contains(a, o)",
                                       "contains(a[1].s, 'six')",
                                       "map(&s, a)",
                                       "a[].s[]",
                                       "a[::-1]",
                                       "@ == @",
                                       "length(a[1].s)",
                                       "[a, {x: o}]",
                                       "o.*",
                                       "starts_with(a[1].s, 'a longer string than')",
                                       "equals_ignore_case(a[1].s, 'A')",
                                       "sum(o.b)",
                                       "to_number('12')",
                                       "min(a[*].k)",
                                       "ends_with('abc', 'c')"}) {
    const auto parsed = JmesPath::Parse(query);
    ASSERT_TRUE(parsed) << query;
    Steps all(kSteps);
    const auto whole = parsed->Search(data, all);
    ASSERT_TRUE(whole) << query;
    const size_t spent = kSteps - all.left();
    EXPECT_GT(spent, 0U) << query;
    Steps enough(spent);
    EXPECT_TRUE(parsed->Search(data, enough)) << query;
    for (size_t fewer = 0; fewer < spent; ++fewer) {
      Steps steps(fewer);
      const auto result = parsed->Search(data, steps);
      ASSERT_FALSE(result) << query << " with " << fewer;
      EXPECT_EQ(result.error().where, "jmespath.steps") << query;
    }
  }
}

TEST(JmesPath, WhatGrowsWithoutBoundEndsWithItsSteps) {
  EXPECT_EQ(Selected("1", Times(30, "[@,@]|") + "@"), "jmespath.steps");
  EXPECT_EQ(Selected("1", Times(30, "{a:@,b:@}|") + "@ == @"), "jmespath.steps");
  EXPECT_EQ(Selected("[1,1]", Times(30, "[@,@][]|") + "length(@)"), "jmespath.steps");
  EXPECT_EQ(Selected("\"ab\"", Times(40, "join('',[@,@])|") + "length(@)"), "jmespath.steps");
  EXPECT_EQ(Selected("1", Times(25, "to_string([@,@])|") + "length(@)"), "jmespath.steps");
  const std::string list = "[" + Times(1999, "1,") + "1]";
  EXPECT_EQ(Selected(list, "map(&@, @)[*].[@] | length(@)"), "2000");
  EXPECT_EQ(Selected("{\"a\":" + list + "}", "a[?contains(`" + list + "`, `2`)]"), "jmespath.steps");
  EXPECT_EQ(Selected("[" + Times(99, list + ",") + list + "]", "[*].sort(@) | length(@)"), "jmespath.steps");
}

TEST(JmesPath, ComparingLargeObjectsOfAnotherOrderTakesNoProductOfTheirSizes) {
  JsonObject forth;
  JsonObject back;
  for (int i = 0; i < 10'000; ++i) forth.emplace_back("member" + std::to_string(i), i);
  back.assign(forth.rbegin(), forth.rend());
  EXPECT_EQ(SelectedOf(Json(JsonObject{{"a", forth}, {"b", back}}), "a == b"), "true");
}

}  // namespace
}  // namespace vidimus
