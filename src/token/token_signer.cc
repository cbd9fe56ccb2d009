#include "token/token_signer.h"

#include "base/base64url.h"
#include "base/hex.h"
#include "codec/pem.h"
#include "crypto/digest.h"
#include "crypto/issue.h"
#include "crypto/random.h"
#include "token/jws.h"

namespace vidimus {
namespace {

// The validity of MAA's own signing certificates, maa-rest-api section 1.8.
constexpr UnixTime kCertificateNotBefore = 1'556'668'800;  // 2019-05-01
constexpr UnixTime kCertificateNotAfter = 2'556'057'600;   // 2050-12-31

std::string KeyId(const PrivateKey& key) {
  static constexpr uint8_t kNul[1] = {0};
  return Base64Encode(Sha256(AsBytes(WritePem("PUBLIC KEY", key.PublicKeyDer())), kNul));
}

}  // namespace

Status TokenSigner::CheckIssuer(const std::string& issuer) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:[]/";
  const bool usable = issuer.starts_with(kScheme) && issuer.size() > kScheme.size() &&
                      issuer.find_first_of(":/", kScheme.size()) != kScheme.size() && !issuer.ends_with('/') &&
                      issuer.find_first_not_of(kAllowed) == std::string::npos;
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
  return SignJws(Header("RS256"), payload, key_);
}

Result<std::string> TokenSigner::IssueDraft(AttestationClaims claims, UnixTime now) const {
  VIDIMUS_TRY(const JsonObject payload, Payload(std::move(claims), now));
  return UnsecuredJws(Header("none"), payload);
}

}  // namespace vidimus
