// What a software TDX machine can report, as octets: TD report bodies (intel-dcap section 1.4).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "evidence/tdx_quote.h"

namespace vidimus {

// The fields of a TD report; the defaults are a plausible release machine on the vendor's up-to-date platform.
struct TdReportFields {
  std::array<uint8_t, 16> tee_tcb_svn = {5, 1, 7};       // module 1, SVN 5
  std::array<uint8_t, 48> mr_seam = {0x51, 0x3d, 0x5e};  // recognisably nobody's
  std::array<uint8_t, 48> mr_signer_seam{};              // zero: Intel's
  std::array<uint8_t, 8> seam_attributes{};
  uint64_t td_attributes = kTdAttributesSeptVeDisable;
  uint64_t xfam = 0x618e7;  // x87 to AVX-512, PKRU, AMX
  std::array<uint8_t, 48> mr_td = {0x51, 0x3d, 0x7d};
  std::array<uint8_t, 48> mr_config_id{}, mr_owner{}, mr_owner_config{};
  std::array<std::array<uint8_t, 48>, 4> rtmr = {{{0x51, 0x00}, {0x51, 0x01}, {0x51, 0x02}, {0x51, 0x03}}};
  std::array<uint8_t, 64> report_data{};
  std::optional<TdReportBody::Module> v1_5;  // then it is a report 1.5
};

// 584 bytes, or 648 of a report 1.5.
ByteVector EncodeTdReport(const TdReportFields& fields);

}  // namespace vidimus
