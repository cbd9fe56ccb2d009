#include "policy/default_policies.h"

namespace vidimus {
namespace {

constexpr std::string_view kSgx =
    "version= 1.1;"
    "configurationrules{=> issueproperty(type=\"x-ms-sgx-tcbidentifier\", value=\"azuredefault\");"
    "};"
    "authorizationrules{=> permit();"
    "};"
    "issuancerules{c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", value=c.value);"
    "c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", value=c.value);"
    "c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", value=c.value);"
    "c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"
    "c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);"
    "};";

constexpr std::string_view kSevSnp = "version= 1.0;authorizationrules{=> permit();};";

constexpr std::string_view kTdx =
    "version= 1.0;\n"
    "\n"
    "authorizationrules\n"
    "{\n"
    "    => permit();\n"
    "};\n"
    "\n"
    "issuancerules\n"
    "{\n"
    "};";

// It begins with a line end, and ends without one.
constexpr std::string_view kAzureGuest =
    "\n"
    "                version= 1.0;\n"
    "                authorizationrules\n"
    "                {\n"
    "                    [type==\"x-ms-azurevm-default-securebootkeysvalidated\", value==false] => deny();\n"
    "\n"
    "                    [type==\"x-ms-azurevm-debuggersdisabled\", value==false] => deny();\n"
    "\n"
    "                    [type==\"secureboot\", value==false] => deny();\n"
    "\n"
    "                    [type==\"x-ms-azurevm-signingdisabled\", value==false] => deny();\n"
    "\n"
    "                    [type==\"x-ms-azurevm-dbvalidated\", value==false] => deny();\n"
    "\n"
    "                    [type==\"x-ms-azurevm-dbxvalidated\", value==false] => deny();\n"
    "\n"
    "                    => permit();\n"
    "                };\n"
    "                issuancerules\n"
    "                {\n"
    "                };";

// MAA answers an empty policy here, which its clients cannot read; one that permits nothing says the same.
constexpr std::string_view kTpm = "version=1.0;authorizationrules{};issuancerules{};";

}  // namespace

std::string_view DefaultPolicy(AttestationType type) {
  switch (type) {
    case AttestationType::kSgxEnclave:
    case AttestationType::kOpenEnclave: return kSgx;
    case AttestationType::kSevSnpVm: return kSevSnp;
    case AttestationType::kTdxVm: return kTdx;
    case AttestationType::kAzureGuest: return kAzureGuest;
    case AttestationType::kTpm: return kTpm;
  }
  return kTpm;
}

}  // namespace vidimus
