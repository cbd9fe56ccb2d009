#include "verify/tdx_claims.h"

#include "base/hex.h"
#include "verify/intel_claims.h"

namespace vidimus {

VerifiedClaims TdxClaims(const VerifiedTdx& verified, TdxClaimsContext context) {
  VerifiedClaims out;
  out.incoming_.reserve(40);
  out.outgoing_.reserve(48);
  const TdReportBody& report = verified.quote().report;
  const uint64_t attributes = TdAttributes(report);
  const auto both = [&](std::string name, ClaimValue value) {
    out.outgoing_.emplace_back(name, ClaimValueToJson(value));
    out.incoming_.push_back({std::move(name), std::move(value)});
  };
  const auto bit = [&](unsigned number) { return (attributes >> number & 1) != 0; };
  both("x-ms-attestation-type", std::string("tdxvm"));
  if (context.compliant) both("x-ms-compliance-status", std::string("azure-compliant-cvm"));
  both("attester_tcb_status", std::string(TcbStatusName(verified.tcb().status)));
  both("dbgstat", std::string(bit(0) ? "enabled" : "disabled"));
  both("eat_profile", std::string("https://aka.ms/maa-eat-profile-tdxvm"));
  both("intuse", std::string("generic"));
  // Bits of section 1.4 of intel-dcap.
  both("tdx_td_attributes_debug", bit(0));
  both("tdx_td_attributes_septve_disable", bit(28));
  both("tdx_td_attributes_protection_keys", bit(30));
  both("tdx_td_attributes_key_locker", bit(31));
  both("tdx_td_attributes_perfmon", bit(63));
  both("tdx_mrtd", HexEncode(report.mr_td));
  for (size_t i = 0; i < report.rtmr.size(); ++i) both("tdx_rtmr" + std::to_string(i), HexEncode(report.rtmr[i]));
  both("tdx_mrconfigid", HexEncode(report.mr_config_id));
  both("tdx_mrowner", HexEncode(report.mr_owner));
  both("tdx_mrownerconfig", HexEncode(report.mr_owner_config));
  both("tdx_mrseam", HexEncode(report.mr_seam));
  both("tdx_mrsignerseam", HexEncode(report.mr_signer_seam));
  both("tdx_report_data", HexEncode(report.report_data));
  both("tdx_seam_attributes", HexEncode(report.seam_attributes));
  both("tdx_td_attributes", HexEncode(report.td_attributes));
  both("tdx_xfam", HexEncode(report.xfam));
  both("tdx_tee_tcb_svn", HexEncode(report.tee_tcb_svn));
  both("tdx_seamsvn", int64_t{report.tee_tcb_svn[0]} + 256 * int64_t{report.tee_tcb_svn[1]});
  for (Claim& claim : TcbClaims(verified.tcb(), verified.trust_anchor())) both(std::move(claim.type), std::move(claim.value));
  for (Claim& claim : PlatformIds(verified.platform())) out.incoming_.push_back(std::move(claim));
  for (JsonMember& member : ExpiryClaims(context.expiry, verified.past_next_update())) out.outgoing_.push_back(std::move(member));
  if (context.runtime) out.outgoing_.emplace_back("x-ms-runtime", *std::move(context.runtime));
  if (context.init_time) out.outgoing_.emplace_back("x-ms-inittime", *std::move(context.init_time));
  return out;
}

}  // namespace vidimus
