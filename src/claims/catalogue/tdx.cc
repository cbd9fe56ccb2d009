// TDX virtual machines (policy-language section 4.4, maa-rest-api section 2.8).
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

// Offsets are into the TD report body of the quote, which starts at offset 48 of a quote of version 4. Hexadecimal shows octets in
// the order of the report.
constexpr CatalogueEntry kEntries[] = {
    Text("x-ms-attestation-type", "The kind of evidence: \"tdxvm\".", "the service"),
    Sometimes(
        Text("x-ms-compliance-status", "Which rules of Azure the machine meets: \"azure-compliant-cvm\"; else absent.", "the service")),
    Text("attester_tcb_status", "How well the platform is kept, in Intel's word, such as \"UpToDate\" or \"OutOfDate\".",
         "Intel's TCB info and QE identity"),
    Debug(Text("dbgstat", "\"disabled\" unless the host can debug the machine.", "report TDATTRIBUTES, offset 120, bit 0")),
    Text("eat_profile", "The profile of these claims: \"https://aka.ms/maa-eat-profile-tdxvm\".", "the service"),
    Text("intuse", "The use these claims are meant for: \"generic\".", "the service"),
    Debug(Boolean("tdx_td_attributes_debug", "True of a machine that its host can debug.", "report TDATTRIBUTES, offset 120, bit 0")),
    Boolean("tdx_td_attributes_septve_disable", "True where pending pages raise no exception, as Linux guests need it.",
            "report TDATTRIBUTES, offset 120, bit 28"),
    Boolean("tdx_td_attributes_protection_keys", "True where the machine may use supervisor protection keys.",
            "report TDATTRIBUTES, offset 120, bit 30"),
    Boolean("tdx_td_attributes_key_locker", "True where the machine may use Key Locker.", "report TDATTRIBUTES, offset 120, bit 31"),
    Boolean("tdx_td_attributes_perfmon", "True where the machine may use performance monitoring.",
            "report TDATTRIBUTES, offset 120, bit 63"),
    Measurement(Hex(48, "tdx_mrtd", "The measurement of the machine's initial contents.", "report MRTD, offset 136")),
    Measurement(Hex(48, "tdx_rtmr0", "The runtime measurement that firmware extends with its configuration.", "report RTMR0, offset 328")),
    Measurement(
        Hex(48, "tdx_rtmr1", "The runtime measurement that firmware extends with the boot loader and kernel.", "report RTMR1, offset 376")),
    Measurement(Hex(48, "tdx_rtmr2", "The runtime measurement that the operating system extends.", "report RTMR2, offset 424")),
    Measurement(Hex(48, "tdx_rtmr3", "The runtime measurement that is left to applications.", "report RTMR3, offset 472")),
    Measurement(Hex(48, "tdx_mrconfigid", "The id of a configuration outside the measurement, such as run-time settings.",
                    "report MRCONFIGID, offset 184")),
    Measurement(Hex(48, "tdx_mrowner", "The id of the machine's owner.", "report MROWNER, offset 232")),
    Measurement(Hex(48, "tdx_mrownerconfig", "The id of a configuration that the owner defines.", "report MROWNERCONFIG, offset 280")),
    Measurement(Hex(48, "tdx_mrseam", "The measurement of the TDX module.", "report MRSEAM, offset 16")),
    Measurement(Hex(48, "tdx_mrsignerseam", "The signer of the TDX module; zero for Intel's own.", "report MRSIGNERSEAM, offset 64")),
    Hex(64, "tdx_report_data", "What the machine put into its report; its first half is SHA-256 of the runtime data, if any is sent.",
        "report REPORTDATA, offset 520"),
    Hex(8, "tdx_seam_attributes", "The attributes of the TDX module; zero.", "report SEAMATTRIBUTES, offset 112"),
    Hex(8, "tdx_td_attributes", "The attributes of the machine, of which the booleans above show some.", "report TDATTRIBUTES, offset 120"),
    Hex(8, "tdx_xfam", "The extended processor features that the machine may use.", "report XFAM, offset 128"),
    Hex(16, "tdx_tee_tcb_svn", "The security versions of the parts of the TDX module.", "report TEE_TCB_SVN, offset 0"),
    Integer("tdx_seamsvn", "The security version of the TDX module: octets 0 and 1 as one number, low octet first.",
            "report TEE_TCB_SVN, offset 0"),
};

}  // namespace

Table Tdx() { return kEntries; }

}  // namespace vidimus::catalogue
