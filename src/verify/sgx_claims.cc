#include "verify/sgx_claims.h"

#include "base/base64url.h"
#include "base/hex.h"
#include "crypto/digest.h"
#include "verify/intel_claims.h"

namespace vidimus {
namespace {

// Section 2.5: the quote-verification library hands its buffers over as C strings, and each hash covers the NUL.
std::string ChainHash(const std::string& signer_pem, const std::string& root_pem) {
  static constexpr uint8_t kNul[1] = {0};
  return HexEncode(Sha256({AsBytes(signer_pem), AsBytes(root_pem), Bytes(kNul)}));
}

Json Collateral(const VerifiedSgx& verified, Bytes submitted) {
  const SelectedIntelEndorsements& held = verified.endorsements();
  const std::string tcb_chain = ChainHash(held.tcb_info->signer_pem, verified.root_pem());
  const bool one_signer = held.qe_identity->signer_pem == held.tcb_info->signer_pem;
  return Json(JsonObject{{"qeidcertshash", one_signer ? tcb_chain : ChainHash(held.qe_identity->signer_pem, verified.root_pem())},
                         {"qeidcrlhash", HexEncode(held.root_crl->hash)},
                         {"qeidhash", HexEncode(held.qe_identity->document.document.hash)},
                         {"quotehash", HexEncode(Sha256(submitted))},
                         {"tcbinfocertshash", tcb_chain},
                         {"tcbinfocrlhash", HexEncode(held.root_crl->hash)},
                         {"tcbinfohash", HexEncode(held.tcb_info->document.document.hash)}});
}

}  // namespace

VerifiedClaims SgxClaims(const VerifiedSgx& verified, SgxClaimsContext context) {
  VerifiedClaims out;
  out.incoming_.reserve(32);
  out.outgoing_.reserve(48);  // the signer's members too
  const SgxReportBody& report = verified.quote().report;
  const auto both = [&](std::string name, ClaimValue value, std::string alias = "") {
    out.outgoing_.emplace_back(name, ClaimValueToJson(value));
    if (!alias.empty()) out.incoming_.push_back({std::move(alias), value});
    out.incoming_.push_back({std::move(name), std::move(value)});
  };
  // The names with $ are those of older policies, section 4.1.
  both("x-ms-attestation-type", std::string("sgx"), "$tee");
  both("x-ms-sgx-is-debuggable", (SgxFlags(report) & kSgxFlagDebug) != 0, "$is-debuggable");
  both("x-ms-sgx-product-id", int64_t{report.isv_prod_id}, "$product-id");
  both("x-ms-sgx-svn", int64_t{report.isv_svn}, "$svn");
  both("x-ms-sgx-mrenclave", HexEncode(report.mr_enclave), "$sgx-mrenclave");
  both("x-ms-sgx-mrsigner", HexEncode(report.mr_signer), "$sgx-mrsigner");
  both("x-ms-sgx-report-data", HexEncode(report.report_data));
  both("x-ms-sgx-tcbidentifier", context.tcb_identifier);
  if ((SgxFlags(report) & kSgxFlagKss) != 0) {
    both("x-ms-sgx-config-id", HexEncode(report.config_id));
    both("x-ms-sgx-config-svn", int64_t{report.config_svn});
    both("x-ms-sgx-isv-extended-product-id", HexEncode(report.isv_ext_prod_id));
    both("x-ms-sgx-isv-family-id", HexEncode(report.isv_family_id));
  }
  for (Claim& claim : TcbClaims(verified.tcb(), verified.trust_anchor())) both(std::move(claim.type), std::move(claim.value));
  for (Claim& claim : PlatformIds(verified.platform())) out.incoming_.push_back(std::move(claim));
  Json collateral = Collateral(verified, context.submitted);
  out.outgoing_.emplace_back("x-ms-sgx-collateral", collateral);
  out.outgoing_.emplace_back("maa-attestationcollateral", std::move(collateral));
  for (JsonMember& member : ExpiryClaims(context.expiry, verified.past_next_update())) out.outgoing_.push_back(std::move(member));
  if (context.held_data)
    for (const char* name : {"x-ms-sgx-ehd", "maa-ehd", "aas-ehd"}) out.outgoing_.emplace_back(name, Base64UrlEncode(*context.held_data));
  if (context.runtime) out.outgoing_.emplace_back("x-ms-runtime", *std::move(context.runtime));
  if (context.init_time) out.outgoing_.emplace_back("x-ms-inittime", *std::move(context.init_time));
  return out;
}

}  // namespace vidimus
