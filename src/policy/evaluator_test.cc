// Evaluation as a specification (policy-language section 2), its limits, and what finding rules by index may not change.
#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/compile.h"
#include "policy/evaluator.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using Reason = Decision::Reason;

Program Made(std::string_view text) {
  auto program = CompileProgram(text);
  EXPECT_TRUE(program) << text << "\n" << (program ? "" : program.error().detail);
  return program ? *std::move(program) : Program();
}

Program Authorizing(const std::string& rules) { return Made("version=1.2;authorizationrules{" + rules + "};"); }
Program Issuing(const std::string& rules) { return Made("version=1.2;authorizationrules{=>permit();};issuancerules{" + rules + "};"); }

Reason ReasonFor(const Program& program, const ClaimSet& claims) {
  const auto decision = Evaluate(program, claims);
  EXPECT_TRUE(decision) << decision.error().detail;
  return decision ? decision->reason : Reason::kNoPermit;
}

std::vector<std::string> Issued(const Program& program, const ClaimSet& claims) {
  const auto decision = Evaluate(program, claims);
  EXPECT_TRUE(decision) << decision.error().detail;
  std::vector<std::string> out;
  for (const Claim& claim : decision ? decision->issued : ClaimSet())
    out.push_back(claim.type + "=" + WriteJson(ClaimValueToJson(claim.value)));
  return out;
}

void ExpectError(const Program& program, const ClaimSet& claims, std::string_view where, std::string_view detail) {
  const auto decision = Evaluate(program, claims);
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().where, where) << decision.error().detail;
  EXPECT_THAT(decision.error().detail, HasSubstr(std::string(detail)));
}

const Claim kOne{"a", int64_t{1}};
const Claim kText{"a", std::string("1")};

// Section 2.6, A1 and A2.
TEST(PolicyEvaluator, DenyOverridesWhateverTheOrderAndNothingPermitsByItself) {
  EXPECT_EQ(ReasonFor(Authorizing("=>permit();"), {}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(Authorizing(""), {}), Reason::kNoPermit);
  EXPECT_EQ(ReasonFor(Authorizing("=>permit();=>deny();"), {}), Reason::kDenyAction);
  EXPECT_EQ(ReasonFor(Authorizing("=>deny();=>permit();"), {}), Reason::kDenyAction);
}

// Section 2.6: rules after a deny need not run; those after a permit must.
TEST(PolicyEvaluator, RulesAfterADenyDoNotRun) {
  const std::string fails = "=>add(type=\"x\",value=NegateBool(1));";
  EXPECT_EQ(ReasonFor(Authorizing("=>deny();" + fails), {}), Reason::kDenyAction);
  ExpectError(Authorizing("=>permit();" + fails), {}, "policy.value", "line 1: NegateBool: found a value of type Integer");
}

// Section 2.5, A4.
TEST(PolicyEvaluator, TypesNeverConvert) {
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value==1]=>permit();"), {kText}), Reason::kNoPermit);
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value!=1]=>permit();"), {kText}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value<=1]=>permit();"), {kText}), Reason::kNoPermit);
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value<=1]=>permit();"), {kOne}), Reason::kPermitted);
}

// Section 2.4, A3.
TEST(PolicyEvaluator, ARuleFiresOnceAndAReferenceIsASet) {
  const ClaimSet roles = {{"role", std::string("x")}, {"role", int64_t{2}}, {"role", true}};
  EXPECT_THAT(Issued(Issuing("c:[type==\"role\"]=>issue(type=\"n\",value=c.value);"), roles),
              ::testing::ElementsAre("n=\"x\"", "n=2", "n=true"));
  EXPECT_THAT(Issued(Issuing("c:[type==\"role\"]=>issue(claim=c);"), roles), ::testing::ElementsAre("role=\"x\"", "role=2", "role=true"));
  EXPECT_THAT(Issued(Issuing("[type==\"role\"]=>issue(type=\"n\",value=1);"), roles), ::testing::ElementsAre("n=1"));
}

