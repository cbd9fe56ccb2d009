// TPM and VBS evidence (policy-language sections 3 and 4.6, maa-rest-api section 2.9). Its claims are for policies; tokens have them only
// when a policy issues them.
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

constexpr std::string_view kLog = "the boot log";
constexpr std::string_view kReport = "ENCLAVE_IDENTITY of the VBS enclave report";

// A claim that 1.2 leaves to the policy, which reads it from `events`.
constexpr CatalogueEntry Derived(std::string_view name, std::string_view meaning) {
  return Until("1.1", Incoming(Boolean(name, meaning, kLog)));
}

constexpr CatalogueEntry kEntries[] = {
    Incoming(Boolean("aikValidated", "True where a trusted root vouches for the attestation key.", "the AIK certificate")),
    Incoming(Encoded(ClaimEncoding::kBase64, "aikPubHash", "SHA-256 of the attestation key as a DER SubjectPublicKeyInfo.", "aik_pub")),
    Incoming(Integer("tpmVersion", "The major version of the TPM: 2.", "the quote")),
    Derived("secureBootEnabled", "True where the machine booted with secure boot on."),
    Derived("iommuEnabled", "True where virtualization-based security requires an IOMMU."),
    Debug(Derived("bootDebuggingDisabled", "True where the log says that boot debugging is off; false where it says nothing.")),
    Derived("notSafeMode", "True unless the machine booted into safe mode."),
    Derived("notWinPE", "True unless the machine booted Windows PE."),
    Derived("vbsEnabled", "True where virtualization-based security is required or enforced."),
    Incoming(Boolean("vbsReportPresent", "True where the evidence holds the report of a VBS enclave.", "vsm_report")),
    Alias("vbsReportPresent",
          Incoming(Boolean("vsmReportPresent", "True where the evidence holds the report of a VBS enclave.", "vsm_report"))),
    Incoming(Measurement(Encoded(ClaimEncoding::kBase64Url, "enclaveAuthorId", "The author of the VBS enclave, of 32 octets.", kReport))),
    Incoming(Measurement(Encoded(ClaimEncoding::kBase64Url, "enclaveImageId", "The image id of the VBS enclave, of 16 octets.", kReport))),
    Incoming(Encoded(ClaimEncoding::kBase64Url, "enclaveOwnerId", "The owner of the VBS enclave, of 32 octets.", kReport)),
    Incoming(Encoded(ClaimEncoding::kBase64Url, "enclaveFamilyId", "The family id of the VBS enclave, of 16 octets.", kReport)),
    Incoming(Integer("enclaveSvn", "The security version of the VBS enclave.", kReport)),
    Incoming(Integer("enclavePlatformSvn", "The security version of the platform below the VBS enclave.", kReport)),
    Incoming(Debug(Integer("enclaveFlags", "Flags of the VBS enclave: 1 full debugging, 2 dynamic debugging, 4 active.", kReport))),
    Since("1.2", Incoming(JsonText("events",
                                   "The measured events since the boot: {\"Events\":[{EventSeq, PcrIndex, EventTypeString, "
                                   "Digests, ProcessedData}]}.",
                                   "the logs of current_attestation"))),
    Since("1.2",
          Incoming(JsonText("bootEvents", "The same of the boot, where the machine has since resumed.", "the logs of boot_attestation"))),
    Since("1.2", ReadOnly(Incoming(Measurement(
                     JsonText("pcrs", "The quoted PCRs: {\"PCRs\":[{Index, Digests:{SHA1, SHA256}}]}.", "pcrs of current_attestation"))))),
    Since("1.2", JsonText("x-ms-tpm-request-key", "The key that signed the request: {jwk, info}.", "request_key")),
    Since("1.2", JsonText("x-ms-tpm-other-keys", "At most two more keys that the request asks to attest: [{jwk, info}].", "other_keys")),

    Property("1.1", Boolean("require_valid_aik_cert",
                            "False lets an attestation key in that no trusted root vouches for; aikValidated then is false.", "true")),
    Property("1.1", Integer("required_pcr_mask", "The PCRs that the quote must hold: bit n for PCR n.", "16777215 (0xFFFFFF)")),
    Property("1.0", Integer("report_validity_in_minutes", "The life time of the token, at most one year.", "1440")),
    Property("1.0", Boolean("omit_x5c", "True leaves the certificate chain out of the token's header; a thumbprint stands there instead.",
                            "false")),
};

constexpr auto kTable = AllSometimes(kEntries);

}  // namespace

Table Tpm() { return kTable; }

}  // namespace vidimus::catalogue
