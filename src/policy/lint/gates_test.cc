// What the linter says about what decides, and what comes near it without being it.
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

TEST(LintIssuer, IsMissingWhereAClientCouldHelpItself) {  // policy-language sections 2.2 and 2.3
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.issuer", type, text); };
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="secureBootEnabled", value==true] => permit();)")),
              ElementsAre("3:1 `[type==\"secureBootEnabled\", value==true]` found a condition on 'secureBootEnabled' that decides and "
                          "names no issuer: a claim that the client sends may meet it; add `issuer==\"AttestationService\"`"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="secureBootEnabled", value==true] => add(type="ok", value=true);
[type=="ok", value==true] => permit();)")),
              ElementsAre("3:1 `[type==\"secureBootEnabled\", value==true]` found a condition on 'secureBootEnabled' that decides and "
                          "names no issuer: a claim that the client sends may meet it; add `issuer==\"AttestationService\"`",
                          "4:1 `[type==\"ok\", value==true]` found a condition on 'ok' that decides and names no issuer: a claim that the "
                          "client sends may meet it; add `issuer==\"AttestationPolicy\"`"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"(![type=="aikValidated", value==true] => deny();)", "1.2")),
              ElementsAre("3:1 `![type==\"aikValidated\", value==true]` found a condition on 'aikValidated' that decides and names no "
                          "issuer: a claim that the client sends may meet it; add `issuer==\"AttestationService\"`"));
  EXPECT_THAT(
      found(AttestationType::kTpm, Authorization(R"([type=="secureBootEnabled", value==true, issuer=="AttestationService"] => permit();)")),
      IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="secureBootEnabled", value==false] => deny();)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Issuance(R"([type=="secureBootEnabled", value==true] => issue(type="a", value=1);)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-svn", value==3] => permit();)")), IsEmpty());
}

TEST(LintGateInIssuance, IsATestThatNoPermitDependsOn) {  // policy-language section 2.6
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.gate_in_issuance", type, text); };
  EXPECT_THAT(
      found(
          AttestationType::kSgxEnclave,
          Issuance(
              R"([type=="x-ms-sgx-svn", value==3] && [type=="x-ms-sgx-is-debuggable", value==false] => issue(type="good", value=true);)")),
      ElementsAre("4:37 `[type==\"x-ms-sgx-is-debuggable\", value==false]` found a test of 'x-ms-sgx-is-debuggable' in issuancerules only, "
                  "which cannot refuse: the token is issued whatever comes of it; move the conditions to the permit, unless relying "
                  "parties look for the claim that the rule issues"));
  EXPECT_THAT(
      found(AttestationType::kTdxVm, Issuance(R"(c:[type=="tdx_mrtd"] => add(type="image", value=c.value);
[type=="image", value=="a"] => issue(type="good", value=true);)")),
      ElementsAre(
          "5:1 `[type==\"image\", value==\"a\"]` found a test of 'image' in issuancerules only, which cannot refuse: the token is issued "
          "whatever comes of it; move the conditions to the permit, unless relying parties look for the claim that the rule issues"));
  EXPECT_THAT(
      found(
          AttestationType::kSgxEnclave,
          R"(version=1.0;authorizationrules{[type=="x-ms-sgx-is-debuggable", value==true] => deny(); => permit();};issuancerules{[type=="x-ms-sgx-is-debuggable", value==false] => issue(type="a", value=1);};)"),
      IsEmpty());
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, Issuance(R"(c:[type=="x-ms-sgx-mrenclave"] => issue(type="sgx-mrenclave", value=c.value);)")),
      IsEmpty());
}