// Section 2.4: one condition's claims compared with another's, when some member is equal (A15).
TEST(PolicyEvaluator, AComparisonWithASetHoldsWhenSomeMemberDoes) {
  const Program program = Authorizing("c:[type==\"a\"]&&[type==\"b\",value==c.value]=>permit();");
  EXPECT_EQ(ReasonFor(program, {kOne, kText, {"b", int64_t{1}}}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(program, {kOne, kText, {"b", int64_t{2}}}), Reason::kNoPermit);
}

// Section 2.7.
TEST(PolicyEvaluator, MadeClaimsAreSeenByLaterRulesOfEverySectionAndNotByTheirOwn) {
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"b\"]=>permit();=>add(type=\"b\",value=1);"), {}), Reason::kNoPermit);
  EXPECT_EQ(ReasonFor(Authorizing("=>add(type=\"b\",value=1);[type==\"b\",issuer==\"AttestationPolicy\"]=>permit();"), {}),
            Reason::kPermitted);
  EXPECT_THAT(Issued(Made("version=1.0;authorizationrules{=>add(type=\"b\",value=1);=>permit();};"
                          "issuancerules{c:[type==\"b\"]=>issue(type=\"b\",value=c.type);c:[type==\"b\"]=>issue(claim=c);};"),
                     {}),
              ::testing::ElementsAre("b=\"b\"", "b=1"));
}

// Section 2.7, A6: what is held already changes nothing, and issuing what was only added issues it.
TEST(PolicyEvaluator, SetsHoldNoDuplicates) {
  EXPECT_THAT(Issued(Issuing("=>add(type=\"b\",value=1);=>issue(type=\"b\",value=1);=>issue(type=\"b\",value=1);"), {}),
              ::testing::ElementsAre("b=1"));
  EXPECT_THAT(Issued(Issuing("=>add(type=\"b\",value=\"x\");=>add(type=\"b\",value=\"x\");c:[type==\"b\"]=>issue(type=\"n\",value="
                             "AppendString(c.value,\"!\"));"),
                     {}),
              ::testing::ElementsAre("n=\"x!\""));
}

// Section 1.5.
TEST(PolicyEvaluator, NegationHoldsWhenNoClaimPasses) {
  const Program program = Authorizing("![type==\"a\",value==1]=>permit();");
  EXPECT_EQ(ReasonFor(program, {}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(program, {kText}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(program, {kText, kOne}), Reason::kNoPermit);
}

// Section 2.7: the empty value makes nothing and matches nothing.
TEST(PolicyEvaluator, TheEmptyValueMakesNothingAndMatchesNothing) {
  EXPECT_THAT(Issued(Issuing("=>issue(type=\"b\",value=JsonToClaimValue(\"[null]\"));"), {}), ::testing::IsEmpty());
  for (const std::string op : {"==", "!=", "<"})
    EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value" + op + "JsonToClaimValue(\"null\")]=>permit();"), {kOne}), Reason::kNoPermit)
        << op;
}

// Section 2.8: read-only values may be tested and added; the mark goes where the value goes (A7).
TEST(PolicyEvaluator, ReadOnlyValuesAreNeverIssued) {
  const ClaimSet claims = {{"pcrs", std::string("{\"a\":1}"), ClaimIssuer::kAttestationService, true}};
  EXPECT_EQ(ReasonFor(Authorizing("c:[type==\"pcrs\"]=>add(type=\"b\",value=c.value);[type==\"b\"]=>permit();"), claims),
            Reason::kPermitted);
  for (const std::string action :
       {"issue(type=\"b\",value=c.value)", "issue(claim=c)", "issueproperty(type=\"b\",value=c.value)",
        "issue(type=\"b\",value=AppendString(\"x\",c.value))", "issue(type=\"b\",value=AppendString(c.value,\"x\"))"})
    ExpectError(Issuing("c:[type==\"pcrs\"]=>" + action + ";"), claims, "policy.read_only", "read-only");
  ExpectError(Issuing("c:[type==\"pcrs\"]=>add(type=\"b\",value=c.value);d:[type==\"b\"]=>issue(claim=d);"), claims, "policy.read_only",
              "");
  for (const std::string value : {"ContainsOnlyValue(c.value,1)", "IsSubsetOf(c.value,c.value)", "c.type"})
    EXPECT_EQ(Issued(Issuing("c:[type==\"pcrs\"]=>issue(type=\"b\",value=" + value + ");"), claims).size(), 1u) << value;
}

