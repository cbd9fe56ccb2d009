// Virtual machines of Azure with a virtual TPM, isolated or not (policy-language section 4.5, maa-rest-api section 2.7).
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

constexpr std::string_view kLog = "the Windows boot log, PCR 12 to 14";

constexpr CatalogueEntry kEntries[] = {
    Text("x-ms-attestation-type", "The kind of evidence: \"azurevm\".", "the service"),
    Boolean("secureboot", "True where the machine booted with secure boot on.", "the boot log, variable SecureBoot of PCR 7"),
    Text("x-ms-azurevm-attestation-protocol-ver", "The version of the request: \"2.0\".", "AttestationProtocolVersion"),
    Several(Integer("x-ms-azurevm-attested-pcrs", "The index of a PCR that the TPM quoted: one claim of each, in a token an array.",
                    "TpmInfo.PcrSet")),
    Measurement(
        JsonText("x-ms-azurevm-attested-pcr-values", "The values of the quoted PCRs, an object; only when asked for.", "TpmInfo.PCRs")),
    Debug(Boolean("x-ms-azurevm-bootdebug-enabled", "True where the boot manager or loader can be debugged.", kLog)),
    Debug(Boolean("x-ms-azurevm-kerneldebug-enabled", "True where the kernel can be debugged.", kLog)),
    Debug(Boolean("x-ms-azurevm-hypervisordebug-enabled", "True where the hypervisor can be debugged.", kLog)),
    Debug(Boolean("x-ms-azurevm-debuggersdisabled", "True where none of the three debuggers above is on.", kLog)),
    Boolean("x-ms-azurevm-dbvalidated", "True where the signers that secure boot accepts are the expected ones.",
            "the boot log, variable db of PCR 7"),
    Boolean("x-ms-azurevm-dbxvalidated", "True where the revocations of secure boot hold at least the expected ones.",
            "the boot log, variable dbx of PCR 7"),
    Boolean("x-ms-azurevm-default-securebootkeysvalidated", "True where the keys that govern secure boot are the expected ones.",
            "the boot log, variables PK and KEK of PCR 7"),
    Boolean("x-ms-azurevm-elam-enabled", "True where an early-launch antimalware driver was loaded.", kLog),
    Boolean("x-ms-azurevm-flightsigning-enabled", "True where builds under test are accepted.", kLog),
    Boolean("x-ms-azurevm-testsigning-enabled", "True where drivers signed for tests are accepted.", kLog),
    Boolean("x-ms-azurevm-signingdisabled", "True where neither test signing nor flight signing is on.", kLog),
    Integer("x-ms-azurevm-hvci-policy", "The policy of hypervisor-enforced code integrity; 0 is off.", kLog),
    Boolean("x-ms-azurevm-is-windows", "True of Windows.", "OSType"),
    Text("x-ms-azurevm-ostype", "The operating system, such as \"Linux\".", "OSType"),
    Text("x-ms-azurevm-osdistro", "The distribution of the operating system, such as \"Ubuntu\".", "OSDistro"),
    Text("x-ms-azurevm-osbuild", "The build of the operating system, or \"NotApplicable\".", "OSBuild"),
    Integer("x-ms-azurevm-osversion-major", "The major version of the operating system.", "OSVersionMajor"),
    Integer("x-ms-azurevm-osversion-minor", "The minor version of the operating system.", "OSVersionMinor"),
    Text("x-ms-azurevm-vmid", "The id of the machine, a GUID in upper case.", "vmUniqueId of the runtime data, else the AIK certificate"),
    JsonText("x-ms-isolation-tee",
             "What the platform's own evidence says, an object of the claims of SevSnpVm or TdxVm; absent of trusted launch.",
             "IsolationInfo"),
    Outgoing(JsonText("x-ms-runtime", "The key that the answer was sealed to, and the client's payload: {keys, client-payload}.",
                      "TpmInfo.EncKeyPub, ClientPayload")),
};

constexpr auto kTable = AllSometimes(kEntries);

}  // namespace

Table AzureGuest() { return kTable; }

}  // namespace vidimus::catalogue
