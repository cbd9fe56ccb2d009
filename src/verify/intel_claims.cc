#include "verify/intel_claims.h"

#include "base/hex.h"

namespace vidimus {
namespace {

std::string Joined(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) out += (out.empty() ? "" : ",") + id;
  return out;
}

}  // namespace

ClaimSet TcbClaims(const TcbVerdict& tcb, const std::string& trust_anchor) {
  return {{"x-vidimus-tcb-status", std::string(TcbStatusName(tcb.status))},
          {"x-vidimus-tcb-date", FormatRfc3339Utc(tcb.date)},
          {"x-vidimus-advisory-ids", Joined(tcb.advisory_ids)},
          {"x-vidimus-trust-anchor", trust_anchor},
          {"x-vidimus-evaluation-number", tcb.evaluation_data_number},
          {"x-vidimus-tcb-baseline", std::string(TcbBaselineName(tcb.baseline))}};
}

JsonObject ExpiryClaims(const Expiry& expiry, const std::string& past_next_update) {
  JsonObject out;
  if (const std::string text = ExpiryText(expiry); text != "strict") out.emplace_back("x-vidimus-expiry", text);
  if (!past_next_update.empty()) out.emplace_back("x-vidimus-past-next-update", past_next_update);
  return out;
}

ClaimSet PlatformIds(const PckExtension& platform) {
  ClaimSet out = {{"x-vidimus-fmspc", HexEncode(platform.fmspc)}, {"x-vidimus-ppid", HexEncode(platform.ppid)}};
  if (platform.platform_instance_id) out.push_back({"x-vidimus-platform-instance-id", HexEncode(*platform.platform_instance_id)});
  return out;
}

}  // namespace vidimus
