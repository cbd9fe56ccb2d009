// Policies that anyone may have tried: the answers, and the limits (as of drafts).
#include "service/policy_trial.h"

#include <future>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "token/attestation_claims.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

const std::string kPolicy =
    "version=1.1;\nauthorizationrules { [type==\"a\", value==1] => permit(); };\nissuancerules { => issue(type=\"b\", value=2); };";

using UseCase = void (PolicyTrials::*)(PolicyTrialRequest, PolicyTrials::Done) const;

Result<Json> Ask(UseCase use_case, std::string policy, int64_t value = 1, bool with_trace = false) {
  static const PolicyTrials trials;
  PolicyTrialRequest request;
  request.policy = std::move(policy);
  request.claims = {{"a", value}};
  request.with_trace = with_trace;
  std::promise<Result<Json>> answer;
  (trials.*use_case)(std::move(request), [&](Result<Json> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

Result<Json> Check(std::string policy) { return Ask(&PolicyTrials::Check, std::move(policy)); }
Result<Json> Evaluate(std::string policy, int64_t value = 1, bool with_trace = false) {
  return Ask(&PolicyTrials::Evaluate, std::move(policy), value, with_trace);
}
std::string Member(const Result<Json>& report, std::string_view name) { return WriteJson(*report->Find(name)); }

std::string OfRules(size_t count) {
  std::string out = "version=1.0;authorizationrules{";
  for (size_t i = 0; i < count; ++i) out += "=>permit();";
  return out + "};";
}

TEST(PolicyTrials, CheckSaysTheVersionAndHashOfAPolicyThatIsOne) {
  const auto report = Check(kPolicy);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(Member(report, "valid"), "true");
  EXPECT_EQ(Member(report, "version"), "\"1.1\"");
  EXPECT_EQ(Member(report, "hash"), "\"" + PolicyHash(kPolicy) + "\"");
  EXPECT_EQ(*Check(UnsecuredPolicy(kPolicy)), *report);
}

TEST(PolicyTrials, CheckPointsToWhatIsWrong) {
  const auto report = Check("version=1.0;\nauthorizationrules { => permit() };");
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(Member(report, "valid"), "false");
  EXPECT_EQ(Member(report, "version"), "null");
  const Json& first = report->Find("diagnostics")->AsArray()->front();
  EXPECT_EQ(*first.Find("code")->AsString(), "policy.syntax");
  EXPECT_EQ(WriteJson(*first.Find("line")), "2");
}

TEST(PolicyTrials, EvaluateReportsPermitsDenialsAndPoliciesThatAreNone) {
  EXPECT_EQ(Member(Evaluate(kPolicy), "outcome"), "\"permit\"");
  EXPECT_EQ(Member(Evaluate(kPolicy), "claims"), R"({"b":2})");
  EXPECT_EQ(Evaluate(kPolicy)->Find("trace"), nullptr);
  EXPECT_EQ(Member(Evaluate(kPolicy, 2), "outcome"), "\"deny\"");
  EXPECT_EQ(Member(Evaluate(kPolicy, 2), "reason"), "\"no_permit\"");
  EXPECT_NE(Evaluate(kPolicy, 2, true)->Find("trace"), nullptr);
  EXPECT_EQ(Member(Evaluate("nonsense"), "outcome"), "\"upload_error\"");
}

TEST(PolicyTrials, HaveALimitOfSize) {
  for (const auto& ask : {Check, +[](std::string policy) { return Evaluate(std::move(policy)); }}) {
    EXPECT_TRUE(ask(kPolicy + std::string(limits::kDraftPolicyBytes - kPolicy.size(), ' ')));
    EXPECT_EQ(ask(kPolicy + std::string(limits::kDraftPolicyBytes - kPolicy.size() + 1, ' ')).error().where, "policy.size");
    EXPECT_EQ(ask("ey..").error().where, "token.jws.header");
  }
}

TEST(PolicyTrials, HaveALimitOfRules) {
  for (const auto& ask : {Check, +[](std::string policy) { return Evaluate(std::move(policy)); }}) {
    EXPECT_TRUE(ask(OfRules(limits::kDraftPolicyRules)));
    EXPECT_EQ(ask(OfRules(limits::kDraftPolicyRules + 1)).error().where, "policy.rules");
  }
}

TEST(PolicyTrials, HaveALimitOfSteps) {
  const std::string policy =
      "version=1.0;authorizationrules{x:[type==\"a\"]&&y:[type==\"a\",value==x.value]&&[type==\"a\",value==y.value]=>permit();};";
  EXPECT_EQ(Member(Evaluate(policy), "outcome"), "\"permit\"");
  const PolicyTrials trials;
  PolicyTrialRequest request;
  request.policy = policy;
  for (int64_t i = 0; i < 1000; ++i) request.claims.push_back({"a", i});  // half a million comparisons
  std::promise<Result<Json>> answer;
  trials.Evaluate(std::move(request), [&](Result<Json> result) { answer.set_value(std::move(result)); });
  const Result<Json> report = answer.get_future().get();
  EXPECT_EQ(Member(report, "outcome"), "\"evaluation_error\"");
  EXPECT_EQ(Member(report, "reason"), "\"policy.steps\"");
}

TEST(PolicyTrials, RefuseWhenTooManyWait) {
  PolicyTrialRequest request;
  request.policy = kPolicy;
  size_t answered = 0;  // by the pool's one thread
  std::string_view where;
  std::promise<void> running, go;
  {
    const PolicyTrials trials;
    trials.Check(request, [&](const Result<Json>&) {
      running.set_value();
      go.get_future().wait();
    });
    running.get_future().wait();
    for (size_t i = 0; i < limits::kQueuedTrials; ++i)
      trials.Check(request, [&](const Result<Json>& report) { answered += report ? 1 : 0; });
    trials.Check(request, [&](const Result<Json>& report) { where = report.error().where; });
    go.set_value();
  }
  EXPECT_EQ(where, "service.busy");
  EXPECT_EQ(answered, limits::kQueuedTrials);
}

}  // namespace
}  // namespace vidimus
