// Explanations: which rule decided, what the closest one missed, and that looking changes nothing.
#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/compile.h"
#include "policy/explanation.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Program Made(std::string_view text) {
  auto program = CompileProgram(text);
  EXPECT_TRUE(program) << text;
  return program ? *std::move(program) : Program();
}

std::string Summary(std::string_view text, const ClaimSet& claims) {
  const Program program = Made(text);
  return Summarise(program, Explain(program, claims));
}

constexpr std::string_view kPinned =
    "version=1.0;\n"
    "authorizationrules {\n"
    "  [type==\"x-ms-sgx-is-debuggable\", value==true] => deny();\n"
    "  [type==\"x-ms-sgx-mrsigner\", value==\"aa\"] && [type==\"x-ms-sgx-svn\", value>=3] => permit();\n"
    "  [type==\"x-ms-sgx-mrsigner\", value==\"bb\"] && [type==\"x-ms-sgx-svn\", value>=9] && [type==\"z\"] => permit();\n"
    "};";

TEST(PolicyExplanation, ADenyNamesTheRuleThatFired) {
  EXPECT_EQ(Summary(kPinned, {{"x-ms-sgx-is-debuggable", true}}),
            "a deny rule fired, line 3: [type==\"x-ms-sgx-is-debuggable\", value==true] => deny(); found x-ms-sgx-is-debuggable = true");
}

TEST(PolicyExplanation, ADenialNamesThePermitThatMissedTheFewestConditionsAndWhatItNeeds) {
  EXPECT_EQ(Summary(kPinned, {{"x-ms-sgx-mrsigner", std::string("aa")}, {"x-ms-sgx-svn", int64_t{2}}}),
            "no permit rule fired; closest is line 4, which needs x-ms-sgx-svn with value >= 3 (found 2)");
  EXPECT_EQ(Summary(kPinned, {{"x-ms-sgx-mrsigner", std::string("bb")}, {"x-ms-sgx-svn", int64_t{9}}}),
            "no permit rule fired; closest is line 4, which needs x-ms-sgx-mrsigner with value == \"aa\" (found \"bb\"); "
            "as close is line 5, which needs z (found no such claim)");
  EXPECT_THAT(Summary(kPinned, {}), HasSubstr("x-ms-sgx-mrsigner with value == \"aa\" (found no such claim); x-ms-sgx-svn"));
}

TEST(PolicyExplanation, AMissingClaimLeadsToTheRuleThatWouldHaveMadeIt) {
  const std::string_view text =
      "version=1.0;authorizationrules{\n"
      "[type==\"svn\", value>=3] => add(type=\"trusted\", value=true);\n"
      "[type==\"trusted\", issuer==\"AttestationPolicy\"] => permit();\n};";
  EXPECT_EQ(Summary(text, {{"svn", int64_t{1}}}),
            "no permit rule fired; closest is line 3, which needs trusted with issuer == \"AttestationPolicy\" (found no such claim), "
            "which line 2 would make, and which needs svn with value >= 3 (found 1)");
}

TEST(PolicyExplanation, AClaimOfTheWrongIssuerIsShownWithItsIssuer) {
  EXPECT_THAT(Summary("version=1.0;authorizationrules{[type==\"a\",issuer==\"AttestationService\"]=>permit();};",
                      {{"a", true, ClaimIssuer::kCustomClaim}}),
              HasSubstr("(found true of issuer CustomClaim)"));
}

TEST(PolicyExplanation, EveryRuleThatWouldHaveMadeAMissingClaimIsNamedUpToTheLimit) {
  std::string text = "version=1.0;authorizationrules{";
  for (size_t i = 0; i < limits::kMissRules + 1; ++i)
    text += "\n[type==\"mr\", value==" + std::to_string(i) + "] && [type==\"deep\"] => add(type=\"known\", value=true);";
  const Program program = Made(text + "\n[type==\"known\"] => permit();};");
  const Explanation explanation = Explain(program, {{"mr", int64_t{99}}});
  ASSERT_TRUE(explanation.closest);
  EXPECT_EQ(explanation.closest->because.size(), limits::kMissRules);
  EXPECT_THAT(ExplainInWords(program, explanation),
              HasSubstr("\n    line 3 needs mr with value == 1 (found 99); deep (found no such claim)\n"));
}

