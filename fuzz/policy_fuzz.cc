// Policies: what parses evaluates to the same decision twice, within its limits.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "policy/evaluator.h"
#include "policy/parser.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ClaimSet claims = {
      {"x-ms-sgx-is-debuggable", false}, {"x-ms-sgx-svn", int64_t{3}},          {"x-ms-sgx-mrsigner", std::string("ab")}, {"a", int64_t{1}},
      {"a", std::string("1")},           {"b", true, ClaimIssuer::kCustomClaim}};
  const auto program = ParsePolicy(AsText(Bytes(data, size)));
  if (!program) return 0;
  const auto first = Evaluate(*program, claims);
  const auto second = Evaluate(*program, claims);
  fuzz::Require(first.has_value() == second.has_value(), "evaluation is a function");
  if (!first) return 0;
  fuzz::Require(first->reason == second->reason && first->issued == second->issued && first->properties == second->properties,
                "evaluation is a function");
  fuzz::Require(first->issued.size() <= limits::kClaims && first->properties.size() <= limits::kClaims, "claims are bounded");
  fuzz::Require(first->permitted() || first->issued.empty(), "nothing is issued without a permit");
  return 0;
}
