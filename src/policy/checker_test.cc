// What the checker refuses, each with its exact place, and the cure it names (policy-language sections 1.3 to 1.7).
#include <gmock/gmock.h>

#include "policy/compile.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;

struct Finding {
  std::string_view code;
  size_t line, column;
  std::string_view span;     // the text it points at
  std::string_view message;  // a part of it
  std::string_view hint;     // a part of it
};

void ExpectFindings(std::string_view text, const std::vector<Finding>& expected) {
  SCOPED_TRACE(std::string(text));
  const Compilation compilation = Compile(text);
  EXPECT_FALSE(compilation.program);
  const std::vector<Diagnostic> found = compilation.diagnostics.Sorted();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    const Position place = PositionOf(text, found[i].span.begin);
    EXPECT_EQ(found[i].code, expected[i].code) << found[i].message;
    EXPECT_EQ(place.line, expected[i].line);
    EXPECT_EQ(place.column, expected[i].column);
    EXPECT_EQ(text.substr(found[i].span.begin, found[i].span.end - found[i].span.begin), expected[i].span);
    EXPECT_THAT(found[i].message, HasSubstr(expected[i].message));
    EXPECT_THAT(found[i].hint, HasSubstr(expected[i].hint));
  }
}

std::string Rule(std::string_view rule, std::string_view version = "1.2") {
  return "version=" + std::string(version) + ";\nauthorizationrules{\n" + std::string(rule) + ";\n};";
}

std::string Issuance(std::string_view rule) {
  return "version=1.2;\nauthorizationrules{=>permit();};\nissuancerules{\n" + std::string(rule) + ";\n};";
}

TEST(PolicyChecker, KnowsVersions10To12) {
  for (const std::string_view version : {"1.0", "1.1", "1.2"}) EXPECT_TRUE(Compile(Rule("=>permit()", version)).program) << version;
  ExpectFindings(Rule("=>permit()", "1.3"), {{"policy.version", 1, 9, "1.3", "found version 1.3, expected 1.0, 1.1 or 1.2", ""}});
  ExpectFindings(Rule("=>permit()", "2.0"), {{"policy.version", 1, 9, "2.0", "found version 2.0", ""}});
}

// Sections 1.4 and 1.5.
TEST(PolicyChecker, FeaturesNeedTheVersionThatBroughtThem) {
  ExpectFindings("version=1.0;configurationrules{};authorizationrules{};",
                 {{"policy.feature", 1, 13, "configurationrules", "in a policy of version 1.0, expected version 1.1", "version=1.1;"}});
  ExpectFindings(Rule("![type==\"a\"]=>permit()", "1.1"), {{"policy.feature", 3, 1, "!", "'!'", "version=1.2;"}});
  ExpectFindings(Rule("[value==NegateBool(true)]=>permit()", "1.0"),
                 {{"policy.feature", 3, 9, "NegateBool", "a function call", "version=1.2;"}});
}

TEST(PolicyChecker, SectionsAreKnownStandOnceAndInOrder) {
  ExpectFindings("version=1.0;authorisationrules{};",
                 {{"policy.section", 1, 13, "authorisationrules", "expected a section of rules", "did you mean `authorizationrules`?"},
                  {"policy.section", 1, 34, "", "found no authorizationrules", "authorizationrules {"}});
  ExpectFindings("version=1.0;issuancerules{};authorizationrules{};",
                 {{"policy.section", 1, 29, "authorizationrules", "found authorizationrules after issuancerules", "the order is"}});
  ExpectFindings("version=1.0;authorizationrules{};authorizationrules{};",
                 {{"policy.section", 1, 34, "authorizationrules", "twice", "move its rules"}});
  ExpectFindings("version=1.0;", {{"policy.section", 1, 13, "", "found no authorizationrules", ""}});
}

// A9.
TEST(PolicyChecker, SectionKeywordsMayHaveAnyCase) {
  EXPECT_TRUE(Compile("Version=1.1;ConfigurationRules{};AUTHORIZATIONRULES{};IssuanceRules{};").program);
}

TEST(PolicyChecker, PropertiesOfClaimsAreFour) {
  ExpectFindings(Rule("[Type==\"a\"]=>permit()"), {{"policy.property", 3, 2, "Type", "found 'Type'", "did you mean `type`?"}});
  ExpectFindings(Rule("c:[type==\"a\"]&&[value==c.valu]=>permit()"), {{"policy.property", 3, 26, "valu", "", "did you mean `value`?"}});
}

