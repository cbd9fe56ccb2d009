// The parser of policies: the tree of good texts, recorded policies, limits, and that no text is too bad to read on.
#include "policy/parser.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/default_policies.h"
#include "tests/support/policy_findings.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ReadVectorJson;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::Text;

std::vector<std::string> Findings(std::string_view text) {
  Diagnostics diagnostics;
  ParsePolicy(text, diagnostics);
  return testing::Findings(text, diagnostics);
}

// The tree as text again, fully marked: so that one comparison sees all of it.
std::string Shown(const ExpressionSyntax& expression) {
  if (const auto* value = std::get_if<ClaimValue>(&expression.what)) return WriteJson(ClaimValueToJson(*value), JsonOrder::kSorted);
  if (const auto* name = std::get_if<Name>(&expression.what)) return "name " + name->text;
  if (const auto* reference = std::get_if<ReferenceSyntax>(&expression.what))
    return reference->identifier.text + " . " + reference->property.text;
  const auto& call = std::get<CallSyntax>(expression.what);
  std::string out = call.function.text + "(";
  for (const ExpressionSyntax& argument : call.arguments) out += " " + Shown(argument);
  return out + " )";
}

std::string Shown(const RuleSyntax& rule) {
  std::string out;
  for (const ConditionSyntax& condition : rule.conditions) {
    if (condition.negation) out += "not ";
    out += condition.identifier ? condition.identifier->text + ": [" : "[";
    for (const PropertySyntax& one : condition.properties)
      out += " " + one.property.text + " " + one.comparison.text + " " + Shown(one.operand);
    out += " ] ";
  }
  out += "then " + rule.action.name.text;
  for (const ArgumentSyntax& one : rule.action.arguments) out += " " + one.name.text + ":" + Shown(one.value);
  return out;
}

// Of a text without errors: "keyword" and the rules of each section.
std::vector<std::string> Shown(std::string_view text) {
  Diagnostics diagnostics;
  const auto policy = ParsePolicy(text, diagnostics);
  EXPECT_THAT(testing::Findings(text, diagnostics), IsEmpty());
  std::vector<std::string> out;
  if (!policy) return out;
  out.push_back(std::to_string(policy->major) + "." + std::to_string(policy->minor));
  for (const SectionSyntax& section : policy->sections) {
    out.push_back(section.keyword.text);
    for (const RuleSyntax& rule : section.rules) out.push_back(Shown(rule));
  }
  return out;
}