// Each rule waits for many claims that the rule before would make: followed without a limit this takes time without end.
TEST(PolicyExplanation, FollowingWhatIsMissingHasALimit) {
  std::string text = "version=1.0;authorizationrules{";
  for (int i = 0; i < 500; ++i) {
    text += "[type==\"c" + std::to_string(i) + "\"]";
    for (int k = 0; k < 30; ++k) text += "&&[type==\"c" + std::to_string(i) + "\"]";
    text += "=>add(type=\"c" + std::to_string(i + 1) + "\",value=1);";
  }
  const Program program = Made(text + "[type==\"c500\"]=>permit();};");
  EXPECT_THAT(Summarise(program, Explain(program, {})), HasSubstr("no permit rule fired"));
}

TEST(PolicyExplanation, AValueOfTheWrongTypeIsShownWithItsType) {
  EXPECT_THAT(Summary("version=1.0;authorizationrules{[type==\"a\",value==1]=>permit();};", {{"a", std::string("1")}}),
              HasSubstr("(found \"1\" of type String)"));
}

TEST(PolicyExplanation, APolicyWithoutPermitSaysSo) {
  EXPECT_EQ(Summary("version=1.0;authorizationrules{};", {}), "no rule permits: authorizationrules has no permit()");
}

TEST(PolicyExplanation, ANegatedConditionIsMissedByTheClaimThatIsThere) {
  EXPECT_EQ(Summary("version=1.2;authorizationrules{![type==\"a\",value==1]=>permit();};", {{"a", int64_t{1}}}),
            "no permit rule fired; closest is line 1, which needs no a with value == 1 (found 1)");
}

TEST(PolicyExplanation, APermitNamesTheRuleThatPermitted) {
  EXPECT_EQ(Summary("version=1.0;authorizationrules{=>permit();};", {}), "permitted by line 1: =>permit()");
}

TEST(PolicyExplanation, AnErrorIsTheSummary) {
  EXPECT_THAT(Summary("version=1.2;authorizationrules{\n=>add(type=\"x\",value=NegateBool(\"y\"));};", {}),
              HasSubstr("line 2: NegateBool: found"));
}

TEST(PolicyExplanation, QuotesARuleOnOneLineWithoutItsComments) {
  EXPECT_EQ(Summary("version=1.0;authorizationrules{\n[type==\"a\"] && // \"why\n\t[type==\"b  //\\\"\"] //\n=> permit();};",
                    {{"a", true}, {"b  //\"", true}}),
            "permitted by line 2: [type==\"a\"] && [type==\"b  //\\\"\"] => permit()");
}

// For each rule, fired or not; for each condition, the claims it considered and the first property that failed.
TEST(PolicyExplanation, TracesEveryRuleThatRan) {
  const Program program = Made(
      "version=1.2;authorizationrules{c:[type==\"a\",issuer==\"AttestationService\",value==1]&&[type==\"b\",value==c.value]=>permit();"
      "=>permit();};issuancerules{c:[type==\"b\"]=>issue(type=\"n\",value=c.value);};");
  const ClaimSet claims = {{"a", int64_t{2}}, {"a", int64_t{1}, ClaimIssuer::kCustomClaim}, {"b", int64_t{7}}};
  const Explanation explanation = Explain(program, claims);
  ASSERT_EQ(explanation.rules.size(), 3u);
  EXPECT_TRUE(explanation.complete);
  const RuleTrace& first = explanation.rules[0];
  EXPECT_FALSE(first.fired);
  EXPECT_EQ(first.unmet_conditions(), 2u);
  ASSERT_EQ(first.conditions.size(), 2u);
  EXPECT_EQ(first.conditions[0].considered, 2u);
  ASSERT_EQ(first.conditions[0].claims.size(), 2u);
  EXPECT_EQ(first.conditions[0].claims[0].unmet, 2u);
  EXPECT_EQ(first.conditions[0].claims[1].unmet, 1u);
  EXPECT_THAT(first.conditions[1].not_tried, HasSubstr("what it compares with was not found"));
  EXPECT_TRUE(explanation.rules[1].fired);
  EXPECT_EQ(explanation.rules[2].section, PolicySection::kIssuance);
  EXPECT_EQ(explanation.rules[2].made, (ClaimSet{{"n", int64_t{7}, ClaimIssuer::kAttestationPolicy}}));
  const std::string words = ExplainInWords(program, explanation);
  EXPECT_THAT(words, StartsWith("Permitted by line 1: =>permit()\n"));
  EXPECT_THAT(words, HasSubstr("    did not fire: needs a with issuer == \"AttestationService\" and value == 1 (found"));
  EXPECT_THAT(words, HasSubstr("\n                    and b with value == c.value (what it compares with was not found)\n"));
  EXPECT_THAT(words, HasSubstr("    fired, made n = 7\n"));
}

