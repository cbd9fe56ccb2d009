// The functions of version 1.2, through policies that call them (policy-language section 2.8).
#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/compile.h"
#include "policy/evaluator.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<ClaimSet> Issue(const std::string& expression, const ClaimSet& claims) {
  const auto program = CompileProgram(
      "version=1.2;authorizationrules{=>permit();};issuancerules{"
      "a:[type==\"a\"]&&b:[type==\"b\"]=>issue(type=\"n\",value=" +
      expression + ");};");
  EXPECT_TRUE(program) << program.error().detail;
  VIDIMUS_TRY(const Decision decision, Evaluate(*program, claims));
  return decision.issued;
}

ClaimSet Given(const std::vector<ClaimValue>& a, const std::vector<ClaimValue>& b) {
  ClaimSet out;
  for (const ClaimValue& value : a) out.push_back({"a", value});
  for (const ClaimValue& value : b) out.push_back({"b", value});
  return out;
}

std::vector<ClaimValue> ValuesOf(const std::string& expression, const std::vector<ClaimValue>& a,
                                 const std::vector<ClaimValue>& b = {true}) {
  const auto issued = Issue(expression, Given(a, b));
  EXPECT_TRUE(issued) << issued.error().detail;
  std::vector<ClaimValue> out;
  for (const Claim& claim : issued ? *issued : ClaimSet()) out.push_back(claim.value);
  return out;
}

void ExpectError(const std::string& expression, const std::vector<ClaimValue>& a, std::string_view where, std::string_view detail) {
  const auto issued = Issue(expression, Given(a, {true}));
  ASSERT_FALSE(issued) << expression;
  EXPECT_EQ(issued.error().where, where) << issued.error().detail;
  EXPECT_THAT(issued.error().detail, HasSubstr(std::string(detail)));
}

ClaimValue S(std::string text) { return text; }
ClaimValue I(int64_t number) { return number; }

TEST(PolicyFunctions, JmesPathGivesJsonText) {
  const ClaimValue json = S(R"({"z":[1,2.50,"x"],"a":{"q":null}})");
  EXPECT_THAT(ValuesOf("JmesPath(a.value,\"z[2]\")", {json}), ElementsAre(S("\"x\"")));
  EXPECT_THAT(ValuesOf("JmesPath(a.value,\"nothing\")", {json}), ElementsAre(S("null")));
  EXPECT_THAT(ValuesOf("JmesPath(a.value,\"z[0]\")", {json}), ElementsAre(S("1")));
  EXPECT_THAT(ValuesOf("JmesPath(a.value,\"@\")", {json}), ElementsAre(S(R"({"z":[1,2.5,"x"],"a":{"q":null}})")));
}

TEST(PolicyFunctions, JmesPathRefusesWhatIsNoJsonAndNoQuery) {
  ExpectError("JmesPath(a.value,\"x\")", {S("{")}, "policy.json", "JmesPath: found \"{\", expected JSON");
  ExpectError("JmesPath(a.value,\"x[\")", {S("{}")}, "policy.jmespath", "JmesPath: query \"x[\"");
  ExpectError("JmesPath(\"{}\",a.value)", {S("x[")}, "policy.jmespath", "");
  ExpectError("JmesPath(a.value,\"abs(@)\")", {S("{}")}, "policy.jmespath", "");
  ExpectError("JmesPath(a.value,\"x\")", {S("")}, "policy.value", "found an empty String as argument 1");
  ExpectError("JmesPath(\"{}\",a.value)", {S("")}, "policy.value", "found an empty String as argument 2");
  ExpectError("JmesPath(a.value,\"x\")", {I(1)}, "policy.value", "found a value of type Integer, expected one String as argument 1");
  ExpectError("JmesPath(a.value,\"x\")", {S("1"), S("2")}, "policy.value", "found 2 values, expected one String");
}

TEST(PolicyFunctions, JsonToClaimValueGivesScalarsSetsAndTheEmptyValue) {
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("-7")}), ElementsAre(I(-7)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("true")}), ElementsAre(ClaimValue(true)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S(" \"x\" ")}), ElementsAre(S("x")));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("[1,\"1\",1,null,true]")}), ElementsAre(I(1), S("1"), ClaimValue(true)));
  for (const char* empty : {"null", "[]", "[null,null]"})
    EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S(empty)}), IsEmpty()) << empty;
}

