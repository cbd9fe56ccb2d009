// What the linter says about rules without effect, and what comes near it without being it.
#include "policy/lint/passes.h"

#include <gmock/gmock.h>

#include "tests/support/lint_findings.h"

namespace vidimus {
namespace {

using testing::Authorization;
using ::testing::ElementsAre;
using testing::Findings;
using ::testing::IsEmpty;
using testing::Issuance;

TEST(LintUnreachable, IsWhatCanNeverFire) {  // policy-language sections 2.3, 2.6 and 2.7
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.unreachable", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==2, value==3] => permit();)")),
              ElementsAre("3:34 `value==3` found a test of value that contradicts another of the same condition: no claim meets both, so "
                          "the rule never fires; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value<3, value>5] => permit();)")),
              ElementsAre("3:33 `value>5` found a test of value that contradicts another of the same condition: no claim meets both, so "
                          "the rule never fires; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==2, value!=2] => permit();)")),
              ElementsAre("3:34 `value!=2` found a test of value that contradicts another of the same condition: no claim meets both, so "
                          "the rule never fires; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value>=3, value==2] => permit();)")),
              ElementsAre("3:34 `value==2` found a test of value that contradicts another of the same condition: no claim meets both, so "
                          "the rule never fires; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", type=="x-ms-sgx-product-id"] => permit();)")),
      ElementsAre(
          "3:24 `type==\"x-ms-sgx-product-id\"` found a test of type that contradicts another of the same condition: no claim meets both, "
          "so the rule never fires; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave,
                    Authorization(R"([type=="x-ms-sgx-product-id", value==1] && [type=="x-ms-sgx-product-id", value==2] => permit();)")),
              ElementsAre("3:44 `[type==\"x-ms-sgx-product-id\", value==2]` found a condition on 'x-ms-sgx-product-id' that contradicts "
                          "another of the same rule: evidence gives one such claim, so the rule never fires; write one rule for each case: "
                          "rules are alternatives, conditions are not"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="ready", issuer=="AttestationPolicy"] => permit();)")),
              ElementsAre("3:1 `[type==\"ready\", issuer==\"AttestationPolicy\"]` found a condition on 'ready' of the policy itself, which "
                          "no earlier rule makes: the rule never fires; make it with add in an earlier rule"));
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"([type=="ready", issuer=="AttestationPolicy"] => issue(type="a", value=1);
=> add(type="ready", value=1);)")),
              ElementsAre("4:1 `[type==\"ready\", issuer==\"AttestationPolicy\"]` found a condition on 'ready' of the policy itself, which "
                          "no earlier rule makes: the rule never fires; move this rule below line 5"));
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(=> add(type="ready", value=1);
[type=="raedy", issuer=="AttestationPolicy"] => issue(type="a", value=1);)")),
              ElementsAre("5:1 `[type==\"raedy\", issuer==\"AttestationPolicy\"]` found a condition on 'raedy' of the policy itself, which "
                          "no earlier rule makes: the rule never fires; did you mean \"ready\"?"));
  EXPECT_THAT(
      found(AttestationType::kTpm, Authorization(R"([type=="aikValidated", value==true, issuer=="AttestationPolicy"] => permit();)")),
      ElementsAre(
          "3:1 `[type==\"aikValidated\", value==true, issuer==\"AttestationPolicy\"]` found a condition on 'aikValidated' of the policy "
          "itself, which no earlier rule makes: the rule never fires; the evidence gives it: write `issuer==\"AttestationService\"`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave,
                    "version=1.0;authorizationrules{=> deny(); => permit();};\nissuancerules{=> issue(type=\"a\", value=1);};"),
              ElementsAre("1:43 `=> permit()` found 2 rules after the deny without conditions on line 1: nothing after it changes the "
                          "decision; give that deny conditions, or remove what follows it"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value>=3, value<4, value!=4] => permit();
[type=="x-ms-sgx-svn", value==2] => permit();)")),
              IsEmpty());
  EXPECT_THAT(
      found(AttestationType::kAzureGuest,
            Authorization(
                R"([type=="x-ms-azurevm-attested-pcrs", value==1] && [type=="x-ms-azurevm-attested-pcrs", value==2] => permit();)")),
      IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"(=> add(type="ready", value=1);
[type=="ready", issuer=="AttestationPolicy"] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, R"(version=1.0;authorizationrules{=> deny();};issuancerules{};)"), IsEmpty());
}