TEST(LintPermitByAbsence, IsADenyOfAClaimThatNeedNotBeThere) {  // policy-language section 8
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.permit_by_absence", type, text); };
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"([type=="secureboot", value==false] => deny();
=> permit();)")),
              ElementsAre("3:1 `[type==\"secureboot\", value==false]` found a deny for a value of 'secureboot', which lets pass what does "
                          "not have the claim at all; demand `[type==\"secureboot\", value==true]` in the permit"));
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"([type=="x-ms-azurevm-ostype", value!="Windows"] => deny();
=> permit();)",
                                                                "1.2")),
              ElementsAre("3:1 `[type==\"x-ms-azurevm-ostype\", value!=\"Windows\"]` found a deny for a value of 'x-ms-azurevm-ostype', "
                          "which lets pass what does not have the claim at all; demand `[type==\"x-ms-azurevm-ostype\", "
                          "value==\"Windows\"]` in the permit, or write `![type==\"x-ms-azurevm-ostype\", value==\"Windows\"] => deny()`"));
  EXPECT_THAT(
      found(AttestationType::kAzureGuest, Authorization(R"(![type=="x-ms-azurevm-kerneldebug-enabled", value==true] => permit();)", "1.2")),
      ElementsAre("3:1 `![type==\"x-ms-azurevm-kerneldebug-enabled\", value==true]` found a permit for not having "
                  "'x-ms-azurevm-kerneldebug-enabled': it is also for what says nothing of it; demand what the claim is to be: "
                  "`[type==\"x-ms-azurevm-kerneldebug-enabled\", value==false]`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(=> add(type="bad", value=1);
![type=="bad"] => permit();)",
                                                                "1.2")),
              ElementsAre("4:1 `![type==\"bad\"]` found a permit for not having 'bad': it is also for what says nothing of it; demand what "
                          "the claim is to be: `[type==\"bad\", ...]`"));
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"([type=="secureboot", value==false] => deny();
[type=="secureboot", value==true] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"(![type=="secureboot", value==true] => deny();
=> permit();)",
                                                                "1.2")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-is-debuggable", value==true] => deny();
=> permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(![type=="x-ms-sgx-is-debuggable", value==true] => permit();)", "1.2")),
              IsEmpty());
}

TEST(LintDebugUntested, NamesTheFirstPermitThatNoDebugTestStandsBefore) {  // policy-language section 4
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.debug_untested", type, text); };
  EXPECT_THAT(found(AttestationType::kSgxEnclave,
                    Authorization(R"([type=="x-ms-sgx-is-debuggable", value==false] && [type=="x-ms-sgx-svn", value==3] => permit();
[type=="x-ms-sgx-svn", value==4] => permit();)")),
              ElementsAre("4:1 `[type==\"x-ms-sgx-svn\", value==4] => permit()` found a permit that no test of a debug claim stands "
                          "before: who can debug the workload can read its secrets; test 'x-ms-sgx-is-debuggable' in its conditions"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="x-ms-sgx-is-debuggable"] => permit();)")),
              ElementsAre("3:1 `[type==\"x-ms-sgx-is-debuggable\"] => permit()` found a permit that no test of a debug claim stands "
                          "before: who can debug the workload can read its secrets; test 'x-ms-sgx-is-debuggable' in its conditions"));
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"([type=="enclaveSvn", value==2] => permit();)", "1.2")),
              ElementsAre("3:1 `[type==\"enclaveSvn\", value==2] => permit()` found a permit that no test of a debug claim stands before: "
                          "who can debug the workload can read its secrets; test 'enclaveFlags' in its conditions"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"([type=="$is-debuggable", value==false] => permit();)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(=> permit();
[type=="x-ms-sgx-is-debuggable", value==true] => deny();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSgxEnclave, Authorization(R"(c:[type=="x-ms-sgx-is-debuggable"] => add(type="d", value=c.value);
[type=="d", value==false] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"(=> permit();)", "1.2")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"()")), IsEmpty());
}

TEST(LintNoMeasurement, IsAPolicyThatPermitsAnyWorkload) {  // policy-language section 4
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.no_measurement", type, text); };
  EXPECT_THAT(found(AttestationType::kSevSnpVm, Authorization(R"([type=="x-ms-sevsnpvm-guestsvn", value==3] => permit();
=> permit();)")),
              ElementsAre("3:1 `[type==\"x-ms-sevsnpvm-guestsvn\", value==3] => permit()` found no permit that depends on a measurement: "
                          "any workload on such a platform is permitted; test 'x-ms-sevsnpvm-launchmeasurement' in its conditions"));
  EXPECT_THAT(found(AttestationType::kSevSnpVm, Authorization(R"([type=="x-ms-sevsnpvm-launchmeasurement", value=="a"] => permit();
[type=="x-ms-sevsnpvm-guestsvn", value==3] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kSevSnpVm, Authorization(R"([type=="x-ms-sevsnpvm-hostdata", value=="a"] => add(type="ok", value=1);
[type=="ok"] => permit();)")),
              IsEmpty());
  EXPECT_THAT(found(AttestationType::kAzureGuest, Authorization(R"(=> permit();)")), IsEmpty());
  EXPECT_THAT(found(AttestationType::kTpm, Authorization(R"(=> permit();)", "1.2")), IsEmpty());
}

}  // namespace
}  // namespace vidimus
