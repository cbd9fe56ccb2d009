// Bodies of attest requests, of either type.
#include "api/attest_body.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = AsText(Bytes(data, size));
  for (const AttestationType type : {AttestationType::kSgxEnclave, AttestationType::kOpenEnclave}) {
    const auto request = ReadAttestBody(body, type);
    if (!request) continue;
    fuzz::Require(request->evidence.type == type, "the type is the path's");
    fuzz::Require(request->evidence.evidence.size() < size, "base64 only shrinks");
    fuzz::Require(!request->nonce || request->nonce->size() <= limits::kNonceBytes, "nonces are bounded");
  }
  return 0;
}
