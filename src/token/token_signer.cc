#include "token/token_signer.h"

#include <regex>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/random.h"
#include "token/jws.h"

namespace vidimus {
namespace {

constexpr size_t kIssuerCharacters = 512;

// The validity of MAA's own signing certificates, maa-rest-api section 1.8.
constexpr UnixTime kCertificateNotBefore = 1'556'668'800;  // 2019-05-01
constexpr UnixTime kCertificateNotAfter = 2'556'057'600;   // 2050-12-31

std::string KeyId(const PrivateKey& key) {
  static constexpr uint8_t kNul[1] = {0};
  return Base64Encode(Sha256(AsBytes(WritePem("PUBLIC KEY", key.PublicKeyDer())), kNul));
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

Result<TokenSigner> TokenSigner::Create(std::string issuer, PrivateKey key, bool dev) {
  if (key.kind() != PrivateKey::Kind::kRsa)
    return Fail(ErrorCode::kUsage, "token.signer.key", "found a P-256 key, expected RSA: clients accept RS256 only");
  VIDIMUS_CHECK_OK(CheckIssuer(issuer));
  TokenSigner out(std::move(issuer), std::move(key), dev);
  CertificateSpec spec;
  spec.subject = {{"CN", out.issuer_}};
  spec.serial = {1};
  spec.not_before = kCertificateNotBefore;
  spec.not_after = kCertificateNotAfter;
  VIDIMUS_TRY(out.certificate_, IssueCertificate(spec, out.key_, {spec.subject, out.key_}));
  out.kid_ = KeyId(out.key_);
  return out;
}

JsonObject TokenSigner::Jwk() const {
  return {{"alg", "RS256"},
          {"e", Base64UrlEncode(key_.RsaExponent())},
          {"kid", kid_},
          {"kty", "RSA"},
          {"n", Base64UrlEncode(key_.RsaModulus())},
          {"use", "sig"},
          {"x5c", JsonArray{Base64Encode(certificate_)}}};
}

JsonObject TokenSigner::Header(const char* algorithm) const {
  return {{"alg", algorithm}, {"jku", issuer_ + "/certs"}, {"kid", kid_}, {"typ", "JWT"}};
}

Result<JsonObject> TokenSigner::Payload(AttestationClaims claims, UnixTime now) const {
  VIDIMUS_TRY(const ByteVector id, RandomBytes(32));
  JsonObject out = std::move(claims).members();
  out.emplace_back("iss", issuer_);
  out.emplace_back("iat", now);
  out.emplace_back("nbf", now);
  out.emplace_back("exp", now + kAttestationTokenSeconds);
  out.emplace_back("jti", HexEncode(id));
  if (dev_) out.emplace_back("x-vidimus-mode", "dev");
  return out;
}

Result<std::string> TokenSigner::IssueAttestation(AttestationClaims claims, UnixTime now) const {
  VIDIMUS_TRY(const JsonObject payload, Payload(std::move(claims), now));
  VIDIMUS_TRY(std::string token, SignJws(Header("RS256"), payload, key_));
  return Readable(std::move(token));
}

Result<std::string> TokenSigner::IssueDraft(AttestationClaims claims, UnixTime now) const {
  VIDIMUS_TRY(const JsonObject payload, Payload(std::move(claims), now));
  return Readable(UnsecuredJws(Header("none"), payload));
}

}  // namespace vidimus
