// Bodies of policies:check and policies:evaluate.
#include "api/policy_body.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = AsText(Bytes(data, size));
  const auto check = ReadCheckBody(body);
  if (check) {
    fuzz::Require(check->policy.size() < size, "a policy is shorter than its JSON");
    fuzz::Require(check->claims.empty() && !check->with_trace, "a check has no claims");
  }
  const auto evaluate = ReadEvaluateBody(body);
  if (!evaluate) return 0;
  fuzz::Require(!check, "claims make it another request");
  fuzz::Require(evaluate->policy.size() < size, "a policy is shorter than its JSON");
  fuzz::Require(evaluate->claims.size() <= limits::kClaims, "claims are bounded");
  return 0;
}