TEST(PolicyEvaluator, AValueThatWasMadeTwiceIsReadOnlyIfItWasOnce) {
  const ClaimSet claims = {{"pcrs", std::string("x"), ClaimIssuer::kAttestationService, true}};
  ExpectError(Issuing("=>add(type=\"b\",value=\"x\");c:[type==\"pcrs\"]=>add(type=\"b\",value=c.value);d:[type==\"b\"]=>issue(claim=d);"),
              claims, "policy.read_only", "");
}

// Section 2.8: a call is computed when a claim gets as far as it, never before.
TEST(PolicyEvaluator, ACallIsComputedOnlyForClaimsThatPassWhatStandsLeftOfIt) {
  const Program program = Authorizing("[type==\"a\",value==NegateBool(1)]=>permit();=>permit();");
  EXPECT_EQ(ReasonFor(program, {}), Reason::kPermitted);
  ExpectError(program, {kOne}, "policy.value", "NegateBool");
  EXPECT_EQ(ReasonFor(Authorizing("[type==\"a\",value==2,value==NegateBool(1)]=>permit();=>permit();"), {kOne}), Reason::kPermitted);
}

// The index may not hide an error that going through the rules from the left would meet.
TEST(PolicyEvaluator, TheIndexSkipsNoErrorOfAnEarlierCondition) {
  ExpectError(Authorizing("[type==\"a\",value==NegateBool(1)]&&[type==\"nowhere\"]=>permit();"), {kOne}, "policy.value", "NegateBool");
  ExpectError(Authorizing("[value==NegateBool(1)]&&[type==\"nowhere\"]=>permit();"), {kOne}, "policy.value", "NegateBool");
  ExpectError(Authorizing("[value==NegateBool(1),type==\"nowhere\"]=>permit();"), {kOne}, "policy.value", "NegateBool");
}

TEST(PolicyEvaluator, RulesAreWokenByWhatEarlierRulesMakeInOrder) {
  const Program program = Authorizing(
      "[type==\"c\",value==1]=>permit();"  // too early for its claim
      "[type==\"a\"]=>add(type=\"b\",value=1);"
      "[type==\"b\",value==1]=>add(type=\"c\",value=1);"
      "[type==\"c\",value==2]=>deny();"
      "[type==\"c\",value==1]&&[type==\"a\"]=>add(type=\"d\",value=true);"
      "[type==\"d\"]=>permit();");
  EXPECT_EQ(ReasonFor(program, {kOne}), Reason::kPermitted);
  EXPECT_EQ(ReasonFor(program, {{"c", int64_t{2}}}), Reason::kDenyAction);
  EXPECT_EQ(ReasonFor(program, {}), Reason::kNoPermit);
}

// Section 2.1: configuration runs with no evidence, and its properties are claims for what follows.
TEST(PolicyEvaluator, ConfigurationSeesNoEvidence) {
  const Program program = Made(
      "version=1.1;configurationrules{[type==\"a\"]=>issueproperty(type=\"p\",value=1);=>issueproperty(type=\"q\",value=2);};"
      "authorizationrules{[type==\"q\",issuer==\"AttestationPolicy\"]=>permit();};");
  const auto decision = Evaluate(program, {kOne});
  ASSERT_TRUE(decision);
  EXPECT_TRUE(decision->permitted());
  EXPECT_EQ(decision->properties, (ClaimSet{{"q", int64_t{2}, ClaimIssuer::kAttestationPolicy}}));
  EXPECT_EQ(*EvaluateConfiguration(program), decision->properties);
}

TEST(PolicyEvaluator, ClaimsStayWithinTheirLimit) {
  const Program program = Issuing("c:[type==\"a\"]=>issue(type=\"b\",value=c.value);");
  ClaimSet claims;
  for (size_t i = 0; i < limits::kClaims / 2; ++i) claims.push_back({"a", static_cast<int64_t>(i)});
  EXPECT_EQ(Issued(program, claims).size(), limits::kClaims / 2);
  claims.push_back({"a", int64_t{-1}});
  ExpectError(program, claims, "policy.claims", "line 1: more than 16384 claims");
  while (claims.size() < limits::kClaims) claims.push_back({"x", static_cast<int64_t>(claims.size())});
  EXPECT_EQ(ReasonFor(Authorizing("=>permit();"), claims), Reason::kPermitted);
  ExpectError(Made("version=1.1;configurationrules{=>issueproperty(type=\"p\",value=1);};authorizationrules{=>permit();};"), claims,
              "policy.claims", "more than 16384 claims");
  claims.push_back(kOne);
  ExpectError(Authorizing("=>permit();"), claims, "policy.claims", "found 16385 claims, expected at most 16384");
}