// A14.
TEST(PolicyFunctions, IntegralNumbersInRangeAreIntegers) {
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("1.0")}), ElementsAre(I(1)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("1e2")}), ElementsAre(I(100)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("9223372036854775807")}), ElementsAre(I(INT64_MAX)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("-9223372036854775808")}), ElementsAre(I(INT64_MIN)));
  EXPECT_THAT(ValuesOf("JsonToClaimValue(a.value)", {S("9007199254740991.0")}), ElementsAre(I(9007199254740991)));
  for (const char* other :
       {"1.5", "1e19", "9007199254740993.0", "123456789012345678e1", "-1e18", "9223372036854775808", "{}", "{\"a\":1}", "[[1]]", "[{}]"})
    ExpectError("JsonToClaimValue(a.value)", {S(other)}, "policy.json", "JsonToClaimValue: found ");
  ExpectError("JsonToClaimValue(a.value)", {S("abc")}, "policy.json", "found \"abc\", expected JSON");
}

TEST(PolicyFunctions, IsSubsetOfComparesSetsOfAnySize) {
  EXPECT_THAT(ValuesOf("IsSubsetOf(a.value,b.value)", {I(1), S("x")}, {S("x"), I(2), I(1)}), ElementsAre(ClaimValue(true)));
  EXPECT_THAT(ValuesOf("IsSubsetOf(b.value,a.value)", {I(1), S("x")}, {S("x"), I(2), I(1)}), ElementsAre(ClaimValue(false)));
  EXPECT_THAT(ValuesOf("IsSubsetOf(a.value,b.value)", {I(1)}, {S("1")}), ElementsAre(ClaimValue(false)));
  EXPECT_THAT(ValuesOf("IsSubsetOf(JsonToClaimValue(\"null\"),a.value)", {I(1)}), ElementsAre(ClaimValue(true)));
  EXPECT_THAT(ValuesOf("IsSubsetOf(a.value,JsonToClaimValue(\"null\"))", {I(1)}), ElementsAre(ClaimValue(false)));
}

TEST(PolicyFunctions, AppendStringJoinsTwoStrings) {
  EXPECT_THAT(ValuesOf("AppendString(a.value,AppendString(\"\",\"!\"))", {S("x")}), ElementsAre(S("x!")));
  EXPECT_THAT(ValuesOf("AppendString(a.type,a.issuer)", {S("x"), S("y")}), ElementsAre(S("aAttestationService")));
  ExpectError("AppendString(\"x\",a.value)", {I(1)}, "policy.value", "found a value of type Integer, expected one String as argument 2");
  ExpectError("AppendString(a.value,\"x\")", {S("x"), S("y")}, "policy.value", "found 2 values");
  ExpectError("AppendString(JsonToClaimValue(\"null\"),\"x\")", {I(1)}, "policy.value", "found no value");
}

TEST(PolicyFunctions, NegateBoolTakesOneBoolean) {
  EXPECT_THAT(ValuesOf("NegateBool(a.value)", {false}), ElementsAre(ClaimValue(true)));
  ExpectError("NegateBool(a.value)", {S("true")}, "policy.value", "found a value of type String, expected one Boolean");
  ExpectError("NegateBool(a.value)", {true, false}, "policy.value", "found 2 values");
}

TEST(PolicyFunctions, ContainsOnlyValueIsTypedAndFalseOfTheEmptySet) {
  EXPECT_THAT(ValuesOf("ContainsOnlyValue(a.value,1)", {I(1)}), ElementsAre(ClaimValue(true)));
  EXPECT_THAT(ValuesOf("ContainsOnlyValue(a.value,1)", {I(1), I(2)}), ElementsAre(ClaimValue(false)));
  EXPECT_THAT(ValuesOf("ContainsOnlyValue(a.value,1)", {S("1")}), ElementsAre(ClaimValue(false)));
  EXPECT_THAT(ValuesOf("ContainsOnlyValue(JsonToClaimValue(\"null\"),1)", {S("1")}), ElementsAre(ClaimValue(false)));
  ExpectError("ContainsOnlyValue(1,a.value)", {I(1), I(2)}, "policy.value", "found 2 values, expected one value as argument 2");
}

// Doubling a text by calls is bounded as everything else is.
TEST(PolicyFunctions, TextsThatCallsMakeSpendSteps) {
  std::string text = "a.value";
  for (int i = 0; i < 10; ++i) text = "AppendString(" + text + "," + text + ")";
  ExpectError(text, {S(std::string(200'000, 'x'))}, "policy.steps", "too many values");
}

// A text that was parsed already is not parsed again, but its values are made again.
TEST(PolicyFunctions, EveryValueMadeOfJsonSpendsAStep) {
  std::string json = "[0";
  for (int i = 1; i < 100'000; ++i) json += ",0";
  const std::string call = "JsonToClaimValue(a.value)";
  EXPECT_EQ(ValuesOf(call, {S(json + "]")}).size(), 1u);
  std::string all = call;
  for (int i = 0; i < 10; ++i) all = "IsSubsetOf(" + call + "," + all + ")";
  ExpectError(all, {S(json + "]")}, "policy.steps", "JsonToClaimValue: too many values");
}

}  // namespace
}  // namespace vidimus
