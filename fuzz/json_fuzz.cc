// JSON: what parses is written and read back the same, in either order.
#include "codec/json.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = ParseJson(AsText(Bytes(data, size)));
  if (!value) return 0;
  const std::string text = WriteJson(*value);
  const auto again = ParseJson(text);
  fuzz::Require(again && *again == *value, "written JSON reads back the same");
  const std::string sorted = WriteJson(*value, JsonOrder::kSorted);
  const auto resorted = ParseJson(sorted);
  fuzz::Require(resorted && WriteJson(*resorted) == sorted, "sorted JSON is sorted");
  // A text that ends in a bracket is closed by it and by nothing before it.
  const bool closed = value->AsArray() != nullptr || value->AsObject() != nullptr || value->AsString() != nullptr;
  if (closed) fuzz::Require(!ParseJson(text.substr(0, text.size() - 1)), "no prefix is accepted");
  return 0;
}
