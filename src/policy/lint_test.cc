// The linter as a whole: the text, published policies, and what it costs.
#include "policy/lint.h"

#include <chrono>
#include <functional>

#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/default_policies.h"
#include "tests/support/lint_findings.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using testing::Authorization;
using testing::Codes;
using ::testing::ElementsAre;
using testing::Findings;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(LintKeywordCase, IsLower) {  // policy-language section 2.9, A9
  const auto found = [](AttestationType type, const std::string& text) { return Findings("lint.keyword_case", type, text); };
  EXPECT_THAT(
      found(AttestationType::kSgxEnclave, "Version=1.0;\nauthorizationRules{};\nISSUANCERULES{};"),
      ElementsAre(
          "1:1 `Version` found the keyword 'Version', which other readers may refuse in this case; write `version`",
          "2:1 `authorizationRules` found the keyword 'authorizationRules', which other readers may refuse in this case; write "
          "`authorizationrules`",
          "3:1 `ISSUANCERULES` found the keyword 'ISSUANCERULES', which other readers may refuse in this case; write `issuancerules`"));
  EXPECT_THAT(found(AttestationType::kSgxEnclave, "// Version\nversion=1.0;authorizationrules{};"), IsEmpty());
}

TEST(LintByteOrderMark, CountsForTheHash) {  // policy-language section 1.1
  EXPECT_THAT(
      Findings("lint.byte_order_mark", AttestationType::kTpm, "\xef\xbb\xbfversion=1.0;authorizationrules{};"),
      ElementsAre("1:1 `\xef\xbb\xbf` found a byte order mark before the policy: it counts for the policy's hash, and other readers "
                  "may refuse it; save the file as UTF-8 without byte order mark"));
  EXPECT_THAT(Codes(AttestationType::kTpm, "version=1.0;authorizationrules{};"), IsEmpty());
}

TEST(LintPublishedPolicies, SayThatDefaultsPermitAnything) {  // policy-language section 5.1
  VIDIMUS_REQUIRE_VECTORS();
  for (const AttestationType type :
       {AttestationType::kSgxEnclave, AttestationType::kOpenEnclave, AttestationType::kSevSnpVm, AttestationType::kTdxVm})
    EXPECT_THAT(Codes(type, DefaultPolicy(type)), UnorderedElementsAre("lint.debug_untested", "lint.no_measurement"));
  EXPECT_THAT(Codes(AttestationType::kAzureGuest, DefaultPolicy(AttestationType::kAzureGuest)),
              ::testing::AllOf(::testing::SizeIs(6), ::testing::Each("lint.permit_by_absence")));
  EXPECT_THAT(Codes(AttestationType::kTpm, DefaultPolicy(AttestationType::kTpm)), IsEmpty());
}

// Read by hand: each finding is one that its author would want.
TEST(LintPublishedPolicies, FindWhatTheirAuthorsMissed) {
  VIDIMUS_REQUIRE_VECTORS();
  const std::vector<std::string> kLegacy = {"lint.always_true", "lint.condition_type", "lint.old_name", "lint.old_name",
                                            "lint.old_name",    "lint.old_name",       "lint.old_name", "lint.old_name"};
  const std::tuple<AttestationType, const char*, std::vector<std::string>> kPolicies[] = {
      {AttestationType::kSgxEnclave, "sgx-always-encrypted", {}},
      {AttestationType::kSgxEnclave, "sgx-multi-enclave", {"lint.hex", "lint.hex"}},
      {AttestationType::kSgxEnclave, "sgx-legacy-signed-jwt", kLegacy},
      {AttestationType::kSgxEnclave, "thomvanl-isolated-duplicate-tee", {"lint.debug_untested", "lint.no_measurement", "lint.shadowed"}},
      {AttestationType::kSgxEnclave,
       "azurecli-text-sgx",
       {"lint.hex", "lint.old_name", "lint.old_name", "lint.old_name", "lint.reserved_name", "lint.unknown_claim", "lint.unknown_claim"}},
      {AttestationType::kTpm, "tpm-1.0-platform-attested", {"lint.gate_in_issuance"}},
      {AttestationType::kTpm, "tpm-1.2-boot-properties", {}},
      {AttestationType::kTpm, "tpm-1.2-windows-security", {"lint.unreachable"}},
      {AttestationType::kTpm, "tpm-1.2-pcr-match", {"lint.issuer", "lint.issuer", "lint.issuer", "lint.issuer"}},
      {AttestationType::kTpm, "tpm-issue-all-events", {}},
      {AttestationType::kTpm, "azuresamples-deny-all", {"lint.always_true"}},
  };
  for (const auto& [type, name, codes] : kPolicies)
    EXPECT_THAT(Codes(type, AsText(testing::ReadVector(std::string("policy/real-world/") + name + ".txt"))),
                ::testing::UnorderedElementsAreArray(codes))
        << name;
}

