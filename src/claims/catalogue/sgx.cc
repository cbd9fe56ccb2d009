// SGX enclaves, of both request types: SgxEnclave and OpenEnclave (policy-language section 4.1, maa-rest-api section 2.5).
#include "claims/catalogue/entry.h"

namespace vidimus::catalogue {
namespace {

// Offsets are into the 384 octets of the quote's report body (REPORTBODY), which starts at offset 48 of the quote.
constexpr CatalogueEntry kEntries[] = {
    Text("x-ms-attestation-type", "The kind of evidence: \"sgx\" for both request types.", "the service"),
    Debug(Boolean("x-ms-sgx-is-debuggable", "True of a debug enclave, whose memory its host can read and change.",
                  "REPORTBODY.ATTRIBUTES, offset 48, bit 1")),
    Measurement(Hex(32, "x-ms-sgx-mrenclave", "The measurement of the enclave's code, data and layout as it was loaded.",
                    "REPORTBODY.MRENCLAVE, offset 64")),
    Measurement(
        Hex(32, "x-ms-sgx-mrsigner", "SHA-256 of the modulus of the key that signed the enclave.", "REPORTBODY.MRSIGNER, offset 128")),
    Integer("x-ms-sgx-product-id", "The number that the signer gave to this product, 0 to 65535.", "REPORTBODY.ISVPRODID, offset 256"),
    Integer("x-ms-sgx-svn", "The security version that the signer gave to this build, 0 to 65535; higher is newer.",
            "REPORTBODY.ISVSVN, offset 258"),
    Hex(64, "x-ms-sgx-report-data", "What the enclave put into its report; its first half is SHA-256 of the runtime data, if any is sent.",
        "REPORTBODY.REPORTDATA, offset 320"),
    Text("x-ms-sgx-tcbidentifier", "The TCB baseline that the platform was judged against: \"azuredefault\" or an evaluation number.",
         "the policy's property of that name, else the service"),
    Sometimes(Hex(64, "x-ms-sgx-config-id", "What the host configured the enclave with when it loaded it; only of enclaves with KSS.",
                  "REPORTBODY.CONFIGID, offset 192")),
    Sometimes(Integer("x-ms-sgx-config-svn", "The security version of that configuration, 0 to 65535; only of enclaves with KSS.",
                      "REPORTBODY.CONFIGSVN, offset 260")),
    Sometimes(Hex(16, "x-ms-sgx-isv-extended-product-id", "The extended product id that the signer gave; only of enclaves with KSS.",
                  "REPORTBODY.ISVEXTPRODID, offset 32")),
    Sometimes(Hex(16, "x-ms-sgx-isv-family-id", "The product family that the signer gave; only of enclaves with KSS.",
                  "REPORTBODY.ISVFAMILYID, offset 304")),

    Alias("x-ms-attestation-type", Incoming(Text("$tee", "The kind of evidence: \"sgx\".", "the service"))),
    Alias("x-ms-sgx-is-debuggable",
          Incoming(Debug(Boolean("$is-debuggable", "True of a debug enclave.", "REPORTBODY.ATTRIBUTES, offset 48, bit 1")))),
    Alias("x-ms-sgx-mrenclave",
          Incoming(Measurement(Hex(32, "$sgx-mrenclave", "The measurement of the enclave.", "REPORTBODY.MRENCLAVE, offset 64")))),
    Alias("x-ms-sgx-mrsigner",
          Incoming(Measurement(Hex(32, "$sgx-mrsigner", "The signer of the enclave.", "REPORTBODY.MRSIGNER, offset 128")))),
    Alias("x-ms-sgx-product-id", Incoming(Integer("$product-id", "The product id of the enclave.", "REPORTBODY.ISVPRODID, offset 256"))),
    Alias("x-ms-sgx-svn", Incoming(Integer("$svn", "The security version of the enclave.", "REPORTBODY.ISVSVN, offset 258"))),

    Outgoing(Encoded(ClaimEncoding::kBase64Url, "x-ms-sgx-ehd", "The runtime data of a request that sent it as Binary.",
                     "runtimeData, bound by REPORTDATA")),
    Outgoing(JsonText("x-ms-sgx-collateral",
                      "SHA-256 of what the evidence was judged by: qeidcertshash, qeidcrlhash, qeidhash, quotehash, tcbinfocertshash, "
                      "tcbinfocrlhash, tcbinfohash.",
                      "the evidence as sent, and Intel's endorsements")),
    Alias("x-ms-sgx-ehd",
          Outgoing(Encoded(ClaimEncoding::kBase64Url, "maa-ehd", "The runtime data sent as Binary.", "runtimeData, bound by REPORTDATA"))),
    Alias("x-ms-sgx-ehd",
          Outgoing(Encoded(ClaimEncoding::kBase64Url, "aas-ehd", "The runtime data sent as Binary.", "runtimeData, bound by REPORTDATA"))),
    Alias("x-ms-sgx-collateral", Outgoing(JsonText("maa-attestationcollateral", "What the evidence was judged by.",
                                                   "the evidence as sent, and Intel's endorsements"))),
    Alias("x-ms-sgx-is-debuggable", ByPolicy(Debug(Boolean("is-debuggable", "True of a debug enclave.", "the default policy")))),
    Alias("x-ms-sgx-mrenclave", ByPolicy(Measurement(Hex(32, "sgx-mrenclave", "The measurement of the enclave.", "the default policy")))),
    Alias("x-ms-sgx-mrsigner", ByPolicy(Measurement(Hex(32, "sgx-mrsigner", "The signer of the enclave.", "the default policy")))),
    Alias("x-ms-sgx-product-id", ByPolicy(Integer("product-id", "The product id of the enclave.", "the default policy"))),
    Alias("x-ms-sgx-svn", ByPolicy(Integer("svn", "The security version of the enclave.", "the default policy"))),
    Alias("x-ms-attestation-type", ByPolicy(Text("tee", "The kind of evidence: \"sgx\".", "the default policy"))),

    Property("1.1", Text("x-ms-sgx-tcbidentifier",
                         "The TCB baseline to judge the platform against: \"azuredefault\", or an evaluation number such as \"12\".",
                         "\"azuredefault\"")),
};

}  // namespace

Table Sgx() { return kEntries; }

}  // namespace vidimus::catalogue
