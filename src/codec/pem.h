// PEM text (RFC 7468 section 3).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

struct PemBlock {
  std::string label;
  ByteVector der;
};
// Only white space may stand between and around blocks; the caller removes trailing NUL bytes.
Result<std::vector<PemBlock>> ParsePem(std::string_view text, size_t max_blocks);

// One block with lines of 64 characters, LF line ends and a final LF.
std::string WritePem(std::string_view label, Bytes der);

}  // namespace vidimus
