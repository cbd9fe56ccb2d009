// The policy language as a specification: recorded cases, positions of errors, limits.
#include <gmock/gmock.h>

#include "base/limits.h"
#include "claims/claim_file.h"
#include "policy/default_policies.h"
#include "policy/evaluator.h"
#include "policy/parser.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using testing::ReadVectorJson;
using testing::Text;

ClaimValue ValueOf(const Json& json) {
  if (const auto* b = json.AsBool()) return *b;
  if (const auto* i = json.AsInt()) return *i;
  return json.AsString() == nullptr ? std::string() : *json.AsString();
}

ClaimSet ClaimsOf(const Json& list) {
  ClaimSet out;
  for (const Json& one : *list.AsArray()) {
    const bool custom = Text(one, "issuer") == "CustomClaim";
    out.push_back({Text(one, "type"), ValueOf(*one.Find("value")), custom ? ClaimIssuer::kCustomClaim : ClaimIssuer::kAttestationService});
  }
  return out;
}

// As a token shows them: one value is a scalar, several are an array (section 2.7).
std::string Shown(const ClaimSet& claims) { return WriteJson(ClaimsToJson(claims), JsonOrder::kSorted); }

std::string Expected(const Json& expect, std::string_view member) {
  const Json* claims = expect.Find(member);
  return claims == nullptr ? "{}" : WriteJson(*claims, JsonOrder::kSorted);
}

bool IsVersion12(const std::string& policy) { return policy.substr(0, policy.find(';')).find("1.2") != std::string::npos; }

TEST(PolicyVectors, EveryCaseOfVersions10And11EndsAsRecorded) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json file = ReadVectorJson("policy/cases.json");
  int ran = 0;
  int later = 0;
  for (const Json& one : *file.Find("cases")->AsArray()) {
    const std::string name = Text(one, "name");
    const std::string text = Text(one, "policy");
    const Json& expect = *one.Find("expect");
    const std::string result = Text(expect, "result");
    const auto program = ParsePolicy(text);
    if (IsVersion12(text)) {
      EXPECT_FALSE(program) << name;
      ++later;
      continue;
    }
    ++ran;
    EXPECT_EQ(!program, result == "upload_error") << name << ": " << (program ? "" : program.error().detail);
    if (!program) continue;
    const auto decision = Evaluate(*program, ClaimsOf(*one.Find("claims")));
    ASSERT_TRUE(decision) << name;
    EXPECT_EQ(decision->permitted(), result == "permit") << name;
    if (result == "deny") {
      EXPECT_EQ(decision->reason == Decision::Reason::kDenyAction, Text(expect, "reason") == "deny_action") << name;
    } else {
      EXPECT_EQ(Shown(decision->issued), Expected(expect, "issued")) << name;
      EXPECT_EQ(Shown(decision->properties), Expected(expect, "properties")) << name;
    }
  }
  EXPECT_GE(ran, 75);
  EXPECT_EQ(ran + later, 124);
}

TEST(PolicyParser, TheDefaultPolicySelectsTheDefaultBaselineAndPermits) {
  const auto program = ParsePolicy(DefaultPolicy(AttestationType::kSgxEnclave));
  ASSERT_TRUE(program);
  const auto decision = Evaluate(*program, {{"x-ms-sgx-svn", int64_t{3}}});
  ASSERT_TRUE(decision);
  EXPECT_TRUE(decision->permitted());
  EXPECT_EQ(Shown(decision->issued), R"({"svn":3})");
  EXPECT_EQ(Shown(decision->properties), R"({"x-ms-sgx-tcbidentifier":"azuredefault"})");
}

void ExpectError(std::string_view text, std::string_view where, std::string_view detail) {
  const auto program = ParsePolicy(text);
  ASSERT_FALSE(program) << text;
  EXPECT_EQ(program.error().where, where) << text;
  EXPECT_THAT(program.error().detail, HasSubstr(std::string(detail))) << text;
}