TEST(PolicyExplanation, ShowsAtMostItsLimitsOfClaimsAndRulesThoseThatMatchedFirst) {
  std::string text = "version=1.0;authorizationrules{[type==\"a\",value>=5]=>permit();";
  for (size_t i = 0; i < limits::kTraceRules; ++i) text += "[type==\"b\"]=>permit();";
  const Program program = Made(text + "};");
  ClaimSet claims;
  for (int i = 0; i < 20; ++i) claims.push_back({"a", int64_t{i}});
  const Explanation explanation = Explain(program, claims);
  const ConditionTrace& condition = explanation.rules[0].conditions[0];
  EXPECT_EQ(condition.considered, 20u);
  EXPECT_EQ(condition.matched, 15u);
  ASSERT_EQ(condition.claims.size(), limits::kTraceClaims);
  EXPECT_EQ(condition.claims[0].claim.value, ClaimValue(int64_t{5}));
  EXPECT_EQ(explanation.rules.size(), limits::kTraceRules);
  EXPECT_FALSE(explanation.complete);
  EXPECT_TRUE(explanation.decision->permitted());
}

// What an explanation costs is limited as the decision is, and never changes it.
TEST(PolicyExplanation, ATraceThatRunsOutOfStepsLeavesTheDecisionAlone) {
  Program program = Made(
      "version=1.0;authorizationrules{[type==\"a\",value==1]=>permit();x:[value!=0]&&[type==\"a\",value==x.value]&&[type==\"q\"]=>deny();}"
      ";");
  ClaimSet claims;
  for (int i = 1; i < 2000; ++i) claims.push_back({"a", int64_t{i}});
  program.step_limit = 50'000;
  const Explanation explanation = Explain(program, claims);
  ASSERT_TRUE(explanation.decision) << explanation.error->detail;
  EXPECT_TRUE(explanation.decision->permitted());
  EXPECT_FALSE(explanation.complete);
}

// A small policy may look at one large claim again and again; its explanation must not hold as many copies.
TEST(PolicyExplanation, CopiesClaimsUpToItsLimitOfOctets) {
  const auto explained = [](size_t rules) {
    std::string text = "version=1.0;authorizationrules{";
    for (size_t i = 0; i < rules; ++i) text += "[type==\"a\"]=>permit();";
    static Program program;
    program = Made(text + "};");
    const size_t octets = limits::kTraceOctets / 8;
    return Explain(program, {{"a", std::string(octets - 1, 'x')}});
  };
  EXPECT_EQ(explained(8).rules.size(), 8u);
  EXPECT_TRUE(explained(8).complete);
  EXPECT_EQ(explained(9).rules.size(), 8u);
  EXPECT_FALSE(explained(9).complete);
  EXPECT_TRUE(explained(9).decision->permitted());
}

// Five rules of 64 conditions can wait for each other in 64^4 ways; drafts are explained to anyone whose evidence they refuse.
TEST(PolicyExplanation, FollowsEachRuleOnceHoweverManyConditionsWaitForIt) {
  const auto rule = [](const std::string& type, const std::string& action) {
    std::string out;
    for (size_t i = 0; i < limits::kPolicyConditionsPerRule; ++i) out += (i == 0 ? "[type==\"" : "&&[type==\"") + type + "\"]";
    return out + "=>" + action + ";";
  };
  std::string text = "version=1.0;authorizationrules{";
  for (const auto& [waits, makes] : {std::pair("e", "d"), std::pair("d", "c"), std::pair("c", "b"), std::pair("b", "a")})
    text += rule(waits, std::string("add(type=\"") + makes + "\",value=1)");
  const Program program = Made(text + rule("a", "permit()") + "};");
  const Explanation explanation = Explain(program, {});
  ASSERT_TRUE(explanation.closest);
  const Miss* miss = &*explanation.closest;
  for (size_t expected = 4; expected > 0; --expected) {
    EXPECT_EQ(miss->rule, expected);
    ASSERT_EQ(miss->because.size(), 1u);
    miss = &miss->because.front();
  }
  EXPECT_TRUE(miss->because.empty());
}

}  // namespace
}  // namespace vidimus