// Section 1.7.
TEST(PolicyChecker, IdentifiersAreDefinedOnceAndBeforeTheirUse) {
  ExpectFindings(Rule("[type==\"a\"]=>add(type=\"b\",value=c.value)"),
                 {{"policy.identifier", 3, 33, "c", "expected an identifier of an earlier condition", "name a condition before it"}});
  ExpectFindings(Rule("claim:[type==\"a\"]=>add(type=\"b\",value=clam.value)"),
                 {{"policy.identifier", 3, 39, "clam", "", "did you mean `claim`?"}});
  ExpectFindings(Rule("[value==c.value]&&c:[type==\"a\"]=>permit()"), {{"policy.identifier", 3, 9, "c", "", ""}});
  ExpectFindings(Rule("c:[type==\"a\"]&&c:[type==\"b\"]=>permit()"), {{"policy.identifier", 3, 16, "c", "twice in one rule", ""}});
  ExpectFindings(Rule("value:[type==\"a\"]=>permit()"), {{"policy.identifier", 3, 1, "value", "no word of the language", ""}});
  ExpectFindings(Rule("!c:[type==\"a\"]=>add(type=\"b\",value=c.value)"),
                 {{"policy.identifier", 3, 36, "c", "of a negated condition", ""}});
  ExpectFindings(Rule("c:[type==\"a\"]=>permit();=>add(type=\"b\",value=c.value)"), {{"policy.identifier", 3, 46, "c", "", ""}});
}

TEST(PolicyChecker, ABareNameIsNoValue) {
  ExpectFindings(Rule("[type==sgx]=>permit()"), {{"policy.identifier", 3, 8, "sgx", "found 'sgx' alone", "\"sgx\""}});
  ExpectFindings(Rule("c:[type==\"a\"]=>add(type=\"b\",value=c)"), {{"policy.identifier", 3, 35, "c", "", "write `c.value`"}});
}

TEST(PolicyChecker, FunctionsAreSixWithTheirArguments) {
  ExpectFindings(Rule("=>add(type=\"b\",value=ContainOnlyValue(1,1))"),
                 {{"policy.function", 3, 22, "ContainOnlyValue", "does not exist", "did you mean `ContainsOnlyValue`?"}});
  ExpectFindings(Rule("=>add(type=\"b\",value=ContainsOnlyValue(1))"),
                 {{"policy.arity", 3, 22, "ContainsOnlyValue", "found 1 arguments of ContainsOnlyValue, expected 2", ""}});
  ExpectFindings(Rule("=>add(type=\"b\",value=NegateBool())"), {{"policy.arity", 3, 22, "NegateBool", "expected 1", ""}});
}

// Section 1.6.
TEST(PolicyChecker, EachSectionHasItsActions) {
  ExpectFindings(Rule("=>issue(type=\"a\",value=1)"), {{"policy.action", 3, 3, "issue", "in authorizationrules", "use add here"}});
  ExpectFindings(Rule("=>issueproperty(type=\"a\",value=1)"),
                 {{"policy.action", 3, 3, "issueproperty", "in authorizationrules", "properties are set"}});
  ExpectFindings(Issuance("=>permit()"), {{"policy.action", 4, 3, "permit", "in issuancerules", "move the rule to authorizationrules"}});
  ExpectFindings(Issuance("=>deny()"), {{"policy.action", 4, 3, "deny", "in issuancerules", "cannot refuse"}});
  ExpectFindings("version=1.1;configurationrules{=>add(type=\"a\",value=1);};authorizationrules{};",
                 {{"policy.action", 1, 34, "add", "in configurationrules", "only set properties"}});
  ExpectFindings(Rule("=>Permit()"), {{"policy.action", 3, 3, "Permit", "does not exist", "did you mean `permit`?"}});
}

TEST(PolicyChecker, ActionsHaveTheirArguments) {
  ExpectFindings(Rule("=>permit(type=\"a\")"), {{"policy.argument", 3, 10, "type", "expected none", ""}});
  ExpectFindings(Issuance("=>issue(type=\"a\")"), {{"policy.argument", 4, 3, "issue", "found no value in issue", ""}});
  ExpectFindings(Issuance("=>issue(value=1)"), {{"policy.argument", 4, 3, "issue", "found no type in issue", ""}});
  ExpectFindings(Issuance("=>issue(type=\"a\",value=1,type=\"b\")"), {{"policy.argument", 4, 26, "type", "found type twice", ""}});
  ExpectFindings(Issuance("=>issue(type=\"a\",value=1,issuer=\"b\")"), {{"policy.argument", 4, 26, "issuer", "", "AttestationPolicy"}});
  ExpectFindings(Issuance("=>issue(type=\"a\",value=1,valueType=\"b\")"),
                 {{"policy.argument", 4, 26, "valueType", "", "follows from its value"}});
  ExpectFindings(Issuance("=>issue(type=1,value=1)"), {{"policy.argument", 4, 14, "1", "expected a text in double quotes", ""}});
  ExpectFindings(Issuance("c:[type==\"a\"]=>issue(claim=c,type=\"b\")"), {{"policy.argument", 4, 30, "type", "beside claim", ""}});
  ExpectFindings(Issuance("c:[type==\"a\"]=>issue(claim=\"c\")"),
                 {{"policy.argument", 4, 28, "\"c\"", "expected the identifier", "to issue a value"}});
  ExpectFindings(Issuance("c:[type==\"a\"]=>add(claim=c)"), {{"policy.argument", 4, 16, "add", "found no type in add", ""},
                                                             {"policy.argument", 4, 16, "add", "found no value in add", ""},
                                                             {"policy.argument", 4, 20, "claim", "", "only issue takes a claim"}});
}