// Sections 1.3 to 1.5. Words are kept as written; whether they mean something is not asked.
TEST(PolicyParser, TheTreeHoldsAllThatAPolicySays) {
  EXPECT_THAT(Shown(R"(Version = 1.2 ;
ConfigurationRules { => issueproperty(type="p", value=true); };
authorizationrules {
  c:[type=="a", value>=2, issuer != d.value] && ! [value==F(G(), c . value, "x", 1)] => permit();
};
rules { => issue(claim=c); => anything(a=1, type="\"\\"); };
rules {};)"),
              ElementsAre("1.2", "ConfigurationRules", "then issueproperty type:\"p\" value:true", "authorizationrules",
                          "c: [ type == \"a\" value >= 2 issuer != d . value ] not [ value == F( G( ) c . value \"x\" 1 ) ] then permit",
                          "rules", "then issue claim:name c", R"(then anything a:1 type:"\"\\")", "rules"));
}

TEST(PolicyParser, SpansPointIntoTheText) {
  const std::string text = "version=1.0; authorizationrules { ! c : [ type == d.value ] => add(type=F(1)) ; } ; // end";
  Diagnostics diagnostics;
  const auto policy = ParsePolicy(text, diagnostics);
  ASSERT_TRUE(policy);
  const auto at = [&](const Span& span) { return text.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(at(policy->version), "1.0");
  const SectionSyntax& section = policy->sections.at(0);
  EXPECT_EQ(at(section.span), "authorizationrules { ! c : [ type == d.value ] => add(type=F(1)) ; } ;");
  EXPECT_EQ(at(section.keyword.span), "authorizationrules");
  const RuleSyntax& rule = section.rules.at(0);
  EXPECT_EQ(at(rule.span), "! c : [ type == d.value ] => add(type=F(1))");
  const ConditionSyntax& condition = rule.conditions.at(0);
  EXPECT_EQ(at(condition.span), "! c : [ type == d.value ]");
  EXPECT_EQ(at(*condition.negation), "!");
  EXPECT_EQ(at(condition.identifier->span), "c");
  EXPECT_EQ(at(condition.properties.at(0).property.span), "type");
  EXPECT_EQ(at(condition.properties.at(0).comparison.span), "==");
  EXPECT_EQ(at(condition.properties.at(0).operand.span), "d.value");
  EXPECT_EQ(at(rule.action.span), "add(type=F(1))");
  EXPECT_EQ(at(rule.action.name.span), "add");
  EXPECT_EQ(at(rule.action.arguments.at(0).name.span), "type");
  EXPECT_EQ(at(rule.action.arguments.at(0).value.span), "F(1)");
  EXPECT_EQ(at(policy->comments.at(0)), "// end");
}

// The upload errors among the recorded cases that are a matter of shape; the others are for what checks the tree.
TEST(PolicyVectors, EveryRecordedPolicyParsesUnlessItsShapeIsWrong) {
  VIDIMUS_REQUIRE_VECTORS();
  const std::map<std::string, std::string> shape = {
      {"hex-integer-literal", "4:50+4 policy.integer"},
      {"doc-sample-single-equals-in-condition", "4:12+1 policy.equals"},
      {"missing-version", "1:1+1 policy.syntax"},
      {"missing-semicolon-after-version", "2:1+1 policy.syntax"},
      {"missing-semicolon-after-section", "6:1+13 policy.syntax"},
      {"typographic-quotes", "4:8+18 policy.quotes"},
      {"version-without-minor", "1:10+1 policy.syntax"},
      {"unterminated-string", "4:8+27 policy.string"},
      {"issue-positional-type-argument", "8:10+18 policy.syntax"},
      {"logical-or-between-conditions", "4:13+2 policy.character"},
      {"regex-operator", "4:34+2 policy.character"},
      {"empty-policy", "1:1+0 policy.syntax"},
  };
  const Json file = ReadVectorJson("policy/cases.json");
  size_t ran = 0;
  for (const Json& one : *file.Find("cases")->AsArray()) {
    const std::string name = Text(one, "name");
    const auto findings = Findings(Text(one, "policy"));
    const auto wrong = shape.find(name);
    if (wrong == shape.end()) {
      EXPECT_THAT(findings, IsEmpty()) << name;
    } else {
      ASSERT_FALSE(findings.empty()) << name;
      EXPECT_THAT(findings.front(), StartsWith(wrong->second)) << name;
    }
    ++ran;
  }
  EXPECT_EQ(ran, 124U);
}

TEST(PolicyVectors, PoliciesInUseParseAndMisprintedOnesSayWhere) {
  VIDIMUS_REQUIRE_VECTORS();
  const std::map<std::string, size_t> errors = {
      {"doc-intro-as-printed.txt", 6}, {"sgx-template-with-placeholders.txt", 1}, {"tpm-1.2-version-page-as-printed.txt", 1}};
  size_t ran = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::VectorFolder() + "/policy/real-world")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".txt") continue;
    const ByteVector text = testing::ReadFile(entry.path().string());
    const auto expected = errors.find(name);
    EXPECT_THAT(Findings(AsText(text)), SizeIs(expected == errors.end() ? 0 : expected->second)) << name;
    ++ran;
  }
  EXPECT_GE(ran, 29U);
}

// No prefix is too short to read, and none gives more than what its one cut explains.
TEST(PolicyParser, APrefixOfAPolicyGivesFewErrors) {
  const std::string rules = R"(version=1.2;
configurationrules{ => issueproperty(type="p", value="q"); };
authorizationrules{ // one
  c:[type=="a", value>=2] && ![type=="b\"", value==F(G(c.value), 1)] => add(type="t", value=c.value); [value==true] => permit(); };
issuancerules{ c:[type=="a"] => issue(claim=c); };)";
  for (const std::string_view text : {std::string_view(rules), DefaultPolicy(AttestationType::kSgxEnclave)})
    for (size_t size = 0; size < text.size(); ++size) {
      const auto findings = Findings(text.substr(0, size));
      const std::string_view before = text.substr(0, size);
      const bool whole = before.find_last_not_of(" \n") != std::string_view::npos && before[before.find_last_not_of(" \n")] == ';' &&
                         (size < 20 || before.substr(0, before.find_last_not_of(" \n;") + 1).ends_with("}"));
      EXPECT_EQ(findings.empty(), whole) << before;
      EXPECT_LE(findings.size(), 3U) << before;
    }
}

// As many errors as rules that are wrong, whatever is wrong with them.
TEST(PolicyParser, ABrokenRuleHidesNoOther) {
  const std::vector<std::string> broken = {"[type==\"a\" => permit();", "[type] => permit();", "=> permit;",
                                           "=> add(type=\"a\" \"b\");", "=> permit{};",        "c[value==1] => permit();"};
  for (const std::string& one : broken) {
    const std::string good = "\n => permit();\n";
    EXPECT_THAT(
        Findings("version=1.0; authorizationrules {" + good + one + good + one + good + one + good + "}; issuancerules {" + one + "};"),
        SizeIs(4))
        << one;
  }
}

