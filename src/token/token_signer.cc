#include "token/token_signer.h"

#include <regex>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/random.h"
#include "crypto/rsa.h"
#include "token/jws.h"

namespace vidimus {
namespace {

constexpr size_t kIssuerCharacters = 512;

// The validity of MAA's own signing certificates, maa-rest-api section 1.8.
constexpr UnixTime kCertificateNotBefore = 1'556'668'800;  // 2019-05-01
constexpr UnixTime kCertificateNotAfter = 2'556'057'600;   // 2050-12-31

Status CheckKey(const PrivateKey& key) {
  if (key.kind() == PrivateKey::Kind::kRsa) return {};
  return Fail(ErrorCode::kUsage, "token.signer.key", "found a P-256 key, expected RSA: clients accept RS256 only");
}

Result<JsonObject> WithTokenId(JsonObject claims) {
  VIDIMUS_TRY(const ByteVector id, RandomBytes(32));
  claims.emplace_back("jti", HexEncode(id));
  return claims;
}

// No token leaves that its readers would refuse for its size.
Result<std::string> Readable(std::string token) {
  if (token.size() <= limits::kJwsBytes) return token;
  return Fail(ErrorCode::kLimit, "token.jws.size",
              "found a token of " + std::to_string(token.size()) + " characters, expected at most " + std::to_string(limits::kJwsBytes));
}

}  // namespace

Status TokenSigner::CheckIssuer(const std::string& issuer) {
  static const std::regex kForm(
      R"(https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)(:[0-9]{1,5})?(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)");
  const bool usable = issuer.size() <= kIssuerCharacters && std::regex_match(issuer, kForm);
  if (usable) return {};
  return Fail(ErrorCode::kUsage, "token.signer.issuer", "found \"" + issuer + "\", expected https://host[:port] without a trailing slash");
}

Result<ByteVector> MakeSigningCertificate(const std::string& issuer, const PrivateKey& key) {
  VIDIMUS_CHECK_OK(CheckKey(key));
  VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(issuer));
  CertificateSpec spec;
  spec.subject = {{"CN", issuer}};
  spec.serial = {1};
  spec.not_before = kCertificateNotBefore;
  spec.not_after = kCertificateNotAfter;
  return IssueCertificate(spec, key, {spec.subject, key});
}

std::string SigningKeyId(Bytes public_key_der) {
  static constexpr uint8_t kNul[1] = {0};
  return Base64Encode(Sha256(AsBytes(WritePem("PUBLIC KEY", public_key_der)), kNul));
}

Result<JsonObject> SigningKeyJwk(Bytes certificate) {
  VIDIMUS_TRY(const RsaPublicKey key, RsaPublicKey::FromCertificate(certificate));
  return JsonObject{{"alg", "RS256"},
                    {"e", Base64UrlEncode(key.Exponent())},
                    {"kid", SigningKeyId(key.PublicKeyDer())},
                    {"kty", "RSA"},
                    {"n", Base64UrlEncode(key.Modulus())},
                    {"use", "sig"},
                    {"x5c", JsonArray{Base64Encode(certificate)}}};
}

Result<TokenSigner> TokenSigner::Create(std::string issuer, PrivateKey key, bool dev) {
  VIDIMUS_CHECK_OK(CheckKey(key));
  VIDIMUS_CHECK_OK(CheckIssuer(issuer));
  TokenSigner out(std::move(issuer), std::move(key), dev);
  out.kid_ = SigningKeyId(out.key_.PublicKeyDer());
  out.signs_slowly_ = out.key_.RsaModulus().size() > 3072 / 8 || out.key_.signs_elsewhere();
  return out;
}

JsonObject TokenSigner::Header(const char* algorithm) const {
  return {{"alg", algorithm}, {"jku", issuer_ + "/certs"}, {"kid", kid_}, {"typ", "JWT"}};
}

// The members that every token of this service has.
JsonObject TokenSigner::Payload(JsonObject claims, UnixTime now, int64_t lifetime) const {
  claims.emplace_back("iss", issuer_);
  claims.emplace_back("iat", now);
  claims.emplace_back("nbf", now);
  claims.emplace_back("exp", now + lifetime);
  if (dev_) claims.emplace_back("x-vidimus-mode", "dev");
  return claims;
}

Result<std::string> TokenSigner::IssueAttestation(AttestationClaims claims, UnixTime now, int64_t lifetime) const {
  VIDIMUS_TRY(JsonObject named, WithTokenId(std::move(claims).members()));
  VIDIMUS_TRY(std::string token, SignJws(Header("RS256"), Payload(std::move(named), now, lifetime), key_));
  return Readable(std::move(token));
}

Result<std::string> TokenSigner::IssueDraft(AttestationClaims claims, UnixTime now, int64_t lifetime) const {
  VIDIMUS_TRY(JsonObject named, WithTokenId(std::move(claims).members()));
  return Readable(UnsecuredJws(Header("none"), Payload(std::move(named), now, lifetime)));
}

Result<std::string> TokenSigner::IssueManagement(const ManagementClaims& claims, UnixTime now) const {
  VIDIMUS_TRY(std::string token, SignJws(Header("RS256"), Payload(claims.members(), now, kManagementTokenSeconds), key_));
  return Readable(std::move(token));
}

}  // namespace vidimus
