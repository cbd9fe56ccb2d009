#include "policy/default_policies.h"

namespace vidimus {

std::string_view DefaultSgxPolicy() {
  return "version= 1.1;"
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
}

}  // namespace vidimus
