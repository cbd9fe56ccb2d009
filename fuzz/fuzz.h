// What fuzz targets share: the function libFuzzer calls, and how a broken invariant ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace vidimus::fuzz {

// Ends the program when `holds` is false, which both libFuzzer and a replay report as a failure.
inline void Require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", invariant);
  std::abort();
}

// True when `part` lies within `whole`, which every view a parser returns must.
inline bool Within(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace vidimus::fuzz
