// The SGX extension of a PCK certificate: which platform, at which TCB (intel-dcap section 3.3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

struct PckExtension {
  std::array<uint8_t, 16> ppid;
  std::array<uint8_t, 16> components;  // SVNs 01 to 16
  uint16_t pce_svn;
  std::array<uint8_t, 16> cpu_svn;
  std::array<uint8_t, 2> pce_id;
  std::array<uint8_t, 6> fmspc;
  uint8_t sgx_type;                                             // 0 standard, 1 scalable, 2 scalable with integrity
  std::optional<std::array<uint8_t, 16>> platform_instance_id;  // Platform CA only
};

// `extension` is the content of the extnValue OCTET STRING of OID 1.2.840.113741.1.13.1. Exactly 5 or 7 entries; every
// mandatory one present, none twice. Errors: intel.pck_extension.*
Result<PckExtension> ParsePckExtension(Bytes extension);

}  // namespace vidimus
