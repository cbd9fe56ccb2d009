// PlatformTcb: what TCB evaluation needs of a platform, and nothing that identifies one machine: no PPID, no serial number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "codec/json.h"
#include "endorsement/tcb_info.h"

namespace vidimus {

struct PlatformTcb {
  IntelTee tee = IntelTee::kSgx;
  std::array<uint8_t, 6> fmspc{};
  std::array<uint8_t, 2> pce_id{};
  std::string pck_ca;        // "platform" or "processor"
  std::string trust_anchor;  // the name of the root that its PCK chain ends in
  std::array<uint8_t, 16> components{};
  uint16_t pce_svn = 0;
  uint16_t qe_isv_svn = 0;
  std::optional<std::array<uint8_t, 16>> tee_tcb_svn;    // of TDX alone, and always: at the launch
  std::optional<std::array<uint8_t, 16>> tee_tcb_svn_2;  // of TD reports 1.5: now

  auto operator<=>(const PlatformTcb&) const = default;
};

// {"tee": "TDX", "fmspc", "pceId", "components", "teeTcbSvn", "teeTcbSvn2": lower-case hexadecimal, "pckCa", "trustAnchor": text, "pceSvn",
// "qeIsvSvn": numbers}. The SVNs of a TD are left out where there are none.
JsonObject PlatformTcbToJson(const PlatformTcb& platform);

// Exactly what PlatformTcbToJson writes, members in any order, of at most limits::kPlatformBytes as text. Error: forecast.platform
Result<PlatformTcb> PlatformTcbFromJson(const Json& json);

}  // namespace vidimus
