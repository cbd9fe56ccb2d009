// What the linter says about actions and queries, and what comes near it without being it.
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

TEST(LintReservedName, IsWhatTheServiceAloneGivesAValue) {  // policy-language section 2.9, A13
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.reserved_name", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(=> issue(type="exp", value=1);)")),
              ElementsAre("4:15 `\"exp\"` found claim type 'exp', to which the service alone gives a value in tokens: this one shows "
                          "inside x-ms-policy only; issue it under a name of your own"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-svn"] => issue(claim=c);)")),
              ElementsAre("4:29 `issue(claim=c)` found claim type 'x-ms-sgx-svn', to which the service alone gives a value in tokens: this "
                          "one shows inside x-ms-policy only; issue it under a name of your own"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(=> add(type="exp", value=1);
=> issue(type="svn", value=1);)")),
              IsEmpty());
}

TEST(LintReadOnly, ValuesAreNotIssued) {  // policy-language section 2.8
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.read_only", type, text); };
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(c:[type=="pcrs"] => add(type="copy", value=JmesPath(c.value, "PCRs"));
c:[type=="copy"] => issue(type="a", value=c.value);)",
                                                    "1.2")),
              ElementsAre("5:43 `c.value` found a value from a read-only claim such as pcrs, which fails the evaluation when it is issued; "
                          "issue what follows from it: ContainsOnlyValue and IsSubsetOf give values that may be issued"));
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(c:[type=="pcrs"] => issue(claim=c);)", "1.2")),
              ElementsAre("4:21 `issue(claim=c)` found a value from a read-only claim such as pcrs, which fails the evaluation when it is "
                          "issued; issue what follows from it: ContainsOnlyValue and IsSubsetOf give values that may be issued"));
  EXPECT_THAT(
      found(AttestationType::kTpm, Issuance(R"(c:[type=="pcrs"] => issue(type="a", value=ContainsOnlyValue(c.value, "x"));)", "1.2")),
      IsEmpty());
}

TEST(LintUnknownProperty, HasNoEffect) {  // policy-language section 3
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.unknown_property", type, text); };
  EXPECT_THAT(
      found(AttestationType::kTpm,
            "version=1.1;\nconfigurationrules{=> issueproperty(type=\"require_pcr_mask\", value=15);};\nauthorizationrules{=>permit();};"),
      ElementsAre("2:42 `\"require_pcr_mask\"` found property 'require_pcr_mask', which has no meaning for Tpm; did you mean "
                  "\"required_pcr_mask\"?"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave,
            "version=1.1;\nconfigurationrules{=> issueproperty(type=\"required_pcr_mask\", value=15);};\nauthorizationrules{=>permit();};"),
      ElementsAre("2:42 `\"required_pcr_mask\"` found property 'required_pcr_mask', which has no meaning for SgxEnclave; it is a property "
                  "of Tpm, remove it here"));
  EXPECT_THAT(found(AttestationType::kSevSnpVm,
                    "version=1.1;\nconfigurationrules{=> issueproperty(type=\"colour\", value=15);};\nauthorizationrules{=>permit();};"),
              ElementsAre("2:42 `\"colour\"` found property 'colour', which has no meaning for SevSnpVm; docs/reference/claims.md lists "
                          "the properties of SevSnpVm"));
  EXPECT_THAT(
      found(AttestationType::kTpm,
            "version=1.1;\nconfigurationrules{=> issueproperty(type=\"required_pcr_mask\", value=15);};\nauthorizationrules{=>permit();};"),
      IsEmpty());
}

TEST(LintPropertySection, IsConfigurationrulesForWhatSteersTheVerdict) {  // policy-language section 2.9, A11
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.property_section", type, text); };
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(=> issueproperty(type="required_pcr_mask", value=15);)", "1.1")),
              ElementsAre("4:23 `\"required_pcr_mask\"` found property 'required_pcr_mask' in issuancerules, which run when the evidence "
                          "has been judged without it; set it in configurationrules"));
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(=> issueproperty(type="required_pcr_mask", value=15);)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(=> issueproperty(type="omit_x5c", value=true);)", "1.1")), IsEmpty());
}

TEST(LintConditionalConfiguration, LooksForClaimsBeforeThereAreAny) {  // policy-language section 1.4
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.conditional_configuration", type, text); };
  EXPECT_THAT(found(AttestationType::kTpm,
                    "version=1.1;\nconfigurationrules{[type==\"tpmVersion\"] && [type==\"a\"] => issueproperty(type=\"required_pcr_mask\", "
                    "value=15);};\nauthorizationrules{=>permit();};"),
              ElementsAre("2:20 `[type==\"tpmVersion\"] && [type==\"a\"]` found a condition in configurationrules, which run before the "
                          "evidence is judged: no claim of it is there yet; set the property unconditionally"));
  EXPECT_THAT(found(AttestationType::kTpm,
                    "version=1.1;\nconfigurationrules{=> issueproperty(type=\"required_pcr_mask\", "
                    "value=15);};\nauthorizationrules{[type==\"tpmVersion\"] => permit();};"),
              IsEmpty());
}

TEST(LintJmesPathQuery, ThatDoesNotParseFailsLater) {  // policy-language section 2.8
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.jmespath", type, text); };
  EXPECT_THAT(
      found(AttestationType::kTpm,
            Issuance(R"(c:[type=="events"] => add(type="a", value=JsonToClaimValue(JmesPath(c.value, "Events[? PcrIndex == 20]")));)",
                     "1.2")),
      ElementsAre("4:78 `\"Events[? PcrIndex == 20]\"` found a query that is no JMESPath and fails every evaluation that comes to it: at "
                  "character 21: found \"20\", expected an expression; numbers and other JSON values stand in back-ticks, texts in single "
                  "quotes: [?Index == `0` && Name == 'a']"));
  EXPECT_THAT(
      found(AttestationType::kTpm, Authorization(R"(c:[type=="events"] && [type=="a", value==JmesPath(c.value, "")] => permit();)", "1.2")),
      ElementsAre("3:60 `\"\"` found a query that is no JMESPath and fails every evaluation that comes to it: at character 0: found the "
                  "end, expected an expression; numbers and other JSON values stand in back-ticks, texts in single quotes: [?Index == `0` "
                  "&& Name == 'a']"));
  EXPECT_THAT(found(AttestationType::kTpm,
                    Issuance(R"(c:[type=="events"] => add(type="a", value=JmesPath(c.value, "Events[? PcrIndex == `20`]"));)", "1.2")),
              IsEmpty());
}

}  // namespace
}  // namespace vidimus