// Sections 2.5 and 3.
TEST(PolicyChecker, OnlyIntegersHaveAnOrderAndPropertiesATypeOfTheirOwn) {
  ExpectFindings(Rule("[value<\"3\"]=>permit()"),
                 {{"policy.type", 3, 8, "\"3\"", "found a String after '<', expected an Integer", "without quotes"}});
  ExpectFindings(Rule("[value>=true]=>permit()"), {{"policy.type", 3, 9, "true", "found a Boolean after '>='", ""}});
  ExpectFindings("version=1.1;configurationrules{=>issueproperty(type=\"required_pcr_mask\",value=\"15\");};authorizationrules{};",
                 {{"policy.type", 1, 79, "\"15\"", "for the property required_pcr_mask, expected Integer", ""}});
}

// Section 3: a wrong value type for a known property is an upload error, wherever the text of the policy decides the type.
TEST(PolicyChecker, ACallOfTheWrongTypeIsRefusedForAKnownPropertyUnlessClaimsDecideIt) {
  ExpectFindings(Issuance("=>issueproperty(type=\"omit_x5c\",value=AppendString(\"a\",\"\"))"),
                 {{"policy.type", 4, 39, "AppendString(\"a\",\"\")", "found a value of type String for the property omit_x5c", ""}});
  ExpectFindings(Issuance("=>issueproperty(type=\"required_pcr_mask\",value=NegateBool(true))"),
                 {{"policy.type", 4, 48, "NegateBool(true)", "found a value of type Boolean", ""}});
  ExpectFindings(Issuance("c:[type==\"a\"]=>issueproperty(type=\"omit_x5c\",value=c.issuer)"),
                 {{"policy.type", 4, 52, "c.issuer", "found a value of type String", ""}});
  for (const std::string_view rule :
       {"=>issueproperty(type=\"omit_x5c\",value=IsSubsetOf(1,2))", "=>issueproperty(type=\"omit_x5c\",value=JsonToClaimValue(\"true\"))",
        "c:[type==\"a\"]=>issueproperty(type=\"omit_x5c\",value=c.value)", "=>issueproperty(type=\"another\",value=NegateBool(true))"})
    EXPECT_TRUE(Compile(Issuance(rule)).program) << rule;
}

TEST(PolicyChecker, ReportsEveryMistakeOfOneRun) {
  ExpectFindings(Rule("[typ==\"a\"]=>permt();\n[value<\"x\"]=>deny(type=\"q\")"),
                 {{"policy.property", 3, 2, "typ", "", ""},
                  {"policy.action", 3, 13, "permt", "", "did you mean `permit`?"},
                  {"policy.type", 4, 8, "\"x\"", "", ""},
                  {"policy.argument", 4, 19, "type", "", ""}});
}

TEST(PolicyChecker, SaysInWhichPartOfThePolicyItIs) {
  const auto path = [](const std::string& text) { return Compile(text).diagnostics.all().at(0).path; };
  EXPECT_EQ(path(Rule("=>permit()", "9.9")), "policy > versionInfo");
  EXPECT_EQ(path("version=1.0;rules{};"), "policy");
  EXPECT_EQ(path(Rule("[typ==1]=>permit()")), "policy > authorizationrules > rule > condition");
  EXPECT_EQ(path(Issuance("=>deny()")), "policy > issuancerules > rule > action");
}

TEST(CompileProgram, FailsWithTheFirstErrorByItsPlace) {
  const auto program = CompileProgram(Rule("=>permt();\n[typ==1]=>permit()"));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().where, "policy.action");
  EXPECT_THAT(program.error().detail, HasSubstr("line 3, column 3: found action 'permt'"));
}

}  // namespace
}  // namespace vidimus
