// Times: RFC 3339 text has one spelling, and the DER forms agree with it.
#include "base/time.h"

#include "codec/der.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  if (const auto time = ParseRfc3339Utc(AsText(input))) fuzz::Require(FormatRfc3339Utc(*time) == AsText(input), "a time has one spelling");
  if (const auto time = DerReader(input).ReadTime()) {
    fuzz::Require(*time >= TimeFromParts(0, 1, 1, 0, 0, 0).value() && *time <= TimeFromParts(9999, 12, 31, 23, 59, 59).value(),
                  "years 0 to 9999");
    fuzz::Require(ParseRfc3339Utc(FormatRfc3339Utc(*time)) == *time, "a time from DER can be written");
  }
  return 0;
}
