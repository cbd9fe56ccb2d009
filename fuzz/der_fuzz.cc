// DER: an element's length has one spelling, and elements cover the input without gaps.
#include "codec/der.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

namespace {

// Octets that the header of a value of `size` octets takes in the shortest form.
size_t HeaderSize(size_t size) {
  size_t out = 2;
  if (size >= 0x80)
    for (; size > 0; size >>= 8) ++out;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  size_t offset = 0;
  for (DerReader reader(input); !reader.empty();) {
    DerReader number = reader;
    if (const auto value = number.ReadUnsigned()) fuzz::Require(value->empty() || (*value)[0] != 0, "no leading zeros");
    const auto element = reader.Read();
    if (!element) break;
    fuzz::Require(element->raw.data() == data + offset && fuzz::Within(element->raw, input), "elements follow one another");
    fuzz::Require(element->raw.size() == HeaderSize(element->value.size()) + element->value.size(), "the length is in its shortest form");
    fuzz::Require(!DerReader(element->raw.first(element->raw.size() - 1)).Read(), "no prefix is accepted");
    offset += element->raw.size();
  }
  return 0;
}
