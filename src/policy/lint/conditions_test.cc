// What the linter says about single conditions, and what comes near it without being it.
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

TEST(LintUnknownClaim, NamesClaimsThatNeitherEvidenceNorAnEarlierRuleGives) {  // policy-language section 8
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.unknown_claim", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-mrsinger", value=="a"] => permit();)")),
              ElementsAre("3:8 `\"x-ms-sgx-mrsinger\"` found claim type 'x-ms-sgx-mrsinger', which neither evidence of SgxEnclave gives "
                          "nor an earlier rule makes; did you mean \"x-ms-sgx-mrsigner\"?"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-colour"] => permit();)")),
              ElementsAre("3:8 `\"x-ms-sgx-colour\"` found claim type 'x-ms-sgx-colour', which neither evidence of SgxEnclave gives nor an "
                          "earlier rule makes; docs/reference/claims.md lists the claims of SgxEnclave"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"([type=="mine"] => issue(type="a", value=1);
=> issue(type="mine", value=1);)")),
              ElementsAre("4:8 `\"mine\"` found claim type 'mine', which no earlier rule makes: claims are seen by the rules after the one "
                          "that makes them; move this rule below line 5"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(=> add(type="my-claim", value=1);
[type=="my-clam"] => issue(type="a", value=1);)")),
              ElementsAre("5:8 `\"my-clam\"` found claim type 'my-clam', which neither evidence of SgxEnclave gives nor an earlier rule "
                          "makes; did you mean \"my-claim\"?"));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="svn"] => issue(type="a", value=c.value);)")),
      ElementsAre(
          "4:10 `\"svn\"` found claim type 'svn', which tokens of SgxEnclave may have but policies do not see; write \"x-ms-sgx-svn\""));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="maa-ehd"] => issue(type="a", value=c.value);)")),
              ElementsAre("4:10 `\"maa-ehd\"` found claim type 'maa-ehd', which tokens of SgxEnclave may have but policies do not see; "
                          "test what the evidence gives; the service puts this one into tokens itself"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="events"] => permit();)")),
              ElementsAre("3:8 `\"events\"` found claim type 'events', which policies of version 1.0 do not see; write `version=1.2;`"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="vbsEnabled", value==true] => permit();)", "1.2")),
              ElementsAre("3:8 `\"vbsEnabled\"` found claim type 'vbsEnabled', which policies see up to version 1.1 only, this one has "
                          "version 1.2; derive it from the claim \"events\" with JmesPath, or write `version=1.1;`"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="role", value=="admin"] => permit();)")),
              ElementsAre("3:8 `\"role\"` found claim type 'role', which neither evidence of Tpm gives nor an earlier rule makes; if "
                          "clients send it, add `issuer==\"CustomClaim\"`"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="role", issuer=="CustomClaim", value=="admin"] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"(=> add(type="mine", value=1);
[type=="mine", value==1] => issue(type="a", value=1);)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="vbsEnabled", value==true] => permit();)", "1.1")), IsEmpty());
}

TEST(LintOldName, IsReportedOnceWithTheNameToUse) {  // policy-language section 8, wish 7
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.old_name", type, text); };
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Issuance(R"([type=="$svn", value==3] => issue(type="a", value=1);
[type=="$svn", value==4] => issue(type="a", value=2);)")),
      ElementsAre(
          "4:8 `\"$svn\"` found '$svn', an old name of the claim x-ms-sgx-svn, kept for old policies only; write \"x-ms-sgx-svn\""));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="vsmReportPresent", value==true] => permit();)")),
              ElementsAre("3:8 `\"vsmReportPresent\"` found 'vsmReportPresent', an old name of the claim vbsReportPresent, kept for old "
                          "policies only; write \"vbsReportPresent\""));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-svn"] => issue(type="svn", value=c.value);)")), IsEmpty());
}

TEST(LintValueType, OfAComparisonThatNeverOrAlwaysHolds) {  // policy-language section 2.9, A4
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.value_type", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value=="1"] => permit();)")),
              ElementsAre("3:24 `value==\"1\"` found a value of type String compared with the claim 'x-ms-sgx-svn' of type Integer, which "
                          "never matches; write `value==1`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value!="1"] => permit();)")),
              ElementsAre("3:24 `value!=\"1\"` found a value of type String compared with the claim 'x-ms-sgx-svn' of type Integer, which "
                          "always differs; write `value!=1`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-is-debuggable", value=="False"] => permit();)")),
              ElementsAre("3:34 `value==\"False\"` found a value of type String compared with the claim 'x-ms-sgx-is-debuggable' of type "
                          "Boolean, which never matches; write `value==false`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-is-debuggable", value==0] => permit();)")),
              ElementsAre("3:34 `value==0` found a value of type Integer compared with the claim 'x-ms-sgx-is-debuggable' of type Boolean, "
                          "which never matches; write `value==false`"));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_tee_tcb_svn", value==5] => permit();)")),
              ElementsAre("3:27 `value==5` found a value of type Integer compared with the claim 'tdx_tee_tcb_svn' of type String, which "
                          "never matches; write `value==\"5\"`"));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_tee_tcb_svn", value>=5] => permit();)")),
              ElementsAre("3:27 `value>=5` found a value of type Integer compared with the claim 'tdx_tee_tcb_svn' of type String, which "
                          "never matches; compare with == or !=: only Integers have an order"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==NegateBool(true)] => permit();)", "1.2")),
              ElementsAre("3:24 `value==NegateBool(true)` found a value of type Boolean compared with the claim 'x-ms-sgx-svn' of type "
                          "Integer, which never matches; compare it with a value of type Integer"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(=> add(type="level", value="high");
[type=="level", value==3] => permit();)")),
              ElementsAre("4:17 `value==3` found a value of type Integer compared with the claim 'level' of type String, which never "
                          "matches; write `value==\"3\"`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", valueType==1] => permit();)")),
              ElementsAre("3:24 `valueType==1` found a value of type Integer compared with valueType, which is a String, which never "
                          "matches; write `valueType==\"1\"`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", issuer=="AttestationServices"] => permit();)")),
              ElementsAre("3:32 `\"AttestationServices\"` found issuer 'AttestationServices', which no claim has, so it never matches; did "
                          "you mean \"AttestationService\"?"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", issuer!="Microsoft"] => permit();)")),
              ElementsAre("3:32 `\"Microsoft\"` found issuer 'Microsoft', which no claim has, so it always differs; one of "
                          "\"AttestationService\", \"AttestationPolicy\", \"CustomClaim\""));
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", valueType=="integer"] => permit();)")),
      ElementsAre("3:35 `\"integer\"` found valueType 'integer', which no claim has, so it never matches; did you mean \"Integer\"?"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave,
                    Authorization(R"([type=="x-ms-sgx-svn", value==1, valueType=="Integer", issuer=="AttestationService"] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(=> add(type="level", value="high");
=> add(type="level", value=3);
[type=="level", value==3] => permit();)")),
              IsEmpty());
}