TEST(LintShadowed, IsARuleThatAnotherMakesSuperfluous) {  // policy-language sections 2.6 and 2.9, A6
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.shadowed", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==3] => permit();
[type=="x-ms-sgx-product-id", value==1] && [value==3, type=="x-ms-sgx-svn"] => permit();)")),
              ElementsAre("4:1 `[type==\"x-ms-sgx-product-id\", value==1] && [value==3, type==\"x-ms-sgx-svn\"] => permit()` found a "
                          "permit that the one on line 3 makes superfluous: that one has some of its conditions and no other; remove it, "
                          "or give the permit on line 3 more conditions"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==3] => permit();
=> permit();)")),
              ElementsAre("3:1 `[type==\"x-ms-sgx-svn\", value==3] => permit()` found a permit that the one on line 4 makes superfluous: "
                          "that one has no conditions; remove it, or give the permit on line 4 more conditions"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==3] => deny();
c:[type=="x-ms-sgx-svn", value==3] => deny();)")),
              ElementsAre("4:1 `c:[type==\"x-ms-sgx-svn\", value==3] => deny()` found a deny that the one on line 3 makes superfluous: "
                          "that one has the same conditions; remove it"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave,
                    Authorization(R"([type=="x-ms-sgx-svn", value==3] && [type=="x-ms-sgx-product-id", value==1] => permit();
[type=="x-ms-sgx-svn", value==3] => permit();)")),
              ElementsAre("3:1 `[type==\"x-ms-sgx-svn\", value==3] && [type==\"x-ms-sgx-product-id\", value==1] => permit()` found a "
                          "permit that the one on line 4 makes superfluous: that one has some of its conditions and no other; remove it, "
                          "or give the permit on line 4 more conditions"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-svn"] => issue(type="a", value=c.value);
d:[type=="x-ms-sgx-svn"] => issue(value=d.value, type="a");)")),
              ElementsAre("5:1 `d:[type==\"x-ms-sgx-svn\"] => issue(value=d.value, type=\"a\")` found a rule that stands on line 4 "
                          "already: twice is the same as once; remove it"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==3] => permit();
[type=="x-ms-sgx-svn", value==4] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="a", value==3] => permit();
=> add(type="a", value=3);
[type=="a", value==3] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-svn"] => issue(type="a", value=c.value);
c:[type=="x-ms-sgx-svn"] => issue(type="b", value=c.value);)")),
              IsEmpty());
}

TEST(LintAlwaysTrue, IsATestThatNothingFails) {  // policy-language section 8
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.always_true", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-mrsigner"] => permit();)")),
              ElementsAre("3:1 `[type==\"x-ms-sgx-mrsigner\"]` found a test of 'x-ms-sgx-mrsigner' without a value, which holds whatever "
                          "its value, since all evidence gives it; test its value too: `value==\"...\"`"));
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"([type=="secureboot"] => permit();)")),
              ElementsAre("3:1 `[type==\"secureboot\"]` found a test of 'secureboot' without a value, which holds whether it is true or "
                          "false; test its value too: `value==true` or `value==false`"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value >= 0] => permit();)")),
      ElementsAre(
          "3:24 `value >= 0` found a test that every 'x-ms-sgx-svn' passes: it is never below 0; write the lowest value that is accepted"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Authorization(R"(=> deny();)")),
      ElementsAre("3:1 `=> deny()` found a deny without conditions, which refuses all evidence; give it the conditions to refuse by"));
  EXPECT_THAT(
      found(AttestationType::kTpm, Issuance(R"(![type=="a", issuer=="AttestationPolicy"] => issue(type="a", value=false);)", "1.2")),
      ElementsAre("4:1 `![type==\"a\", issuer==\"AttestationPolicy\"]` found a condition on 'a' of the policy itself, which no earlier "
                  "rule makes: its negation always holds; remove the condition: a rule does not see what it makes itself"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Authorization(R"(![type=="x-ms-sgx-svn", value==2, value==3] => permit();)", "1.2")),
      ElementsAre("3:35 `value==3` found a test of value that contradicts another of the same condition: no claim meets both, so its "
                  "negation always holds; write one rule for each case: rules are alternatives, the tests of a condition are not"));
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"([type=="x-ms-isolation-tee"] => permit();)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(c:[type=="x-ms-sgx-svn"] => add(type="a", value=c.value);)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"([type=="x-ms-sgx-svn"] => issue(type="a", value=1);)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value>=1] => permit();)")), IsEmpty());
}

}  // namespace
}  // namespace vidimus
