// What is said of the Intel platform under SGX enclaves and TDX machines.
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

constexpr CatalogueEntry kEntries[] = {
    Text("x-vidimus-tcb-status", "How well the platform is kept, in Intel's word, such as \"UpToDate\" or \"SWHardeningNeeded\".",
         "Intel's TCB info and QE identity"),
    Text("x-vidimus-tcb-date", "The day of the TCB level that the platform meets, as YYYY-MM-DDThh:mm:ssZ.", "Intel's TCB info"),
    Text("x-vidimus-advisory-ids", "Intel's advisories that apply to the platform, separated by commas; empty if none does.",
         "Intel's TCB info and QE identity"),
    Text("x-vidimus-trust-anchor", "The root that the evidence was traced to: \"intel-sgx-root\", or \"simulated\".", "the service"),
    Incoming(Hex(6, "x-vidimus-fmspc", "The family, model, stepping and custom SKU of the processor; never in tokens.",
                 "the SGX extension of the PCK certificate")),
    Incoming(
        Hex(16, "x-vidimus-ppid", "The id of the platform's provisioning; never in tokens.", "the SGX extension of the PCK certificate")),
    Sometimes(
        Incoming(Hex(16, "x-vidimus-platform-instance-id", "The id of a multi-package platform; never in tokens, and only where it exists.",
                     "the SGX extension of the PCK certificate"))),
    Integer("x-vidimus-evaluation-number", "The TCB evaluation data number of the endorsements that the platform was judged by.",
            "Intel's TCB info and QE identity"),
    Text("x-vidimus-tcb-baseline",
         "How that number was chosen: \"early\" (the highest in force), \"standard\" (by Intel's signed list), or \"number\" (asked for).",
         "the policy and the service's settings"),
    Outgoing(Text("x-vidimus-expiry",
                  "\"ignore\" or \"grace(SECONDS)\" when the service was set to accept endorsements past their nextUpdate; else absent.",
                  "the service's settings")),
    Outgoing(Text("x-vidimus-past-next-update",
                  "The kinds of endorsements that were past their nextUpdate and accepted by that setting, separated by commas; "
                  "absent when all were in force.",
                  "the service")),
};

}  // namespace

Table IntelPlatform() { return kEntries; }

}  // namespace vidimus::catalogue
