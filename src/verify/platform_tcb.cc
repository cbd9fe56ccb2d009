#include "verify/platform_tcb.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kWhere = "forecast.platform";

template <size_t N>
Result<std::array<uint8_t, N>> Octets(const Json& json, std::string_view name) {
  VIDIMUS_TRY(const ByteVector bytes, HexMember(json, name, N, kWhere));
  std::array<uint8_t, N> out{};
  std::copy_n(bytes.begin(), N, out.begin());
  return out;
}

Result<uint16_t> Svn(const Json& json, std::string_view name) {
  return IntegerMember(json, name, 0, 65535, kWhere).map([](int64_t svn) { return static_cast<uint16_t>(svn); });
}

Result<IntelTee> Tee(const Json& json) {
  VIDIMUS_TRY(const std::string name, TextMember(json, "tee", kWhere));
  for (const IntelTee tee : {IntelTee::kSgx, IntelTee::kTdx})
    if (name == IntelTeeName(tee)) return tee;
  return Fail(ErrorCode::kMalformed, kWhere, "found tee \"" + name + "\", expected SGX or TDX");
}

}  // namespace

JsonObject PlatformTcbToJson(const PlatformTcb& platform) {
  JsonObject out = {{"tee", IntelTeeName(platform.tee)},    {"fmspc", HexEncode(platform.fmspc)},
                    {"pceId", HexEncode(platform.pce_id)},  {"pckCa", platform.pck_ca},
                    {"trustAnchor", platform.trust_anchor}, {"components", HexEncode(platform.components)},
                    {"pceSvn", int64_t{platform.pce_svn}},  {"qeIsvSvn", int64_t{platform.qe_isv_svn}}};
  if (platform.tee_tcb_svn) out.emplace_back("teeTcbSvn", HexEncode(*platform.tee_tcb_svn));
  if (platform.tee_tcb_svn_2) out.emplace_back("teeTcbSvn2", HexEncode(*platform.tee_tcb_svn_2));
  return out;
}

Result<PlatformTcb> PlatformTcbFromJson(const Json& json) {
  const size_t size = WriteJson(json).size();
  if (size > limits::kPlatformBytes)
    return Fail(ErrorCode::kLimit, kWhere,
                "found " + std::to_string(size) + " bytes, expected at most " + std::to_string(limits::kPlatformBytes));
  PlatformTcb out;
  VIDIMUS_TRY(out.tee, Tee(json));
  VIDIMUS_TRY(out.fmspc, Octets<6>(json, "fmspc"));
  VIDIMUS_TRY(out.pce_id, Octets<2>(json, "pceId"));
  VIDIMUS_TRY(out.pck_ca, TextMember(json, "pckCa", kWhere));
  VIDIMUS_TRY(out.trust_anchor, TextMember(json, "trustAnchor", kWhere));
  VIDIMUS_TRY(out.components, Octets<16>(json, "components"));
  VIDIMUS_TRY(out.pce_svn, Svn(json, "pceSvn"));
  VIDIMUS_TRY(out.qe_isv_svn, Svn(json, "qeIsvSvn"));
  if (out.tee == IntelTee::kTdx) {
    VIDIMUS_TRY(out.tee_tcb_svn, Octets<16>(json, "teeTcbSvn"));
    if (json.Find("teeTcbSvn2") != nullptr) {
      VIDIMUS_TRY(out.tee_tcb_svn_2, Octets<16>(json, "teeTcbSvn2"));
    }
  }
  if (out.pck_ca != "platform" && out.pck_ca != "processor")
    return Fail(ErrorCode::kMalformed, kWhere, "found pckCa \"" + out.pck_ca + "\", expected platform or processor");
  if (WriteJson(PlatformTcbToJson(out), JsonOrder::kSorted) != WriteJson(json, JsonOrder::kSorted))
    return Fail(ErrorCode::kMalformed, kWhere, "found a member that a platform has not, or hexadecimal digits in upper case");
  return out;
}

}  // namespace vidimus
