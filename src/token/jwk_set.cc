#include "token/jwk_set.h"

#include "base/base64url.h"
#include "base/limits.h"
#include "codec/json.h"

namespace vidimus {
namespace {

constexpr size_t kCoordinateBytes = 32;  // of P-256

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

Result<P256PublicKey> PointFromNumbers(const Json& jwk) {
  const std::string* curve = Text(jwk, "crv");
  const std::string* x = Text(jwk, "x");
  const std::string* y = Text(jwk, "y");
  if (curve == nullptr || *curve != "P-256" || x == nullptr || y == nullptr)
    return Fail(ErrorCode::kUnsupported, "token.jwk_set.key", "expected crv \"P-256\", x and y");
  VIDIMUS_TRY(ByteVector point, Base64UrlDecodeStrict(*x));
  VIDIMUS_TRY(const ByteVector second, Base64UrlDecodeStrict(*y));
  if (point.size() != kCoordinateBytes || second.size() != kCoordinateBytes)  // RFC 7518 section 6.2.1.2: whole, zeros included
    return Fail(ErrorCode::kMalformed, "token.jwk_set.key", "expected x and y of 32 bytes each");
  point.insert(point.end(), second.begin(), second.end());
  return P256PublicKey::FromRaw(point);
}

// Whether member `name` is absent or `expected`.
bool MayBe(const Json& jwk, std::string_view name, std::string_view expected) {
  const Json* member = jwk.Find(name);
  return member == nullptr || (member->AsString() != nullptr && *member->AsString() == expected);
}

void TakeIssuerKey(const Json& jwk, std::vector<IssuerKey>& out) {
  const std::string* kty = Text(jwk, "kty");
  const std::string* kid = Text(jwk, "kid");
  if (kty == nullptr || !MayBe(jwk, "use", "sig")) return;
  const std::string name = kid == nullptr ? "" : *kid;
  if (*kty == "RSA" && MayBe(jwk, "alg", "RS256")) {
    if (auto key = KeyFromNumbers(jwk); key) out.push_back({name, *std::move(key)});
  } else if (*kty == "EC" && MayBe(jwk, "alg", "ES256")) {
    if (auto key = PointFromNumbers(jwk); key) out.push_back({name, *std::move(key)});
  }
}

Result<JsonArray> ReadSet(std::string_view json) {
  auto set = ParseJson(json);
  if (!set) return Fail(ErrorCode::kMalformed, "token.jwk_set.format", set.error().detail);
  const Json* keys = set->Find("keys");
  if (keys == nullptr || keys->AsArray() == nullptr)
    return Fail(ErrorCode::kMalformed, "token.jwk_set.format", "expected an object with a list \"keys\"");
  if (keys->AsArray()->size() > limits::kJwkSetKeys)
    return Fail(ErrorCode::kLimit, "token.jwk_set.keys",
                "found " + std::to_string(keys->AsArray()->size()) + " keys, expected at most " + std::to_string(limits::kJwkSetKeys));
  return *keys->AsArray();
}

}  // namespace

Result<std::vector<VerificationKey>> ParseJwkSet(std::string_view json) {
  VIDIMUS_TRY(const JsonArray keys, ReadSet(json));
  std::vector<VerificationKey> out;
  for (const Json& jwk : keys) {
    const std::string* kty = Text(jwk, "kty");
    const std::string* kid = Text(jwk, "kid");
    if (kty == nullptr || *kty != "RSA" || kid == nullptr) continue;
    VIDIMUS_TRY(RsaPublicKey key, ReadKey(jwk));
    out.push_back({*kid, std::move(key)});
  }
  return out;
}

Result<std::vector<IssuerKey>> ParseIssuerKeys(std::string_view json) {
  if (json.size() > limits::kOpenIdDocumentBytes)
    return Fail(ErrorCode::kLimit, "token.jwk_set.size",
                "found " + std::to_string(json.size()) + " bytes, expected at most " + std::to_string(limits::kOpenIdDocumentBytes));
  VIDIMUS_TRY(const JsonArray keys, ReadSet(json));
  std::vector<IssuerKey> out;
  for (const Json& jwk : keys) TakeIssuerKey(jwk, out);
  return out;
}

}  // namespace vidimus