std::string Repeated(size_t count, const std::function<std::string(size_t)>& rule) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += rule(i) + "\n";
  return out;
}

TEST(LintCost, OfAPolicyOfAsManyRulesAsThereMayBeIsAboutASecondAtMost) {
  const auto number = [](size_t i) { return std::to_string(i); };
  const std::pair<const char*, std::string> kPolicies[] = {
      {"alternatives",
       Repeated(limits::kPolicyRules, [&](size_t i) { return "[type==\"x-ms-sgx-svn\",value==" + number(i) + "]=>permit();"; })},
      {"the same permit", Repeated(limits::kPolicyRules, [](size_t) { return "[type==\"x-ms-sgx-svn\",value==1]=>permit();"; })},
      {"unknown claims", Repeated(limits::kPolicyRules, [&](size_t i) { return "[type==\"claim-" + number(i) + "\"]=>permit();"; })},
      {"a chain",
       Repeated(limits::kPolicyRules,
                [&](size_t i) { return "c:[type==\"" + number(i) + "\"]=>add(type=\"" + number(i + 1) + "\",value=c.value);"; })},
      {"a grid", Repeated(limits::kPolicyRules, [&](size_t i) {
         return "[type==\"a\",value==" + number(i % 128) + "]&&[type==\"b\",value==" + number(i / 128) + "]=>permit();";
       })}};
  for (const auto& [name, rules] : kPolicies) {
    const std::string text = Authorization(rules);
    const Compilation compilation = Compile(text);
    ASSERT_TRUE(compilation.program) << name;
    Diagnostics diagnostics;
    const auto begin = std::chrono::steady_clock::now();
    LintPolicy(text, compilation, AttestationType::kSgxEnclave, diagnostics);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(taken.count(), 10) << name;  // generous: sanitizers and busy machines
    RecordProperty(name, std::to_string(taken.count()));
    EXPECT_LE(diagnostics.all().size(), limits::kPolicyDiagnostics) << name;
  }
}

// limits::kLintComparisons
TEST(LintCost, EndsTheSearchForSuperfluousRulesThatHaveMuchInCommon) {
  const auto shadowed = [](size_t side) {
    std::string rules = Repeated(side * side, [&](size_t i) {
      return "[type==\"a\",value==" + std::to_string(i % side) + "]&&[type==\"b\",value==" + std::to_string(i / side) + "]=>permit();";
    });
    rules += "[type==\"a\",value==1]&&[type==\"b\",value==1]=>permit();";
    size_t count = 0;
    const std::string text = Authorization(rules);
    const Compilation compilation = Compile(text);
    Diagnostics diagnostics;
    // Each rule names claims that no SgxEnclave has: those findings come later.
    LintPolicy(text, compilation, AttestationType::kSgxEnclave, diagnostics);
    for (const Diagnostic& one : diagnostics.all()) count += one.code == "lint.shadowed";
    return count;
  };
  EXPECT_EQ(shadowed(8), 1);
  EXPECT_EQ(shadowed(120), 0);
}

// limits::kLintWords
TEST(LintCost, ComparesAMisspeltNameWithSoManyNamesAndNoMore) {
  const auto hints = [](size_t before) {
    return Findings("lint.unreachable", AttestationType::kSgxEnclave,
                    Authorization(Repeated(before, [](size_t i) { return "=> add(type=\"" + std::to_string(i) + "\", value=1);"; }) +
                                  "=> add(type=\"ready\", value=1);\n[type==\"raedy\", issuer==\"AttestationPolicy\"] => permit();"));
  };
  EXPECT_THAT(hints(limits::kLintWords - 1), ElementsAre(::testing::EndsWith("; did you mean \"ready\"?")));
  EXPECT_THAT(hints(limits::kLintWords), ElementsAre(::testing::EndsWith("; make it with add in an earlier rule")));
}

TEST(LintFindings, AreThoseOfTheWholePolicyFirstWhenThereAreTooMany) {
  const auto codes = Codes(
      AttestationType::kSgxEnclave,
      Authorization(Repeated(limits::kPolicyDiagnostics, [](size_t i) { return "[type==\"x" + std::to_string(i) + "\"] => permit();"; })));
  EXPECT_EQ(codes.size(), limits::kPolicyDiagnostics);
  EXPECT_THAT(codes, ::testing::Contains("lint.debug_untested"));
  EXPECT_THAT(codes, ::testing::Contains("lint.no_measurement"));
}

}  // namespace
}  // namespace vidimus
