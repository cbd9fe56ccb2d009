#include "policy/test_run.h"

#include <algorithm>

namespace vidimus {
namespace {

// Values as a set: one value and a list of one are the same, and so are lists in another order.
std::vector<std::string> ValuesOf(const Json* json) {
  std::vector<std::string> out;
  if (json == nullptr) return out;
  if (json->AsArray() == nullptr) return {WriteJson(*json)};
  for (const Json& one : *json->AsArray()) out.push_back(WriteJson(one));
  std::sort(out.begin(), out.end());
  return out;
}

std::string Show(const Json* json) { return json == nullptr || json->is_null() ? "none" : Shortened(WriteJson(*json), 300); }

void Compare(std::string what, const Json& expected, const Json* found, std::vector<PolicyTestDifference>& out) {
  if (found == nullptr || *found != expected) out.push_back({std::move(what), Show(&expected), Show(found)});
}

// `expected` names all there may be.
void CompareMade(const std::string& what, const Json& expected, const Json& found, std::vector<PolicyTestDifference>& out) {
  for (const auto& [name, value] : *expected.AsObject())
    if (const Json* one = found.Find(name); ValuesOf(one) != ValuesOf(&value)) out.push_back({what + " " + name, Show(&value), Show(one)});
  for (const auto& [name, value] : *found.AsObject())
    if (expected.Find(name) == nullptr) out.push_back({what + " " + name, "none", Show(&value)});
}

std::vector<PolicyTestDifference> DifferencesOf(const PolicyExpectation& expect, const Json& report) {
  std::vector<PolicyTestDifference> out;
  Compare("outcome", expect.outcome, report.Find("outcome"), out);
  if (expect.reason) Compare("reason", *expect.reason, report.Find("reason"), out);
  if (expect.rule_line) {
    const Json* line = report.Find("rule")->Find("line");
    const bool same = line != nullptr && WriteJson(*line) == std::to_string(*expect.rule_line);
    if (!same) out.push_back({"rule_line", std::to_string(*expect.rule_line), Show(line)});
  }
  if (expect.claims) CompareMade("claim", *expect.claims, *report.Find("claims"), out);
  if (expect.properties) CompareMade("property", *expect.properties, *report.Find("properties"), out);
  return out;
}

// The claims of a test. Error: that of evidence which does not verify.
Result<ClaimSet> ClaimsOf(const PolicyTest& test, const Program& program) {
  if (test.claims) return *test.claims;
  const Appraisal appraisal = AppraiseOffline(*test.evidence, program);
  if (!appraisal.verified) return tl::unexpected(*appraisal.error);
  return appraisal.verified->incoming();
}

PolicyTestResult RunTest(const PolicyTest& test, PolicyUnderTest& policy) {
  if (const auto& program = policy.trial.compilation.program) {
    const auto claims = ClaimsOf(test, *program);
    if (!claims) {
      const std::string found = std::string(claims.error().where) + ": " + claims.error().detail;
      return {test.name, {{"evidence", "evidence that verifies", found}}, "the policy was not asked"};
    }
    policy.trial.explanation = Explain(*program, *claims);
    // For the coverage alone: an error is the explanation's too.
    static_cast<void>(Evaluate(*program, *claims, policy.coverage.get()));
  }
  const Json report = TrialReport(policy.text, policy.trial, false);
  return {test.name, DifferencesOf(test.expect, report), *report.Find("message")->AsString()};
}

}  // namespace

PolicyUnderTest& PolicyTestRunner::PolicyOf(const PolicyTestFile& file) {
  for (const auto& one : policies_)
    if (one->path == file.policy) return *one;
  auto policy = std::make_unique<PolicyUnderTest>();
  policy->path = file.policy;
  policy->text = file.policy_text;
  policy->trial.compilation = Compile(policy->text);
  if (policy->trial.compilation.program) policy->coverage = std::make_unique<RuleCoverage>(*policy->trial.compilation.program);
  policies_.push_back(std::move(policy));
  return *policies_.back();
}

std::vector<PolicyTestResult> PolicyTestRunner::Run(const PolicyTestFile& file) {
  PolicyUnderTest& policy = PolicyOf(file);
  std::vector<PolicyTestResult> out;
  for (const PolicyTest& test : file.tests) out.push_back(RunTest(test, policy));
  return out;
}

}  // namespace vidimus