std::string WithRules(size_t count) {
  std::string out = "version=1.0;authorizationrules{";
  for (size_t i = 0; i < count; ++i) out += "=>permit();";
  return out + "};";
}

// `count` times `one`, joined.
std::string Joined(size_t count, const std::string& one, const std::string& separator) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i == 0 ? "" : separator) + one;
  return out;
}

std::string WithRule(const std::string& rule) { return "version=1.2;authorizationrules{" + rule + ";};"; }

TEST(PolicyParser, RulesHaveALimitInEverySection) {
  EXPECT_THAT(Findings(WithRules(limits::kPolicyRules)), IsEmpty());
  const auto more = Findings(WithRules(limits::kPolicyRules + 3));
  EXPECT_THAT(more, ElementsAre("1:180256+2 policy.rules: found more than 16384 rules in one section, expected at most 16384 | policy > "
                                "authorizationrules"));
  EXPECT_THAT(Findings(WithRules(limits::kPolicyRules) + "issuancerules{=>permit();};"), IsEmpty());
}

TEST(PolicyParser, ConditionsPropertiesAndArgumentsHaveALimit) {
  constexpr size_t kMost = limits::kPolicyConditionsPerRule;
  const auto conditions = [](size_t count) { return WithRule(Joined(count, "[value==1]", "&&") + "=>permit()"); };
  const auto properties = [](size_t count) { return WithRule("[" + Joined(count, "value==1", ",") + "]=>permit()"); };
  const auto arguments = [](size_t count) { return WithRule("=>add(" + Joined(count, "a=1", ",") + ")"); };
  const auto of_call = [](size_t count) { return WithRule("=>add(a=F(" + Joined(count, "1", ",") + "))"); };
  for (const auto& text : {conditions(kMost), properties(kMost), arguments(kMost), of_call(kMost)}) EXPECT_THAT(Findings(text), IsEmpty());
  const std::string path = " | policy > authorizationrules > rule";
  EXPECT_THAT(Findings(conditions(kMost + 1)),
              ElementsAre("1:800+1 policy.conditions: found more than 64 conditions in one rule, expected at most 64" + path));
  EXPECT_THAT(Findings(properties(kMost + 1)),
              ElementsAre("1:609+5 policy.conditions: found more than 64 properties in one condition, expected at most 64" + path +
                          " > condition"));
  EXPECT_THAT(
      Findings(arguments(kMost + 1)),
      ElementsAre("1:294+1 policy.conditions: found more than 64 arguments of one action, expected at most 64" + path + " > action"));
  EXPECT_THAT(
      Findings(of_call(kMost + 1)),
      ElementsAre("1:170+1 policy.conditions: found more than 64 arguments of one call, expected at most 64" + path + " > action > call"));
}

TEST(PolicyParser, CallsWithinCallsHaveALimit) {
  const auto nested = [](size_t calls) { return WithRule("=>add(a=" + Joined(calls, "F(", "") + "1" + std::string(calls, ')') + ")"); };
  EXPECT_THAT(Findings(nested(limits::kPolicyDepth)), IsEmpty());
  const auto deeper = Findings(nested(limits::kPolicyDepth + 1));
  ASSERT_THAT(deeper, SizeIs(1));
  EXPECT_THAT(deeper[0],
              StartsWith("1:104+1 policy.depth: found calls nested more than 32 deep, expected at most 32 | add the result of an inner "
                         "call as a claim, in a rule of its own | policy > authorizationrules > rule > action > call"));
  EXPECT_THAT(Findings(nested(100'000)), SizeIs(1));
}

TEST(PolicyParser, ATextTooLargeOrNotUtf8HasNoTree) {
  Diagnostics diagnostics;
  std::string text = WithRules(1);
  text.resize(limits::kPolicyBytes, ' ');
  EXPECT_TRUE(ParsePolicy(text, diagnostics));
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_FALSE(ParsePolicy(text + ' ', diagnostics));
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_FALSE(ParsePolicy("version=1.0;\xff", diagnostics));
}

TEST(PolicyParser, OneRunReportsSoManyErrorsAndNoMore) {
  std::string rules;
  for (size_t i = 0; i < 2 * limits::kPolicyDiagnostics; ++i) rules += "=> permit;\n";
  EXPECT_THAT(Findings("version=1.0;authorizationrules{" + rules + "};"), SizeIs(limits::kPolicyDiagnostics));
}

}  // namespace
}  // namespace vidimus
