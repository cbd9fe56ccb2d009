// Bearer tokens against a fixed key set: whatever is sent is answered once, at once, and is nobody's without a signature.
#include "auth/bearer.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

namespace {

// The base point of P-256 (FIPS 186-5), whose private key is 1: nothing that a fuzzer writes is signed with it.
constexpr const char* kKeys = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"ec",
  "x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]})";

const BearerAuthenticator& Authenticator() {
  static const auto authenticator =
      *BearerAuthenticator::Create({{"https://issuer", {"a"}, {"b"}, "", kKeys}}, nullptr, [] { return 1000; });
  return *authenticator;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(AsText(Bytes(data, size)));
  for (const std::string& authorization : {text, "Bearer " + text}) {
    int answers = 0;
    Authenticator().Authenticate(authorization, Plane::kData, [&](const Result<Caller>& caller) {
      ++answers;
      fuzz::Require(!caller, "nobody is let in without a signature");
    });
    fuzz::Require(answers == 1, "every caller is answered once");
  }
  return 0;
}
