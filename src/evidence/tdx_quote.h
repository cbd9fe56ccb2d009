// TDX quotes: version 4 with TEE type 0x81 and a TD report 1.0, version 5 with a TD report 1.0, 1.5 or 1.5 extended (intel-dcap
// sections 1.2 and 1.4).
#pragma once

#include <optional>

#include "evidence/intel_quote.h"

namespace vidimus {

// Section 1.4.
struct TdReportBody {
  std::array<uint8_t, 16> tee_tcb_svn;
  std::array<uint8_t, 48> mr_seam;
  std::array<uint8_t, 48> mr_signer_seam;
  std::array<uint8_t, 8> seam_attributes;
  std::array<uint8_t, 8> td_attributes;
  std::array<uint8_t, 8> xfam;
  std::array<uint8_t, 48> mr_td;
  std::array<uint8_t, 48> mr_config_id;
  std::array<uint8_t, 48> mr_owner;
  std::array<uint8_t, 48> mr_owner_config;
  std::array<std::array<uint8_t, 48>, 4> rtmr;
  std::array<uint8_t, 64> report_data;
  // Of a TD report 1.5.
  struct Module {
    std::array<uint8_t, 16> tee_tcb_svn_2;  // of the module that runs now, which may have been updated since the launch
    std::array<uint8_t, 48> mr_service_td;
  };
  std::optional<Module> v1_5;
};

// Bits of TDATTRIBUTES, section 1.4. Any of the first eight means that the TD's secrets are not its own.
inline constexpr uint64_t kTdAttributesDebug = 1U << 0;
inline constexpr uint64_t kTdAttributesTud = 0xff;
inline constexpr uint64_t kTdAttributesSeptVeDisable = 1U << 28;
inline constexpr uint64_t kTdAttributesMigratable = 1U << 29;
// Those that section 1.4 names.
inline constexpr uint64_t kTdAttributesKnown =
    uint64_t{1} << 0 | uint64_t{1} << 4 | uint64_t{1} << 5 | uint64_t{1} << 6 | uint64_t{1} << 16 | uint64_t{1} << 17 | uint64_t{1} << 27 |
    uint64_t{1} << 28 | uint64_t{1} << 29 | uint64_t{1} << 30 | uint64_t{1} << 31 | uint64_t{1} << 62 | uint64_t{1} << 63;

// TDATTRIBUTES as a number.
uint64_t TdAttributes(const TdReportBody& body);

struct TdxQuote : IntelQuote {
  TdReportBody report;
};

// Errors: tdx.quote.*
Result<TdxQuote> ParseTdxQuote(Bytes input);

}  // namespace vidimus