TEST(PolicyParser, ErrorsNameTheirPlaceAndWhatWasExpected) {
  ExpectError("version=1.0\n[", "policy.syntax", "line 2, column 1: found '[', expected ';'");
  ExpectError("version=2.0;", "policy.version", "line 1, column 9: found 2.0");
  ExpectError("version=1.0;authorizationrules{=> issue(type=\"a\",value=1);};", "policy.action",
              "column 35: issue is not an action of this section");
  ExpectError("version=1.0;authorizationrules{[type==\xe2\x80\x9c", "policy.syntax", "typographic quote");
  ExpectError("version=1.0;authorizationrules{[type==\"a\"]=>add(type=\"b\",value=c.value);};", "policy.identifier", "'c' is not defined");
  ExpectError("version=1.0;authorizationrules{c:[type==\"a\"]&&c:[type==\"b\"]=>permit();};", "policy.identifier", "defined twice");
  ExpectError("version=1.0;authorizationrules{[value<\"3\"]=>permit();};", "policy.type", "only Integers have an order");
  ExpectError("version=1.0;authorizationrules{![value==1]=>permit();};", "policy.version", "negation came with version 1.2");
  ExpectError("version=1.0;authorizationrules{[value==9223372036854775808]=>permit();};", "policy.syntax", "2^63-1");
  ExpectError("version=1.1;configurationrules{=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=11);};", "policy.type",
              "cannot be a Integer");
}

TEST(PolicyParser, NoPrefixOfAPolicyIsAPolicyBeforeItsSectionsAreWhole) {
  const std::string_view text = DefaultPolicy(AttestationType::kSgxEnclave);
  const size_t authorization_end = text.find("issuancerules");
  for (size_t size = 0; size < text.size(); ++size)
    if (size != authorization_end) {
      EXPECT_FALSE(ParsePolicy(text.substr(0, size))) << size;
    }
}

std::string WithRules(size_t count) {
  std::string out = "version=1.0;authorizationrules{";
  for (size_t i = 0; i < count; ++i) out += "=>permit();";
  return out + "};";
}

std::string WithConditions(size_t count) {
  std::string out = "version=1.0;authorizationrules{[value==1]";
  for (size_t i = 1; i < count; ++i) out += "&&[value==1]";
  return out + "=>permit();};";
}

TEST(PolicyParser, LimitsHoldAtTheLimitAndOnePastIt) {
  EXPECT_TRUE(ParsePolicy(WithRules(limits::kPolicyRules)));
  ExpectError(WithRules(limits::kPolicyRules + 1), "policy.rules", "more than");
  EXPECT_TRUE(ParsePolicy(WithConditions(limits::kPolicyConditionsPerRule)));
  ExpectError(WithConditions(limits::kPolicyConditionsPerRule + 1), "policy.conditions", "more than");
  std::string text = WithRules(1);
  text.resize(limits::kPolicyBytes, ' ');
  EXPECT_TRUE(ParsePolicy(text));
  ExpectError(text + ' ', "policy.size", "at most");
}

TEST(PolicyParser, LimitsHoldInEverySectionAndWithinACondition) {
  const auto with = [](const std::string& section, size_t count, const std::string& rule) {
    std::string out = "version=1.1;configurationrules{";
    for (size_t i = 0; i < (section == "configuration" ? count : 0); ++i) out += rule;
    out += "};authorizationrules{};issuancerules{";
    for (size_t i = 0; i < (section == "issuance" ? count : 0); ++i) out += rule;
    return out + "};";
  };
  const std::string configure = "=>issueproperty(type=\"p\",value=1);";
  const std::string issue = "=>issue(type=\"p\",value=1);";
  EXPECT_TRUE(ParsePolicy(with("configuration", limits::kPolicyRules, configure)));
  ExpectError(with("configuration", limits::kPolicyRules + 1, configure), "policy.rules", "more than");
  EXPECT_TRUE(ParsePolicy(with("issuance", limits::kPolicyRules, issue)));
  ExpectError(with("issuance", limits::kPolicyRules + 1, issue), "policy.rules", "more than");
  const auto properties = [](size_t count) {
    std::string out = "version=1.0;authorizationrules{[value==1";
    for (size_t i = 1; i < count; ++i) out += ",value==1";
    return out + "]=>permit();};";
  };
  EXPECT_TRUE(ParsePolicy(properties(limits::kPolicyConditionsPerRule)));
  ExpectError(properties(limits::kPolicyConditionsPerRule + 1), "policy.conditions", "more than");
}

