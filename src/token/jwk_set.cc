#include "token/jwk_set.h"

#include "base/base64url.h"
#include "base/limits.h"
#include "codec/json.h"

namespace vidimus {
namespace {

const std::string* Text(const Json& object, std::string_view name) {
  const Json* member = object.Find(name);
  return member == nullptr ? nullptr : member->AsString();
}

Result<RsaPublicKey> KeyFromCertificate(const Json& x5c) {
  const JsonArray* chain = x5c.AsArray();
  if (chain == nullptr || chain->empty() || chain->size() > limits::kX5cCertificates || chain->front().AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "token.jwk_set.key",
                "expected x5c to be a list of 1 to " + std::to_string(limits::kX5cCertificates) + " certificates");
  VIDIMUS_TRY(const ByteVector der, Base64DecodeLenient(*chain->front().AsString()));
  return RsaPublicKey::FromCertificate(der);
}

Result<RsaPublicKey> KeyFromNumbers(const Json& jwk) {
  const std::string* n = Text(jwk, "n");
  const std::string* e = Text(jwk, "e");
  if (n == nullptr || e == nullptr) return Fail(ErrorCode::kMalformed, "token.jwk_set.key", "found neither x5c nor n and e");
  VIDIMUS_TRY(const ByteVector modulus, Base64UrlDecodeStrict(*n));
  VIDIMUS_TRY(const ByteVector exponent, Base64UrlDecodeStrict(*e));
  return RsaPublicKey::FromNumbers(modulus, exponent);
}

Result<RsaPublicKey> ReadKey(const Json& jwk) {
  const Json* x5c = jwk.Find("x5c");
  if (x5c == nullptr) return KeyFromNumbers(jwk);
  VIDIMUS_TRY(RsaPublicKey key, KeyFromCertificate(*x5c));
  if (jwk.Find("n") == nullptr) return key;
  VIDIMUS_TRY(const RsaPublicKey numbers, KeyFromNumbers(jwk));
  if (key == numbers) return key;
  return Fail(ErrorCode::kMismatch, "token.jwk_set.key", "x5c holds another key than n and e");
}

}  // namespace

Result<std::vector<VerificationKey>> ParseJwkSet(std::string_view json) {
  const auto set = ParseJson(json);
  if (!set) return Fail(ErrorCode::kMalformed, "token.jwk_set.format", set.error().detail);
  const Json* keys = set->Find("keys");
  if (keys == nullptr || keys->AsArray() == nullptr)
    return Fail(ErrorCode::kMalformed, "token.jwk_set.format", "expected an object with a list \"keys\"");
  if (keys->AsArray()->size() > limits::kJwkSetKeys)
    return Fail(ErrorCode::kLimit, "token.jwk_set.keys",
                "found " + std::to_string(keys->AsArray()->size()) + " keys, expected at most " + std::to_string(limits::kJwkSetKeys));
  std::vector<VerificationKey> out;
  for (const Json& jwk : *keys->AsArray()) {
    const std::string* kty = Text(jwk, "kty");
    const std::string* kid = Text(jwk, "kid");
    if (kty == nullptr || *kty != "RSA" || kid == nullptr) continue;
    VIDIMUS_TRY(RsaPublicKey key, ReadKey(jwk));
    out.push_back({*kid, std::move(key)});
  }
  return out;
}

}  // namespace vidimus