TEST(PolicyEvaluator, TheWorkOfAPolicyHasALimit) {
  Program program = Authorizing("[value==1]=>permit();");
  const ClaimSet claims(100, Claim{"b", int64_t{2}});
  program.step_limit = 200;  // one for each claim, one for each comparison
  EXPECT_EQ(ReasonFor(program, claims), Reason::kNoPermit);
  program.step_limit = 199;
  ExpectError(program, claims, "policy.steps", "line 1: more comparisons than a policy may take");

  ClaimSet many;
  for (size_t i = 0; i < 5000; ++i) many.push_back({"a", static_cast<int64_t>(i + 1)});
  ExpectError(Authorizing("x:[value!=0]&&[value==x.type]=>permit();"), many, "policy.steps", "more comparisons");
}

// Few octets of policy can make many of claims.
TEST(PolicyEvaluator, TheOctetsOfMadeClaimsHaveALimit) {
  const auto issuing = [](size_t octets) { return Issuing("=>issue(type=\"t\",value=\"" + std::string(octets - 1, 'x') + "\");"); };
  EXPECT_EQ(Issued(issuing(limits::kPolicyClaimOctets), {}).size(), 1u);
  ExpectError(issuing(limits::kPolicyClaimOctets + 1), {}, "policy.claims", "octets of claims");
}

TEST(PolicyEvaluator, TenThousandRulesAndTenThousandClaimsStayWithinTheLimits) {
  std::string rules;
  for (int i = 0; i < 10'000; ++i)
    rules += "[type==\"t" + std::to_string(i) + "\",value==" + std::to_string(i) + "]=>add(type=\"n\",value=" + std::to_string(i) + ");";
  ClaimSet claims;
  for (int i = 0; i < 10'000; ++i) claims.push_back({"t" + std::to_string(i), int64_t{i}});
  claims.resize(limits::kClaims - 10'000);
  EXPECT_EQ(ReasonFor(Authorizing(rules + "[type==\"n\",value==4242]=>permit();"), claims), Reason::kPermitted);

  ClaimSet same_type;
  for (int i = 0; i < 10'000; ++i) same_type.push_back({"t", int64_t{i}});
  std::string pins;
  for (int i = 0; i < 10'000; ++i) pins += "[type==\"t\",value==" + std::to_string(i + 9'999) + "]=>permit();";
  EXPECT_EQ(ReasonFor(Authorizing(pins), same_type), Reason::kPermitted);
}

// Each would wake each: more than memory holds.
TEST(PolicyEvaluator, ManyClaimsOfOneValueWakeManyRulesOnce) {
  std::string rules;
  for (size_t i = 0; i < limits::kPolicyRules; ++i) rules += "[type==\"a\",value==1]=>add(type=\"b\",value=1);";
  EXPECT_EQ(ReasonFor(Authorizing(rules), ClaimSet(limits::kClaims - 1, kOne)), Reason::kNoPermit);
  // A claim that is made in between wakes the rules after it, also those whose value was seen before.
  const std::string before = "[type==\"a\",value==1]=>add(type=\"a\",value=1);[type==\"a\",value==1]=>add(type=\"a\",value=2);";
  EXPECT_EQ(ReasonFor(Authorizing(before + "[type==\"a\",value==2]=>permit();"), {kOne, kOne}), Reason::kPermitted);
}

// A hash table of such values is one long list: seconds of work that no step pays for.
TEST(PolicyEvaluator, ManyValuesThatAHashTableWouldPutInOnePlaceAreKeptApart) {
  ClaimSet claims;
  for (int64_t i = 1; i <= 8000; ++i) claims.push_back({"a", i * 20753});
  claims.push_back({"a", int64_t{20753}});
  const auto decision = Evaluate(Issuing("c:[type==\"a\"]=>issue(type=\"n\",value=c.value);"), claims);
  ASSERT_TRUE(decision) << decision.error().detail;
  EXPECT_EQ(decision->issued.size(), 8000u);
}

}  // namespace
}  // namespace vidimus
