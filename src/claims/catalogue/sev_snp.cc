// SEV-SNP virtual machines (policy-language section 4.3, maa-rest-api section 2.6).
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

// Offsets are into the 1184 octets of the attestation report. Hexadecimal shows octets in the order of the report.
constexpr CatalogueEntry kEntries[] = {
    Text("x-ms-attestation-type", "The kind of evidence: \"sevsnpvm\".", "the service"),
    Sometimes(Text("x-ms-compliance-status",
                   "Which rules of Azure the machine meets: \"azure-compliant-cvm\" or \"azure-compliant-uvm\"; else absent.",
                   "the service")),
    Debug(Boolean("x-ms-sevsnpvm-is-debuggable", "True where the policy of the guest lets its host debug it.",
                  "report POLICY, offset 0x08, bit 19")),
    Boolean("x-ms-sevsnpvm-migration-allowed", "True where the policy of the guest allows a migration agent.",
            "report POLICY, offset 0x08, bit 18"),
    Boolean("x-ms-sevsnpvm-smt-allowed", "True where the policy of the guest allows simultaneous multithreading.",
            "report POLICY, offset 0x08, bit 16"),
    Measurement(
        Hex(48, "x-ms-sevsnpvm-launchmeasurement", "The measurement of the guest as it was launched.", "report MEASUREMENT, offset 0x90")),
    Measurement(Hex(32, "x-ms-sevsnpvm-hostdata",
                    "What the host gave at launch; SHA-256 of the init-time data, such as a container policy.",
                    "report HOST_DATA, offset 0xC0")),
    Measurement(Hex(48, "x-ms-sevsnpvm-idkeydigest", "SHA-384 of the key that signed the identity of the guest.",
                    "report ID_KEY_DIGEST, offset 0xE0")),
    Measurement(Hex(48, "x-ms-sevsnpvm-authorkeydigest",
                    "SHA-384 of the author's key that certified the identity key; zero if there is none.",
                    "report AUTHOR_KEY_DIGEST, offset 0x110")),
    Hex(64, "x-ms-sevsnpvm-reportdata",
        "What the guest put into its report; its first half is SHA-256 of the runtime data, if any is sent.",
        "report REPORT_DATA, offset 0x50"),
    Hex(32, "x-ms-sevsnpvm-reportid", "The id of this run of the guest.", "report REPORT_ID, offset 0x140"),
    Hex(16, "x-ms-sevsnpvm-familyId", "The family id that the owner of the guest gave.", "report FAMILY_ID, offset 0x10"),
    Hex(16, "x-ms-sevsnpvm-imageId", "The image id that the owner of the guest gave.", "report IMAGE_ID, offset 0x20"),
    Integer("x-ms-sevsnpvm-guestsvn", "The security version that the owner gave to the guest.", "report GUEST_SVN, offset 0x04"),
    Integer("x-ms-sevsnpvm-vmpl", "The privilege level that asked for the report; 0 is the highest.", "report VMPL, offset 0x30"),
    Integer("x-ms-sevsnpvm-bootloader-svn", "The security version of the boot loader of the secure processor.",
            "report REPORTED_TCB, offset 0x180, octet 0"),
    Integer("x-ms-sevsnpvm-tee-svn", "The security version of the operating system of the secure processor.",
            "report REPORTED_TCB, offset 0x180, octet 1"),
    Integer("x-ms-sevsnpvm-snpfw-svn", "The security version of the SNP firmware.", "report REPORTED_TCB, offset 0x180, octet 6"),
    Integer("x-ms-sevsnpvm-microcode-svn", "The lowest microcode patch level of all cores.", "report REPORTED_TCB, offset 0x180, octet 7"),
};

}  // namespace

Table SevSnp() { return kEntries; }

}  // namespace vidimus::catalogue
