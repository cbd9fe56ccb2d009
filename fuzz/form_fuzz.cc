// Forms: no more fields than the limit, and decoded ones never longer than what was sent.
#include "base/limits.h"
#include "codec/form.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const auto form = ParseForm(text);
  if (!form) return 0;
  fuzz::Require(form->size() <= limits::kFormFields, "no more fields than the limit");
  size_t decoded = 0;
  for (const auto& [name, value] : *form) decoded += name.size() + value.size();
  fuzz::Require(decoded <= size, "decoding never grows");
  return 0;
}
