// SGX report bodies, bytes to fields (intel-dcap section 1.3): of an enclave, and of the quoting enclave in quotes of either TEE.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

inline constexpr size_t kSgxReportBodySize = 384;

// SGX report body, section 1.3. Multi-byte integers are little-endian on the wire.
struct SgxReportBody {
  std::array<uint8_t, 16> cpu_svn;
  std::array<uint8_t, 4> misc_select;
  Bytes reserved1;  // offset 20, 12 bytes
  std::array<uint8_t, 16> isv_ext_prod_id;
  std::array<uint8_t, 16> attributes;  // 8 bytes FLAGS, 8 bytes XFRM
  std::array<uint8_t, 32> mr_enclave;
  Bytes reserved2;  // offset 96, 32 bytes
  std::array<uint8_t, 32> mr_signer;
  Bytes reserved3;  // offset 160, 32 bytes
  std::array<uint8_t, 64> config_id;
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint16_t config_svn;
  Bytes reserved4;  // offset 262, 42 bytes
  std::array<uint8_t, 16> isv_family_id;
  std::array<uint8_t, 64> report_data;
};

// Bits of ATTRIBUTES.FLAGS, section 1.3.
inline constexpr uint64_t kSgxFlagInit = 1U << 0;
inline constexpr uint64_t kSgxFlagDebug = 1U << 1;
inline constexpr uint64_t kSgxFlagMode64 = 1U << 2;
inline constexpr uint64_t kSgxFlagProvisionKey = 1U << 4;
inline constexpr uint64_t kSgxFlagEinittokenKey = 1U << 5;
inline constexpr uint64_t kSgxFlagCet = 1U << 6;
inline constexpr uint64_t kSgxFlagKss = 1U << 7;
inline constexpr uint64_t kSgxFlagAexNotify = 1U << 10;

// FLAGS as a number.
uint64_t SgxFlags(const SgxReportBody& body);

// Views alias `input`, which must be exactly kSgxReportBodySize bytes. Error: sgx.report.size
Result<SgxReportBody> ParseSgxReportBody(Bytes input);

}  // namespace vidimus
