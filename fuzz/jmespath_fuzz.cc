// JMESPath: input is a query, a NUL and a JSON text. What parses selects the same twice, within its steps and the limit of depth.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "policy/jmespath/jmespath.h"

using namespace vidimus;

namespace {

constexpr size_t kSteps = limits::kDraftPolicySteps;

// Every step pays for one value or 16 octets at most, and an escape writes six octets for one.
constexpr size_t kOctetsPerStep = 16 * 6 + 32;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = AsText(Bytes(data, size));
  const size_t nul = input.find('\0');
  const auto json = ParseJson(nul == std::string_view::npos ? "null" : input.substr(nul + 1));
  const auto query = JmesPath::Parse(input.substr(0, nul));
  if (!query || !json) return 0;
  Steps steps(kSteps);
  Steps again(kSteps);
  const auto first = query->Search(*json, steps);
  const auto second = query->Search(*json, again);
  fuzz::Require(first.has_value() == second.has_value() && steps.left() == again.left(), "selection is a function");
  fuzz::Require(!steps.exhausted() || (!first && first.error().where == "jmespath.steps"), "a search ends with its steps");
  if (!first) return 0;
  fuzz::Require(*first == *second, "selection is a function");
  const std::string text = WriteJson(*first);
  fuzz::Require(text.size() <= (kSteps - steps.left()) * kOctetsPerStep, "what is selected was paid for");
  // ParseJson refuses what nests deeper than limits::kJsonDepth and what is larger than a JSON text may be.
  const auto read = ParseJson(text);
  fuzz::Require(text.size() > limits::kJsonBytes || (read && *read == *first), "what is selected can be read back");
  return 0;
}