TEST(PolicyEvaluator, IssuedClaimsAndPropertiesStayWithinTheLimitToo) {
  const auto issue =
      ParsePolicy("version=1.0;authorizationrules{=>permit();};issuancerules{c:[type==\"a\"]=>issue(type=\"b\",value=c.value);};");
  const auto configure =
      ParsePolicy("version=1.1;configurationrules{=>issueproperty(type=\"p\",value=1);};authorizationrules{=>permit();};");
  ASSERT_TRUE(issue && configure);
  ClaimSet claims;
  for (size_t i = 0; i < limits::kClaims / 2; ++i) claims.push_back({"a", static_cast<int64_t>(i)});
  EXPECT_EQ(Evaluate(*issue, claims)->issued.size(), limits::kClaims / 2);
  claims.push_back({"a", int64_t{-1}});
  EXPECT_EQ(Evaluate(*issue, claims).error().where, "policy.claims");
  claims.resize(1, claims.front());
  while (claims.size() < limits::kClaims - 1) claims.push_back({"a", static_cast<int64_t>(claims.size())});
  EXPECT_TRUE(Evaluate(*configure, claims));
  claims.push_back({"a", int64_t{-1}});
  EXPECT_EQ(Evaluate(*configure, claims).error().where, "policy.claims");
}

// One condition over n claims of one type takes n comparisons; a reference to them takes n times n.
TEST(PolicyEvaluator, TheWorkOfAPolicyHasALimit) {
  Program program = *ParsePolicy(R"(version=1.0;authorizationrules{[type=="a"]=>permit();};)");
  const ClaimSet claims(100, Claim{"b", int64_t{1}});
  program.step_limit = 100;
  EXPECT_TRUE(Evaluate(program, claims));
  program.step_limit = 99;
  EXPECT_EQ(Evaluate(program, claims).error().where, "policy.steps");

  const Program squares = *ParsePolicy(R"(version=1.0;authorizationrules{x:[value!=0]&&[value==x.type]=>permit();};)");
  ClaimSet many;
  for (size_t i = 0; i < limits::kClaims; ++i) many.push_back({"a", static_cast<int64_t>(i + 1)});
  EXPECT_EQ(Evaluate(squares, many).error().where, "policy.steps");
}

// Few octets of policy can make many of claims.
TEST(PolicyEvaluator, TheOctetsOfMadeClaimsHaveALimit) {
  const auto issues = [](size_t octets) {
    const std::string text =
        "version=1.0;authorizationrules{=>permit();};issuancerules{=>issue(type=\"t\",value=\"" + std::string(octets - 1, 'x') + "\");};";
    return Evaluate(*ParsePolicy(text), {});
  };
  EXPECT_TRUE(issues(limits::kPolicyClaimOctets));
  EXPECT_EQ(issues(limits::kPolicyClaimOctets + 1).error().where, "policy.claims");
}

// Section 1: a policy is UTF-8.
TEST(PolicyParser, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(ParsePolicy("version=1.0;authorizationrules{[type==\"\xff\"]=>permit();};").error().where, "policy.encoding");
}

TEST(PolicyEvaluator, AClaimSetThatWouldPassTheLimitFailsTheRequest) {
  const auto program = ParsePolicy("version=1.0;authorizationrules{c:[type==\"a\"]=>add(type=\"b\",value=c.value);=>permit();};");
  ASSERT_TRUE(program);
  ClaimSet claims;
  for (size_t i = 0; i < limits::kClaims / 2; ++i) claims.push_back({"a", static_cast<int64_t>(i)});
  EXPECT_TRUE(Evaluate(*program, claims));
  claims.push_back({"a", int64_t{-1}});
  const auto decision = Evaluate(*program, claims);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().where, "policy.claims");
}

}  // namespace
}  // namespace vidimus
