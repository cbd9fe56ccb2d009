// The names of the checks that SGX and TDX evidence share: each is also the `where` of the refusal that it causes.
#pragma once

#include <string_view>

namespace vidimus {

struct IntelCheckNames {
  std::string_view certification_data;
  std::string_view pck_chain_format;
  std::string_view pck_chain_signatures;
  std::string_view pck_chain_validity;
  std::string_view pck_extension_format;
  std::string_view endorsements_held;
  std::string_view root_crl_signature;
  std::string_view pck_crl_signature;
  std::string_view crl_validity;
  std::string_view pck_ca_revoked;
  std::string_view pck_revoked;
  std::string_view tcb_signer_revoked;
  std::string_view tcb_info_signer_validity;
  std::string_view qe_identity_signer_validity;
  std::string_view tcb_info_validity;
  std::string_view qe_identity_validity;
  std::string_view tcb_info_fmspc;
  std::string_view tcb_info_pce_id;
  std::string_view qe_report_signature;
  std::string_view qe_report_key_binding;
  std::string_view qe_report_data_tail;
  std::string_view qe_identity_misc_select;
  std::string_view qe_identity_attributes;
  std::string_view qe_identity_mr_signer;
  std::string_view qe_identity_isv_prod_id;
  std::string_view attestation_key;
  std::string_view signature;
  std::string_view platform_level;
  std::string_view qe_level;
  std::string_view tcb_revoked;
  std::string_view tcb_status;
  std::string_view tcb_evaluation_number;
  std::string_view tcb_advisories;
};

inline constexpr IntelCheckNames kSgxChecks = {
    .certification_data = "sgx.quote.certification_data",
    .pck_chain_format = "sgx.pck_chain.format",
    .pck_chain_signatures = "sgx.pck_chain.signatures",
    .pck_chain_validity = "sgx.pck_chain.validity",
    .pck_extension_format = "sgx.pck_extension.format",
    .endorsements_held = "sgx.endorsements.held",
    .root_crl_signature = "sgx.root_crl.signature",
    .pck_crl_signature = "sgx.pck_crl.signature",
    .crl_validity = "sgx.crl.validity",
    .pck_ca_revoked = "sgx.pck_ca.revoked",
    .pck_revoked = "sgx.pck.revoked",
    .tcb_signer_revoked = "sgx.tcb_signer.revoked",
    .tcb_info_signer_validity = "sgx.tcb_info.signer_validity",
    .qe_identity_signer_validity = "sgx.qe_identity.signer_validity",
    .tcb_info_validity = "sgx.tcb_info.validity",
    .qe_identity_validity = "sgx.qe_identity.validity",
    .tcb_info_fmspc = "sgx.tcb_info.fmspc",
    .tcb_info_pce_id = "sgx.tcb_info.pce_id",
    .qe_report_signature = "sgx.quote.qe_report.signature",
    .qe_report_key_binding = "sgx.quote.qe_report.key_binding",
    .qe_report_data_tail = "sgx.quote.qe_report.data_tail",
    .qe_identity_misc_select = "sgx.qe_identity.misc_select",
    .qe_identity_attributes = "sgx.qe_identity.attributes",
    .qe_identity_mr_signer = "sgx.qe_identity.mr_signer",
    .qe_identity_isv_prod_id = "sgx.qe_identity.isv_prod_id",
    .attestation_key = "sgx.quote.attestation_key",
    .signature = "sgx.quote.signature",
    .platform_level = "sgx.tcb.platform_level",
    .qe_level = "sgx.tcb.qe_level",
    .tcb_revoked = "sgx.tcb.revoked",
    .tcb_status = "sgx.tcb.status",
    .tcb_evaluation_number = "sgx.tcb.evaluation_number",
    .tcb_advisories = "sgx.tcb.advisories",
};

inline constexpr IntelCheckNames kTdxChecks = {
    .certification_data = "tdx.quote.certification_data",
    .pck_chain_format = "tdx.pck_chain.format",
    .pck_chain_signatures = "tdx.pck_chain.signatures",
    .pck_chain_validity = "tdx.pck_chain.validity",
    .pck_extension_format = "tdx.pck_extension.format",
    .endorsements_held = "tdx.endorsements.held",
    .root_crl_signature = "tdx.root_crl.signature",
    .pck_crl_signature = "tdx.pck_crl.signature",
    .crl_validity = "tdx.crl.validity",
    .pck_ca_revoked = "tdx.pck_ca.revoked",
    .pck_revoked = "tdx.pck.revoked",
    .tcb_signer_revoked = "tdx.tcb_signer.revoked",
    .tcb_info_signer_validity = "tdx.tcb_info.signer_validity",
    .qe_identity_signer_validity = "tdx.qe_identity.signer_validity",
    .tcb_info_validity = "tdx.tcb_info.validity",
    .qe_identity_validity = "tdx.qe_identity.validity",
    .tcb_info_fmspc = "tdx.tcb_info.fmspc",
    .tcb_info_pce_id = "tdx.tcb_info.pce_id",
    .qe_report_signature = "tdx.quote.qe_report.signature",
    .qe_report_key_binding = "tdx.quote.qe_report.key_binding",
    .qe_report_data_tail = "tdx.quote.qe_report.data_tail",
    .qe_identity_misc_select = "tdx.qe_identity.misc_select",
    .qe_identity_attributes = "tdx.qe_identity.attributes",
    .qe_identity_mr_signer = "tdx.qe_identity.mr_signer",
    .qe_identity_isv_prod_id = "tdx.qe_identity.isv_prod_id",
    .attestation_key = "tdx.quote.attestation_key",
    .signature = "tdx.quote.signature",
    .platform_level = "tdx.tcb.platform_level",
    .qe_level = "tdx.tcb.qe_level",
    .tcb_revoked = "tdx.tcb.revoked",
    .tcb_status = "tdx.tcb.status",
    .tcb_evaluation_number = "tdx.tcb.evaluation_number",
    .tcb_advisories = "tdx.tcb.advisories",
};

}  // namespace vidimus