TEST(LintHex, IsLowerCaseWithoutPrefixAndWhole) {  // policy-language section 4
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.hex", type, text); };
  EXPECT_THAT(
      found(
          AttestationType::kSevSnpVm,
          Authorization(
              R"([type=="x-ms-sevsnpvm-reportid", value=="ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"] => permit();)")),
      ElementsAre(
          "3:41 `\"ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB\"` found upper-case hexadecimal compared with "
          "'x-ms-sevsnpvm-reportid', which never matches; write \"abababababababababababababababababababababababababababababababab\""));
  EXPECT_THAT(
      found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_xfam", value=="0x0000000000000003"] => permit();)")),
      ElementsAre(
          "3:27 `\"0x0000000000000003\"` found the prefix 0x compared with 'tdx_xfam', which never matches; write \"0000000000000003\""));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_xfam", value!="0xE7"] => permit();)")),
              ElementsAre("3:27 `\"0xE7\"` found the prefix 0x compared with 'tdx_xfam', which always differs; write 16 characters of "
                          "lower-case hexadecimal without prefix"));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_xfam", value=="e7"] => permit();)")),
              ElementsAre("3:27 `\"e7\"` found 2 characters compared with 'tdx_xfam', which never matches; write 16 characters of "
                          "lower-case hexadecimal without prefix"));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_xfam", value=="<your xfam here>"] => permit();)")),
              ElementsAre("3:27 `\"<your xfam here>\"` found a text that is no hexadecimal compared with 'tdx_xfam', which never matches; "
                          "write 16 characters of lower-case hexadecimal without prefix"));
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="tdx_xfam", value=="0000000000000003"] => permit();)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kTdxVm, Authorization(R"([type=="dbgstat", value=="DISABLED"] => permit();)")), IsEmpty());
}

TEST(LintConditionType, IsMissing) {  // policy-language section 2.9, A16
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.condition_type", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-is-debuggable"] && [value==true] => deny();)")),
              ElementsAre("3:37 `[value==true]` found a condition that names no claim type: it looks at the claims of every type; name the "
                          "one that is meant: `type==\"...\"`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type!="a"] => deny();)")),
              ElementsAre("3:1 `[type!=\"a\"]` found a condition that names no claim type: it looks at the claims of every type; name the "
                          "one that is meant: `type==\"...\"`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-svn"] && [type==c.value] => issue(type="a", value=1);)")),
              IsEmpty());
}

TEST(LintSeveralValues, ComparedWithNotEqualHoldTooSoon) {  // policy-language section 2.9, A15
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.several_values", type, text); };
  EXPECT_THAT(
      found(
          AttestationType::kAzureGuest,
          Issuance(
              R"(c:[type=="x-ms-azurevm-attested-pcrs"] && [type=="x-ms-azurevm-hvci-policy", value!=c.value] => issue(type="a", value=1);)")),
      ElementsAre(
          "4:78 `value!=c.value` found != against what may be several values: it holds as soon as one of them differs; compare with =="));
  EXPECT_THAT(
      found(AttestationType::kTpm,
            Issuance(R"(c:[type=="role", issuer=="CustomClaim"] && [type=="aikPubHash", value!=c.value] => issue(type="a", value=1);)",
                     "1.2")),
      ElementsAre("4:65 `value!=c.value` found != against what may be several values: it holds as soon as one of them differs; to say that "
                  "none is equal, negate the condition: `![..., value==...]`"));
  EXPECT_THAT(found(AttestationType::kTpm,
                    Issuance(R"(c:[type=="events"] && [type=="aikPubHash", value!=JsonToClaimValue(c.value)] => issue(type="a", value=1);)",
                             "1.2")),
              ElementsAre("4:44 `value!=JsonToClaimValue(c.value)` found != against what may be several values: it holds as soon as one of "
                          "them differs; to say that none is equal, negate the condition: `![..., value==...]`"));
  EXPECT_THAT(
      found(
          AttestationType::kAzureGuest,
          Issuance(R"(c:[type=="x-ms-azurevm-osbuild"] && [type=="x-ms-azurevm-osdistro", value!=c.value] => issue(type="a", value=1);)")),
      IsEmpty());
  EXPECT_THAT(
      found(
          AttestationType::kAzureGuest,
          Issuance(
              R"(c:[type=="x-ms-azurevm-attested-pcrs"] && [type=="x-ms-azurevm-hvci-policy", value==c.value] => issue(type="a", value=1);)")),
      IsEmpty());
}

}  // namespace
}  // namespace vidimus
