#include "inspect/json_members.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/hex.h"
#include "base/time.h"
#include "inspect/layout.h"

namespace vidimus::inspect {
namespace {

struct Member {
  std::string_view name, meaning;
};

// intel-dcap sections 4.1 to 4.5.
constexpr auto kIntelMembers = std::to_array<Member>({
    {"tcbInfo", "TCB info; the signature is over its exact bytes"},
    {"enclaveIdentity", "identity of an enclave of Intel's; the signature is over its exact bytes"},
    {"tcbEvaluationDataNumbers", "evaluation numbers in use; the signature is over its exact bytes"},
    {"signature", "r and s, by the TCB signing key over the document's exact bytes"},
    {"id", "which TEE, or which enclave"},
    {"version", "version of the format"},
    {"issueDate", "issued"},
    {"nextUpdate", "the next one is due"},
    {"fmspc", "FMSPC: the platforms it speaks of"},
    {"pceId", "PCEID: the provisioning certification enclave it speaks of"},
    {"tcbType", "how levels are compared; 0"},
    {"tcbEvaluationDataNumber", "grows with every TCB recovery"},
    {"tcbRecoveryEventDate", "when the TCB recovery was announced"},
    {"tcbLevels", "TCB levels, best first"},
    {"sgxtcbcomponents", "SVNs that the platform needs at least, components 01 to 16"},
    {"tdxtcbcomponents", "SVNs that the TDX module needs at least, components 01 to 16"},
    {"pcesvn", "SVN that the provisioning certification enclave needs at least"},
    {"isvsvn", "SVN that the enclave or module needs at least"},
    {"tcbDate", "security advisories up to this date are considered"},
    {"tcbStatus", "status of a platform at this level"},
    {"advisoryIDs", "Intel security advisories that apply at this level"},
    {"miscselect", "MISCSELECT expected, where its mask has ones"},
    {"miscselectMask", "bits of MISCSELECT compared"},
    {"attributes", "ATTRIBUTES expected, where the mask has ones"},
    {"attributesMask", "bits of ATTRIBUTES compared"},
    {"mrsigner", "MRSIGNER expected"},
    {"isvprodid", "product id expected"},
    {"tdxModule", "identity of the first TDX module"},
    {"tdxModuleIdentities", "identities of TDX modules by their major version"},
});

// RFC 7515, RFC 7517, RFC 7519; from AttestationPolicy on, maa-rest-api section 2.4.
constexpr auto kTokenMembers = std::to_array<Member>({
    {"alg", "how it is signed"},
    {"typ", "type of the token"},
    {"kid", "id of the signing key"},
    {"jku", "where the signing keys are published; say, not to be followed"},
    {"x5c", "certificate chain of the signing key, base64 of DER"},
    {"kty", "type of the key"},
    {"iss", "issuer"},
    {"sub", "subject"},
    {"aud", "audience"},
    {"jti", "id of this token"},
    {"iat", "issued"},
    {"nbf", "valid from"},
    {"exp", "valid until"},
    {"nonce", "as the requester gave it"},
    {"AttestationPolicy", "policy text, base64url"},
    {"x-ms-ver", "version of the token's schema"},
    {"x-ms-attestation-type", "kind of TEE"},
    {"x-ms-policy-hash", "SHA-256 of the policy that decided, as stored"},
    {"x-ms-policy-signer", "key that signed the policy"},
    {"x-ms-policy", "claims that the policy issued"},
    {"x-ms-runtime", "runtime data bound in the evidence"},
    {"x-ms-inittime", "init-time data bound in the evidence"},
    {"x-ms-sgx-is-debuggable", "whether the enclave can be debugged"},
    {"x-ms-sgx-mrenclave", "MRENCLAVE: measurement of the enclave's code and data"},
    {"x-ms-sgx-mrsigner", "MRSIGNER: SHA-256 of the key that signed the enclave"},
    {"x-ms-sgx-product-id", "product id of the enclave"},
    {"x-ms-sgx-svn", "security version of the enclave"},
    {"x-ms-sgx-report-data", "64 bytes chosen by the enclave"},
    {"x-ms-sgx-ehd", "enclave held data, base64url"},
    {"x-ms-sgx-collateral", "SHA-256 of the endorsements used"},
    {"x-ms-sgx-tcbidentifier", "TCB baseline judged by"},
    {"x-ms-sgx-config-id", "CONFIGID (KSS)"},
    {"x-ms-sgx-config-svn", "CONFIGSVN (KSS)"},
    {"x-ms-sgx-isv-extended-product-id", "extended product id (KSS)"},
    {"x-ms-sgx-isv-family-id", "family id (KSS)"},
    {"x-ms-compliance-status", "whether the VM meets Azure's rules"},
});

std::string_view Find(std::span<const Member> members, std::string_view name) {
  const auto at = std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.name == name; });
  return at == members.end() ? std::string_view() : at->meaning;
}

std::string DateText(std::string_view value) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  constexpr int64_t kLast = 253402300799;  // 9999-12-31T23:59:59Z
  if (error != std::errc() || end != value.data() + value.size() || seconds < 0 || seconds > kLast) return {};
  return " " + FormatRfc3339Utc(seconds);
}

}  // namespace

std::string MemberMeaning(std::string_view name, std::string_view value) {
  std::string out(Find(kIntelMembers, name));
  if (out.empty()) out = Find(kTokenMembers, name);
  if (name == "iat" || name == "nbf" || name == "exp") out += DateText(value);
  if (name == "alg" && value == "none") out = "not signed: anyone can have written it";
  if (name == "attributes" || name == "attributesMask")
    if (const auto bytes = HexDecode(value); bytes && bytes->size() == 16)
      out += ": flags " + Explain(Form::kFlags, Bytes(*bytes).first(8));
  return out;
}

}  // namespace vidimus::inspect
