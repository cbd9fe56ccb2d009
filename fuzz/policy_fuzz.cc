// Policies from text to decision: parser, checker, evaluator, functions and the explanation of what came out.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "policy/compile.h"
#include "policy/explanation.h"

using namespace vidimus;

namespace {

const ClaimSet& Claims() {
  static const ClaimSet claims = {
      {"x-ms-sgx-is-debuggable", false},
      {"x-ms-sgx-svn", int64_t{3}},
      {"x-ms-sgx-mrsigner", std::string("ab")},
      {"events", std::string(R"({"Events":[{"EventSeq":1,"ProcessedData":{"a":"b"}},{"EventSeq":2}]})")},
      {"pcrs", std::string(R"({"PCRs":[{"Index":0,"Digests":{"SHA256":"4c83"}}]})"), ClaimIssuer::kAttestationService, true},
      {"a", int64_t{1}},
      {"a", std::string("1")},
      {"b", true, ClaimIssuer::kCustomClaim}};
  return claims;
}

bool Same(const Result<Decision>& a, const Result<Decision>& b) {
  if (!a || !b) return !a && !b && a.error().where == b.error().where;
  return a->reason == b->reason && a->rule == b->rule && a->issued == b->issued && a->properties == b->properties;
}

Result<Decision> DecisionOf(Explanation explanation) {
  if (explanation.error) return tl::unexpected(*std::move(explanation.error));
  return *std::move(explanation.decision);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Compilation compilation = Compile(AsText(Bytes(data, size)));
  fuzz::Require(compilation.program.has_value() != compilation.diagnostics.has_errors(), "what has no program has an error");
  if (!compilation.program) return 0;
  Program& program = *compilation.program;
  program.step_limit = limits::kDraftPolicySteps;
  const auto first = Evaluate(program, Claims());
  fuzz::Require(Same(first, Evaluate(program, Claims())), "evaluation is a function");
  const Explanation explanation = Explain(program, Claims());
  fuzz::Require(Same(first, DecisionOf(explanation)), "looking changes nothing");
  fuzz::Require(!ExplainInWords(program, explanation).empty(), "every decision can be explained");
  if (!first) return 0;
  fuzz::Require(first->issued.size() <= limits::kClaims && first->properties.size() <= limits::kClaims, "claims are bounded");
  fuzz::Require(first->permitted() || first->issued.empty(), "nothing is issued without a permit");
  for (const Claim& claim : first->issued) fuzz::Require(!claim.read_only, "nothing read-only is issued");
  return 0;
}
