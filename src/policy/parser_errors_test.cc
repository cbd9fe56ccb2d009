// What is said about texts that are no policies: where, what was found and expected, how to mend it, in which rule of the grammar.
#include <gmock/gmock.h>

#include "policy/parser.h"
#include "tests/support/policy_findings.h"

namespace vidimus {
namespace {

using ::testing::ElementsAreArray;

std::vector<std::string> Findings(std::string_view text) {
  Diagnostics diagnostics;
  ParsePolicy(text, diagnostics);
  return testing::Findings(text, diagnostics);
}

void ExpectFindings(std::string_view text, const std::vector<std::string>& findings) {
  EXPECT_THAT(Findings(text), ElementsAreArray(findings)) << text;
}

// With `rule` on line 3, from column 3, before a rule that must be found to be good. Paths begin at "rule".
void ExpectInRule(const std::string& rule, const std::vector<std::string>& findings) {
  constexpr std::string_view kSection = "policy > authorizationrules > rule";
  std::vector<std::string> found = Findings("version=1.0;\nauthorizationrules {\n  " + rule + "\n  => permit();\n};\n");
  for (std::string& one : found)
    if (const size_t at = one.rfind(kSection); at != std::string::npos) one.replace(at, kSection.size(), "rule");
  EXPECT_THAT(found, ElementsAreArray(findings)) << rule;
}

// As a user sees it, with `rule` on line 3.
std::string ShownInRule(const std::string& rule) {
  const std::string text = "version=1.0;\nauthorizationrules {\n  " + rule + "\n};";
  Diagnostics diagnostics;
  ParsePolicy(text, diagnostics);
  std::string out;
  for (const Diagnostic& one : diagnostics.Sorted()) out += RenderDiagnostic("policy.txt", text, one);
  return out;
}

TEST(PolicyParser, WhatTheLexerFindsIsShownWithItsLineAndHint) {
  EXPECT_EQ(ShownInRule("[type==\"a\"] || [type==\"b\"] => permit();"),
            R"(policy.txt:3:15: error: found '||', which the language does not have [policy.character]
 3 |   [type=="a"] || [type=="b"] => permit();
   |               ^~
   = hint: there is no 'or': write two rules
)");
  EXPECT_EQ(ShownInRule("[type==\xe2\x80\x9c"
                        "a\xe2\x80\x9d] => permit();"),
            R"(policy.txt:3:10: error: found the typographic quote '“', expected '"' [policy.quotes]
 3 |   [type==“a”] => permit();
   |          ^~~
   = hint: strings stand in straight double quotes: "a"
)");
  EXPECT_EQ(ShownInRule("/* all */ => permit();"), R"(policy.txt:3:3: error: found '/*', expected '//' [policy.comment]
 3 |   /* all */ => permit();
   |   ^~
   = hint: comments begin with // and end with their line
)");
  EXPECT_EQ(ShownInRule("[value==0x0F] => permit();"),
            R"(policy.txt:3:11: error: found the hexadecimal integer '0x0F', expected decimal digits [policy.integer]
 3 |   [value==0x0F] => permit();
   |           ^~~~
   = hint: in decimal it is 15
)");
  EXPECT_EQ(ShownInRule("[type==\"a] => permit();"),
            R"(policy.txt:3:10: error: found a string that does not end on its line, expected '"' [policy.string]
 3 |   [type=="a] => permit();
   |          ^~~~~~~~~~~~~~~~
   = hint: put '"' at its end; within a string, a '"' is written \"
)");
  EXPECT_EQ(ShownInRule("[type==\"a\\d\"] => permit();"),
            R"(policy.txt:3:12: error: found '\d' in a string, expected \" or \\ [policy.escape]
 3 |   [type=="a\d"] => permit();
   |            ^~
   = hint: a backslash itself is written \\
)");
}

TEST(PolicyParser, WhatTheParserFindsIsShownWithItsLineAndHint) {
  EXPECT_EQ(ShownInRule("[type==\"a\" => permit();"), R"(policy.txt:3:14: error: found '=>', expected ',' or ']' [policy.syntax]
 3 |   [type=="a" => permit();
   |              ^~
   = hint: put ']' at line 3, column 13
)");
  EXPECT_EQ(ShownInRule("[type=\"a\"] => permit();"), R"(policy.txt:3:8: error: found '=', expected a comparison [policy.equals]
 3 |   [type="a"] => permit();
   |        ^
   = hint: two values are compared with ==
)");
  EXPECT_EQ(ShownInRule("=> add(type==\"a\", value=1);"), R"(policy.txt:3:14: error: found '==', expected '=' [policy.equals]
 3 |   => add(type=="a", value=1);
   |              ^~
   = hint: an argument is given with =
)");
  EXPECT_EQ(
      ShownInRule("[] => permit();"),
      R"(policy.txt:3:3: error: found a condition without properties, expected a property (type, value, valueType or issuer) [policy.condition]
 3 |   [] => permit();
   |   ^~
   = hint: for a rule that always applies, leave the condition out
)");
}

TEST(PolicyParser, AMissingSemicolonIsReportedAtTheNextTokenAndPlacedAfterTheLast) {
  ExpectFindings("version=1.0\n[type==\"x-ms-sgx-svn\"] => permit();",
                 {"2:1+1 policy.syntax: found '[', expected ';' | put ';' at line 1, column 12 | policy > versionInfo"});
  ExpectFindings("version=1.0;\nauthorizationrules\n{\n=> permit();\n}\nissuancerules\n{\n};",
                 {"6:1+13 policy.syntax: found 'issuancerules', expected ';' | put ';' at line 5, column 2 | policy > authorizationrules"});
  ExpectFindings("version=1.0;\nauthorizationrules {\n  [type==\"a\"] => permit()\n  => deny();\n};",
                 {"4:3+2 policy.syntax: found '=>', expected ';' | put ';' at line 3, column 26 | policy > authorizationrules > rule"});
  ExpectFindings("version=1.0;\nauthorizationrules { => permit() };",
                 {"2:34+1 policy.syntax: found '}', expected ';' | put ';' at line 2, column 33 | policy > authorizationrules > rule"});
  ExpectFindings(
      "version=1.0;\nauthorizationrules { => permit(); }",
      {"2:36+0 policy.syntax: found the end of the text, expected ';' | put ';' at line 2, column 36 | policy > authorizationrules"});
}

TEST(PolicyParser, TheVersionComesFirstAndIsTwoNumbers) {
  ExpectFindings("", {"1:1+0 policy.syntax: found the end of the text, expected 'version' | a policy begins with its version: version=1.0; "
                      "| policy > versionInfo"});
  ExpectFindings(
      R"([type=="a"] => permit();)",
      {"1:1+1 policy.syntax: found '[', expected 'version' | a policy begins with its version: version=1.0; | policy > versionInfo"});
  ExpectFindings("authorizationrules { => permit(); };", {"1:1+18 policy.syntax: found 'authorizationrules', expected 'version' | a policy "
                                                          "begins with its version: version=1.0; | policy > versionInfo"});
  ExpectFindings("eyJhbGciOiJub25lIn0.eyJBdHRl", {"1:1+19 policy.syntax: found 'eyJhbGciOiJub25lIn0', expected 'version' | this looks like "
                                                  "a JWS; `vidimus policy unwrap` prints the policy in it | policy > versionInfo"});
  ExpectFindings(
      "version 1.0;",
      {"1:9+1 policy.syntax: found the integer 1, expected '=' | a policy begins with its version: version=1.0; | policy > versionInfo"});
  ExpectFindings("version==1.0;",
                 {"1:8+2 policy.equals: found '==', expected '=' | a version is given with =, as in version=1.0; | policy > versionInfo"});
  ExpectFindings("version: 1.0;",
                 {"1:8+1 policy.syntax: found ':', expected '=' | a policy begins with its version: version=1.0; | policy > versionInfo"});
  ExpectFindings(R"(version="1.0";)", {"1:9+5 policy.syntax: found the string \"1.0\", expected a version such as 1.0 | a version stands "
                                       "without quotes | policy > versionInfo"});
  ExpectFindings("version=1;\nauthorizationrules{=> permit();};",
                 {"1:10+1 policy.syntax: found ';', expected '.' | a version is two numbers, as in version=1.0; | policy > versionInfo"});
  ExpectFindings(
      "version=1.;",
      {"1:11+1 policy.syntax: found ';', expected an integer | a version is two numbers, as in version=1.0; | policy > versionInfo"});
  ExpectFindings("version=1.0.0;",
                 {"1:12+1 policy.syntax: found '.', expected ';' | a version is two numbers, as in version=1.0; | policy > versionInfo"});
  ExpectFindings("version=v1.0;", {"1:9+2 policy.syntax: found 'v1', expected a version such as 1.0 | a version is two numbers, as in "
                                   "version=1.0; | policy > versionInfo"});
  ExpectFindings("version=1.0; version=1.0; authorizationrules {};",
                 {"1:14+7 policy.syntax: found 'version', expected a section such as authorizationrules | the version stands once, at the "
                  "beginning | policy"});
}

TEST(PolicyParser, SectionsHaveBraces) {
  ExpectFindings("version=1.0;\nauthorizationrules {\n => permit();\nissuancerules {\n};",
                 {"4:1+13 policy.syntax: found 'issuancerules', expected a rule or '}' | put '};' at line 3, column 14, for the '{' at "
                  "line 2, column 20 | policy > authorizationrules"});
  ExpectFindings("version=1.0;\nauthorizationrules {\n => permit();\n",
                 {"4:1+0 policy.syntax: found the end of the text, expected a rule or '}' | put '};' at line 3, column 14, for the '{' at "
                  "line 2, column 20 | policy > authorizationrules"});
  ExpectFindings("version=1.0;\nauthorizationrules {\n => permit();\n;\nissuancerules {\n};",
                 {"4:1+1 policy.syntax: found ';', expected a rule or '}' | the section ends with '};' | policy > authorizationrules"});
  ExpectFindings(
      "version=1.0;\nauthorizationrules\n => permit();\n};\nissuancerules {\n};",
      {"3:2+2 policy.syntax: found '=>', expected '{' | the rules of a section stand between '{' and '};' | policy > authorizationrules"});
  ExpectFindings(
      "version=1.0;\nauthorizationrules: {\n => permit();\n};",
      {"2:19+1 policy.syntax: found ':', expected '{' | the rules of a section stand between '{' and '};' | policy > authorizationrules"});
  ExpectFindings(
      "version=1.0;\nauthorization rules {\n};",
      {"2:15+5 policy.syntax: found 'rules', expected '{' | the rules of a section stand between '{' and '};' | policy > authorization"});
  ExpectFindings("version=1.0;\nauthorization-rules {\n};",
                 {"2:1+19 policy.syntax: found 'authorization-rules', expected a section such as authorizationrules | policy"});
  ExpectFindings("version=1.0;\nauthorizationrules {\n => permit(); };\n => deny();\n};",
                 {"4:2+2 policy.syntax: found '=>', expected a section or the end of the text | rules stand in sections: "
                  "authorizationrules { ... }; | policy"});
  ExpectFindings("version=1.0;;\nauthorizationrules {};",
                 {"1:13+1 policy.syntax: found ';', expected a section such as authorizationrules | remove it | policy"});
  ExpectFindings("version=1.0;\nauthorizationrules { => permit();; };",
                 {"2:34+1 policy.syntax: found ';', expected a rule or '}' | remove it | policy > authorizationrules"});
  ExpectFindings("version=1.0;\nauthorizationrules {};\nThis permits all.",
                 {"3:1+4 policy.syntax: found 'This', expected a section or the end of the text | policy"});
  ExpectFindings("version=1.0;\n=> permit();", {"2:1+2 policy.syntax: found '=>', expected a section such as authorizationrules | rules "
                                                "stand in sections: authorizationrules { ... }; | policy"});
}

TEST(PolicyParser, ConditionsAreJoinedAndFollowedByTheArrow) {
  ExpectInRule(R"([type=="a"] [type=="b"] => permit();)",
               {"3:15+1 policy.syntax: found '[', expected '&&' or '=>' | put '&&' at line 3, column 14 | rule"});
  ExpectInRule(R"([type=="a"] & [type=="b"] => permit();)",
               {"3:15+1 policy.syntax: found '&', expected '&&' or '=>' | conditions are joined with && | rule"});
  ExpectInRule(R"([type=="a"] and [type=="b"] => permit();)",
               {"3:15+3 policy.syntax: found 'and', expected '&&' or '=>' | conditions are joined with && | rule"});
  ExpectInRule(R"([type=="a"] or [type=="b"] => permit();)",
               {"3:15+2 policy.syntax: found 'or', expected '&&' or '=>' | there is no 'or': write two rules | rule"});
  ExpectInRule(R"([type=="a"] || [type=="b"] => permit();)",
               {"3:15+2 policy.character: found '||', which the language does not have | there is no 'or': write two rules | policy"});
  ExpectInRule(R"([type=="a"] && => permit();)", {"3:18+2 policy.syntax: found '=>', expected a condition | remove the '&&' before it, or "
                                                  "write another condition | rule > condition"});
  ExpectInRule(R"([type=="a"] permit();)",
               {"3:15+6 policy.syntax: found 'permit', expected '&&' or '=>' | put '=>' at line 3, column 14 | rule"});
  ExpectInRule("permit();",
               {"3:3+6 policy.syntax: found 'permit', expected a condition or '=>' | a rule without conditions begins with => | rule"});
  ExpectInRule(R"([type=="a"] = permit();)", {"3:15+1 policy.syntax: found '=', expected '&&' or '=>' | the arrow is written => | rule"});
  ExpectInRule(R"([type=="a"] ==> permit();)",
               {"3:15+2 policy.syntax: found '==', expected '&&' or '=>' | the arrow is written => | rule"});
  ExpectInRule(R"(exists([type=="a"]) => permit();)", {"3:3+6 policy.syntax: found 'exists', expected a condition or '=>' | there is no "
                                                       "exists or count: a condition holds when some claim matches it | rule"});
  ExpectInRule(R"(not [type=="a"] => permit();)",
               {"3:3+3 policy.syntax: found 'not', expected a condition or '=>' | negation is written ! | rule > condition"});
  ExpectInRule(
      R"(([type=="a"]) => permit();)",
      {"3:3+1 policy.syntax: found '(', expected a condition or '=>' | conditions are not grouped with parentheses | rule > condition"});
  ExpectInRule(R"(c [type=="a"] => permit();)",
               {"3:5+1 policy.syntax: found '[', expected ':' | put ':' at line 3, column 4 | rule > condition"});
  ExpectInRule("! => permit();",
               {"3:5+2 policy.syntax: found '=>', expected '[' | a condition is written [type==\"...\", value==...] | rule > condition"});
}

TEST(PolicyParser, ConditionsHoldPropertiesBetweenBrackets) {
  ExpectInRule("[] => permit();", {"3:3+2 policy.condition: found a condition without properties, expected a property (type, value, "
                                   "valueType or issuer) | for a rule that always applies, leave the condition out | rule > condition"});
  ExpectInRule("[type] => permit();",
               {"3:8+1 policy.syntax: found ']', expected a comparison (==, !=, <, <=, > or >=) | rule > condition"});
  ExpectInRule("[type==] => permit();", {"3:10+1 policy.syntax: found ']', expected a value: a string, an integer, true, false or a "
                                         "reference such as c.value | rule > condition"});
  ExpectInRule(R"(["a"] => permit();)", {"3:4+3 policy.syntax: found the string \"a\", expected a property (type, value, valueType or "
                                         "issuer) | a claim is named by its type: [type==\"a\"] | rule > condition"});
  ExpectInRule("[x-ms-sgx-svn >= 1] => permit();",
               {"3:4+12 policy.syntax: found 'x-ms-sgx-svn', expected a property (type, value, valueType or issuer) | a claim is named by "
                "its type: [type==\"x-ms-sgx-svn\"] | rule > condition"});
  ExpectInRule("[type == x-ms-sgx-svn] => permit();",
               {"3:12+12 policy.syntax: found 'x-ms-sgx-svn', expected a value: a string, an integer, true, false or a reference such as "
                "c.value | a text stands in quotes: \"x-ms-sgx-svn\" | rule > condition"});
  ExpectInRule("[type==$is-debuggable] => permit();",
               {"3:10+14 policy.syntax: found '$is-debuggable', expected a value: a string, an integer, true, false or a reference such as "
                "c.value | a text stands in quotes: \"$is-debuggable\" | rule > condition"});
  ExpectInRule(R"([type=="a",] => permit();)", {"3:14+1 policy.syntax: found ']', expected a property (type, value, valueType or issuer) | "
                                                "remove the ',' before it | rule > condition"});
  ExpectInRule(R"([type=="a" value==1] => permit();)",
               {"3:14+5 policy.syntax: found 'value', expected ',' or ']' | put ',' at line 3, column 13 | rule > condition"});
  ExpectInRule(
      R"([type=="a" && value==1] => permit();)",
      {"3:14+2 policy.syntax: found '&&', expected ',' or ']' | the properties of one condition are joined with ',' | rule > condition"});
  ExpectInRule(
      R"([type=="a"; value==1] => permit();)",
      {"3:13+1 policy.syntax: found ';', expected ',' or ']' | the properties of one condition are joined with ',' | rule > condition"});
  ExpectInRule(R"([type=="a" => permit();)",
               {"3:14+2 policy.syntax: found '=>', expected ',' or ']' | put ']' at line 3, column 13 | rule > condition"});
  ExpectInRule(R"([type=="a" && [type=="b"] => permit();)",
               {"3:14+2 policy.syntax: found '&&', expected ',' or ']' | put ']' at line 3, column 13 | rule > condition"});
  ExpectInRule(R"([type=="a"b"] => permit();)",
               {"3:13+1 policy.syntax: found 'b', expected ',' or ']' | within a string, a '\"' is written \\\" | rule > condition",
                "3:14+15 policy.string: found a string that does not end on its line, expected '\"' | put '\"' at its end; within a "
                "string, a '\"' is written \\\" | policy"});
  ExpectInRule("[value==1.5] => permit();",
               {"3:12+1 policy.syntax: found '.', expected ',' or ']' | integers have no fraction | rule > condition"});
  ExpectInRule("[value==c.value.x] => permit();",
               {"3:18+1 policy.syntax: found '.', expected ',' or ']' | a reference has two parts, such as c.value | rule > condition"});
  ExpectInRule("[value==c.] => permit();",
               {"3:13+1 policy.syntax: found ']', expected a property (type, value, valueType or issuer) | rule > condition"});
  ExpectInRule(R"([value==("a")] => permit();)",
               {"3:11+1 policy.syntax: found '(', expected a value: a string, an integer, true, false or a reference such as c.value | "
                "values are not grouped with parentheses | rule > condition"});
  ExpectInRule(R"([value==["a","b"]] => permit();)",
               {"3:11+1 policy.syntax: found '[', expected a value: a string, an integer, true, false or a reference such as c.value | "
                "there are no lists of values: write a rule for each | rule > condition"});
  ExpectInRule("[value==<product-id>] => permit();",
               {"3:11+12 policy.syntax: found the placeholder '<product-id>', expected a value: a string, an integer, true, false or a "
                "reference such as c.value | put your own value in its place | rule > condition"});
}

TEST(PolicyParser, ComparisonsOfOtherLanguagesGetAHint) {
  ExpectInRule(R"([type="a"] => permit();)",
               {"3:8+1 policy.equals: found '=', expected a comparison | two values are compared with == | rule > condition"});
  ExpectInRule("[value => 3] => permit();",
               {"3:10+2 policy.syntax: found '=>', expected a comparison (==, !=, <, <=, > or >=) | write >= | rule > condition"});
  ExpectInRule("[value =< 3] => permit();",
               {"3:10+2 policy.syntax: found '=<', expected a comparison (==, !=, <, <=, > or >=) | write <= | rule > condition"});
  ExpectInRule("[value <> 3] => permit();",
               {"3:10+2 policy.syntax: found '<>', expected a comparison (==, !=, <, <=, > or >=) | write != | rule > condition"});
  ExpectInRule("[value === 3] => permit();",
               {"3:10+3 policy.syntax: found '===', expected a comparison (==, !=, <, <=, > or >=) | write == | rule > condition"});
  ExpectInRule("[value ==! 3] => permit();",
               {"3:10+3 policy.syntax: found '==!', expected a comparison (==, !=, <, <=, > or >=) | rule > condition"});
  ExpectInRule("[value in 3] => permit();",
               {"3:10+2 policy.syntax: found 'in', expected a comparison (==, !=, <, <=, > or >=) | rule > condition"});
}

TEST(PolicyParser, ActionsHaveNamedArgumentsInParentheses) {
  ExpectInRule("=> permit;", {"3:12+1 policy.syntax: found ';', expected '(' | an action has parentheses: permit() | rule > action"});
  ExpectInRule("=> permit{};", {"3:12+1 policy.syntax: found '{', expected '(' | an action has parentheses: permit() | rule > action"});
  ExpectInRule("=> ;", {"3:6+1 policy.syntax: found ';', expected an action such as permit() | rule > action"});
  ExpectInRule(R"(=> [type=="a"];)",
               {"3:6+1 policy.syntax: found '[', expected an action such as permit() | conditions stand before the => | rule > action"});
  ExpectInRule("=> <action>();", {"3:6+8 policy.syntax: found the placeholder '<action>', expected an action such as permit() | put your "
                                  "own text in its place | rule > action"});
  ExpectInRule(R"(=> add("a", value=1);)", {"3:10+3 policy.syntax: found the string \"a\", expected an argument such as type=\"x\" | name "
                                            "the argument: type=\"a\" | rule > action"});
  ExpectInRule(
      R"(=> add(type="a", true);)",
      {"3:20+4 policy.syntax: found 'true', expected an argument such as type=\"x\" | name the argument: value=true | rule > action"});
  ExpectInRule(
      R"(c:[value==1] => add(type="a", c.value);)",
      {"3:33+1 policy.syntax: found 'c', expected an argument such as type=\"x\" | name the argument: value=c.value | rule > action"});
  ExpectInRule("c:[value==1] => issue(c);",
               {"3:25+1 policy.syntax: found 'c', expected an argument such as type=\"x\" | name the argument: claim=c | rule > action"});
  ExpectInRule(R"(=> add(type=="a", value=1);)",
               {"3:14+2 policy.equals: found '==', expected '=' | an argument is given with = | rule > action"});
  ExpectInRule(R"(=> add(type:"a", value=1);)",
               {"3:14+1 policy.syntax: found ':', expected '=' | an argument is given with = | rule > action"});
  ExpectInRule(R"(=> add(type "a");)",
               {"3:15+3 policy.syntax: found the string \"a\", expected '=' | an argument is given with = | rule > action"});
  ExpectInRule(R"(=> add(type="a", value=1,);)",
               {"3:28+1 policy.syntax: found ')', expected an argument | remove the ',' before it | rule > action"});
  ExpectInRule(R"(=> add(type="a" value=1);)",
               {"3:19+5 policy.syntax: found 'value', expected ',' or ')' | put ',' at line 3, column 18 | rule > action"});
  ExpectInRule(R"(=> add(type="a", value=1;)",
               {"3:27+1 policy.syntax: found ';', expected ',' or ')' | put ')' at line 3, column 27 | rule > action"});
  ExpectInRule("=> add(=1);", {"3:10+1 policy.syntax: found '=', expected an argument such as type=\"x\" | rule > action"});
  ExpectInRule(R"(=> add(type="a", value=1), permit();)",
               {"3:28+1 policy.syntax: found ',', expected ';' | a rule has one action: write two rules | rule"});
  ExpectInRule("=> permit());", {"3:14+1 policy.syntax: found ')', expected ';' | there is one more ')' than '(' | rule"});
}

TEST(PolicyParser, CallsHaveArgumentsInParentheses) {
  ExpectInRule(R"(=> add(type="a", value=AppendString(a="x", b="y"));)",
               {"3:40+1 policy.syntax: found '=', expected ',' or ')' | the arguments of a function have no names | rule > action > call"});
  ExpectInRule(R"(=> add(type="a", value=AppendString("x",));)",
               {"3:43+1 policy.syntax: found ')', expected an argument | remove the ',' before it | rule > action > call"});
  ExpectInRule(R"(=> add(type="a", value=AppendString("x", "y");)",
               {"3:48+1 policy.syntax: found ';', expected ',' or ')' | put ')' at line 3, column 48 | rule > action"});
  ExpectInRule(R"(=> add(type="a", value=AppendString("x" "y"));)",
               {"3:43+3 policy.syntax: found the string \"y\", expected ',' or ')' | put ',' at line 3, column 42 | rule > action > call"});
  ExpectInRule(R"(=> add(type="a", AppendString("x", "y"));)", {"3:20+12 policy.syntax: found 'AppendString', expected an argument such as "
                                                                "type=\"x\" | name the argument: value=AppendString(...) | rule > action"});
}

TEST(PolicyParser, ThreeBrokenRulesGiveThreeErrors) {
  ExpectInRule("[type] => permit();\n  => permit;\n  [type==\"a;] => permit();\n  [value==\";\"] => deny(;",
               {"3:8+1 policy.syntax: found ']', expected a comparison (==, !=, <, <=, > or >=) | rule > condition",
                "4:12+1 policy.syntax: found ';', expected '(' | an action has parentheses: permit() | rule > action",
                "5:10+17 policy.string: found a string that does not end on its line, expected '\"' | put '\"' at its end; within a "
                "string, a '\"' is written \\\" | policy",
                "6:24+1 policy.syntax: found ';', expected an argument such as type=\"x\" | rule > action"});
}

}  // namespace
}  // namespace vidimus
