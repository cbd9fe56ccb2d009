// What holds for every policy, tried on random ones. RC_PARAMS="seed=1 max_success=100000" repeats or extends a run.
#include <rapidcheck.h>

#include <gtest/gtest.h>

#include "policy/compile.h"
#include "policy/diff.h"
#include "policy/explanation.h"
#include "policy/formatter.h"
#include "tests/support/policy_generator.h"
#include "tests/support/reference_evaluator.h"

namespace vidimus {
namespace {

using testing::PolicyGenerator;
using testing::ReferenceDecision;
using testing::ReferenceEvaluator;

constexpr int kChoices = 1500;
constexpr int kSamples = 40;  // of each of rapidcheck's runs, of which there are 100 unless RC_PARAMS says otherwise

struct Sample {
  std::string text;
  Compilation compiled;
  ClaimSet claims;
};

Sample Draw() {
  // A row of numbers makes every choice and is followed by noughts: the library shrinks it, and with it the policy.
  const auto row =
      *rc::gen::resize(kChoices, rc::gen::container<std::vector<uint16_t>>(rc::gen::resize(100, rc::gen::arbitrary<uint16_t>())));
  size_t at = 0;
  PolicyGenerator generator([&](size_t end) { return at < row.size() ? row[at++] % end : 0; });
  Sample out;
  out.text = generator.Policy();
  out.claims = generator.Claims();
  out.compiled = Compile(out.text);
  RC_LOG() << out.text << "\n";
  for (const Claim& claim : out.claims)
    RC_LOG() << claim.type << " = " << WriteJson(ClaimValueToJson(claim.value)) << " by " << ClaimIssuerName(claim.issuer)
             << (claim.read_only ? ", read-only\n" : "\n");
  RC_ASSERT(out.compiled.program.has_value());
  return out;
}

bool Same(const Result<Decision>& a, const Result<Decision>& b) {
  if (a.has_value() != b.has_value()) return false;
  if (!a) return a.error().where == b.error().where;
  return a->reason == b->reason && a->issued == b->issued && a->properties == b->properties;
}

bool Check(const std::string& what, const std::function<void(const Sample&)>& holds) {
  return rc::check(what, [&] {
    for (int i = 0; i < kSamples; ++i) holds(Draw());
  });
}

TEST(PolicyProperties, EvaluationByIndexDecidesAsTheSpecificationRead) {
  EXPECT_TRUE(Check("index-driven evaluation equals the reference", [](const Sample& sample) {
    const auto found = Evaluate(*sample.compiled.program, sample.claims);
    const ReferenceDecision expected = ReferenceEvaluator::Decide(*sample.compiled.program, sample.claims);
    RC_ASSERT((found ? std::string() : std::string(found.error().where)) == expected.error);
    if (!found) return;
    RC_ASSERT(found->reason == expected.reason);
    RC_ASSERT(found->issued == expected.issued);
    RC_ASSERT(found->properties == expected.properties);
  }));
}

TEST(PolicyProperties, FormattingChangesNoDecision) {
  EXPECT_TRUE(Check("the formatter is idempotent and keeps the program", [](const Sample& sample) {
    const std::string once = FormatPolicy(sample.text, *sample.compiled.syntax);
    const Compilation formatted = Compile(once);
    RC_LOG() << once;
    RC_ASSERT(formatted.program.has_value());
    RC_ASSERT(FormatPolicy(once, *formatted.syntax) == once);
    RC_ASSERT(formatted.syntax->comments.size() == sample.compiled.syntax->comments.size());
    RC_ASSERT(DiffRules(*sample.compiled.program, *formatted.program).empty());
    RC_ASSERT(Same(Evaluate(*sample.compiled.program, sample.claims), Evaluate(*formatted.program, sample.claims)));
  }));
}

TEST(PolicyProperties, ExplainingChangesNoDecision) {
  EXPECT_TRUE(Check("an explanation holds the decision", [](const Sample& sample) {
    const Explanation explanation = Explain(*sample.compiled.program, sample.claims);
    const auto decided = Evaluate(*sample.compiled.program, sample.claims);
    RC_ASSERT(explanation.decision.has_value() == decided.has_value());
    RC_ASSERT(explanation.error.has_value() != decided.has_value());
    RC_ASSERT(Same(decided, explanation.decision ? Result<Decision>(*explanation.decision) : tl::unexpected(*explanation.error)));
  }));
}

TEST(PolicyProperties, EvaluationEndsWithinItsSteps) {
  EXPECT_TRUE(Check("the answer is the decision or policy.steps", [](const Sample& sample) {
    Program program = *sample.compiled.program;
    const auto whole = Evaluate(program, sample.claims);
    bool decided = false;
    for (size_t limit = 0; limit < 160; limit += 1 + limit / 4) {
      program.step_limit = limit;
      const auto limited = Evaluate(program, sample.claims);
      const bool out_of_steps = !limited && limited.error().where == "policy.steps" && limited.error().code == ErrorCode::kLimit;
      RC_ASSERT(out_of_steps || Same(limited, whole));
      RC_ASSERT(!(decided && out_of_steps));  // more steps never decide less
      decided = decided || !out_of_steps;
    }
  }));
}

}  // namespace
}  // namespace vidimus
