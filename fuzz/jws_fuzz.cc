// Tokens and key sets: what parses says the same again; nothing validates without a key.
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "token/jwk_set.h"
#include "token/jws.h"
#include "token/validate.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText(Bytes(data, size));
  const auto keys = ParseJwkSet(text);
  if (const auto issuer_keys = ParseIssuerKeys(text))
    fuzz::Require(issuer_keys->size() <= limits::kJwkSetKeys, "no more keys than the limit");
  TokenExpectations expected;
  expected.issuer = "https://localhost";
  fuzz::Require(!ValidateToken(text, {}, expected), "nothing validates without a key");
  const auto jws = ParseJws(text);
  if (!jws) return 0;
  fuzz::Require(jws->header.AsObject() != nullptr && jws->payload.AsObject() != nullptr, "both parts are objects");
  fuzz::Require(text.starts_with(jws->signing_input), "the signing input begins the token");
  return 0;
}
