#include "token/management_jws.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/limits.h"
#include "crypto/rsa.h"
#include "token/jws.h"
#include "token/management_claims.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

constexpr std::string_view kWhere = "policy.jws";

tl::unexpected<Error> Malformed(const std::string& detail) { return Fail(ErrorCode::kMalformed, kWhere, detail); }

// The certificates of an x5c member (RFC 7515 section 4.1.6).
Result<std::vector<SignerCertificate>> CertificatesIn(const Json& x5c) {
  const JsonArray* list = x5c.AsArray();
  if (list == nullptr || list->empty() || list->size() > limits::kX5cCertificates)
    return Malformed("x5c: expected a list of 1 to " + std::to_string(limits::kX5cCertificates) + " certificates in base64");
  std::vector<SignerCertificate> out;
  for (const Json& one : *list) {
    const auto der = one.AsString() == nullptr ? Result<ByteVector>(ByteVector()) : Base64DecodeLenient(*one.AsString());
    if (!der || der->empty()) return Malformed("x5c: expected certificates in base64");
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(*der));
    out.push_back(std::move(certificate));
  }
  return out;
}

std::string Shown(const SignerCertificate& certificate) { return certificate.subject() + " (" + certificate.thumbprint() + ")"; }

// Whether `path[0]`'s issuer by `path`, or the one above its end, is `signer`; the others in between hold and may issue.
bool LeadsTo(const std::vector<SignerCertificate>& path, const SignerCertificate& signer) {
  for (size_t depth = 0; depth < path.size(); ++depth) {
    // Below an issuer stand the leaf and `depth` issuers.
    if (signer.path_length().value_or(depth) >= depth && path[depth].IsIssuedBy(signer)) return true;
    const bool goes_on =
        depth + 1 < path.size() && path[depth].IsIssuedBy(path[depth + 1]) && path[depth + 1].path_length().value_or(depth) >= depth;
    if (!goes_on) return false;
  }
  return false;
}

tl::unexpected<Error> Untrusted(const std::vector<SignerCertificate>& certificates, size_t signers) {
  return Fail(ErrorCode::kUntrusted, "policy.signer.untrusted",
              "found " + (certificates.empty() ? "no certificate" : "certificate " + Shown(certificates.front())) +
                  ", expected one of the " + std::to_string(signers) + " policy signers, or a certificate issued by one that is a CA");
}

}  // namespace

bool JwsSignature::MadeBy(const SignerCertificate& certificate) const {
  return !signature_.empty() && algorithm_ != "none" && certificate.Verifies(AsBytes(signing_input_), signature_);
}

Result<JwsSignature> ReadJwsSignature(std::string_view compact) {
  VIDIMUS_TRY(Jws jws, ParseJws(compact, JwsPayload::kMayBeEmpty));
  JwsSignature out;
  const Json* algorithm = jws.header.Find("alg");
  if (algorithm == nullptr || algorithm->AsString() == nullptr) return Malformed("found no string \"alg\" in the header");
  out.algorithm_ = *algorithm->AsString();
  out.signing_input_ = jws.signing_input;
  out.signature_ = std::move(jws.signature);
  const Json* x5c = jws.header.Find("x5c");
  // Where Python's client puts it. A key without certificate is nobody's.
  if (const Json* jwk = jws.header.Find("jwk"); x5c == nullptr && jwk != nullptr) x5c = jwk->Find("x5c");
  if (x5c != nullptr) {
    VIDIMUS_TRY(out.certificates_, CertificatesIn(*x5c));
  }
  return out;
}

Result<SignerCertificate> FindSigner(const JwsSignature& signature, const std::vector<SignerCertificate>& signers, UnixTime now) {
  if (!signature.secured())
    return Fail(ErrorCode::kUntrusted, "policy.signer.unsigned",
                "found no signature, expected that of one of the " + std::to_string(signers.size()) + " policy signers");
  const auto own = std::find_if(signers.begin(), signers.end(), [&](const SignerCertificate& one) { return signature.MadeBy(one); });
  if (own != signers.end()) return *own;
  const auto& path = signature.certificates();
  if (path.empty() || !signature.MadeBy(path.front())) return Untrusted(path, signers.size());
  const auto issuer = std::find_if(signers.begin(), signers.end(), [&](const SignerCertificate& one) { return LeadsTo(path, one); });
  if (issuer == signers.end()) return Untrusted(path, signers.size());
  for (const SignerCertificate& certificate : path)
    if (!(certificate.der() == issuer->der()) && !certificate.HoldsAt(now))
      return Fail(ErrorCode::kExpired, "policy.signer.expired",
                  "found certificate " + Shown(certificate) + ", expected one that is valid at " + FormatRfc3339Utc(now));
  return *issuer;
}

Result<SignerCertificate> FindSelfNamedSigner(const JwsSignature& signature) {
  const auto& certificates = signature.certificates();
  if (!certificates.empty() && signature.MadeBy(certificates.front())) return certificates.front();
  return Fail(ErrorCode::kUntrusted, "policy.signer.signature",
              certificates.empty() ? "found no certificate in the header, expected x5c with that of the key that signed"
                                   : "the signature does not verify with the key of certificate " + Shown(certificates.front()));
}

Status CheckResetJws(std::string_view compact) {
  VIDIMUS_TRY(const Jws jws, ParseJws(compact, JwsPayload::kMayBeEmpty));
  if (jws.payload.AsObject()->empty()) return {};
  return Malformed("found members in the payload, expected an empty one");
}

Result<SignerCertificate> CertificateToChange(std::string_view compact) {
  VIDIMUS_TRY(const Jws jws, ParseJws(compact));
  for (const std::string_view name : {"policyCertificate", "maa-policyCertificate", "aas-policyCertificate", "x-ms-policyCertificate"}) {
    const Json* jwk = jws.payload.Find(name);
    if (jwk == nullptr) continue;
    const Json* x5c = jwk->Find("x5c");
    if (x5c == nullptr) return Malformed("found \"" + std::string(name) + "\" without x5c, expected a JWK with a certificate");
    VIDIMUS_TRY(const auto certificates, CertificatesIn(*x5c));
    return certificates.front();
  }
  return Malformed("Could not find \"policyCertificate\" claim in policy token");
}

Result<std::string> JwsOfCertificateBody(std::string_view body) {
  const size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || body[first] != '{') return std::string(UnquotedJws(body));
  VIDIMUS_TRY(const Json json, ParseJson(body));
  for (const JsonMember& member : *json.AsObject()) {
    const std::string name = AsciiLower(member.first);
    const std::string* jws = member.second.AsString();
    if (jws != nullptr && (name == "policycertificatetoadd" || name == "policycertificatetoremove")) return *jws;
  }
  return Malformed("expected a JWS, or an object with policyCertificateToAdd or policyCertificateToRemove");
}

Result<std::string> SignManagementJws(const JsonObject& payload, const PrivateKey& key, const std::vector<ByteVector>& chain) {
  if (key.kind() != PrivateKey::Kind::kRsa)
    return Fail(ErrorCode::kUsage, "policy.signer.key", "found a P-256 key, expected RSA: not every service takes another");
  if (chain.empty() || chain.size() > limits::kX5cCertificates)
    return Fail(ErrorCode::kUsage, "policy.signer.certificate",
                "found " + std::to_string(chain.size()) + " certificates, expected 1 to " + std::to_string(limits::kX5cCertificates));
  const auto certified = RsaPublicKey::FromCertificate(chain.front());
  if (!certified) return Fail(ErrorCode::kUsage, "policy.signer.certificate", "the first certificate: " + certified.error().detail);
  VIDIMUS_TRY(const RsaPublicKey own, RsaPublicKey::FromNumbers(key.RsaModulus(), key.RsaExponent()));
  if (!(*certified == own))
    return Fail(ErrorCode::kMismatch, "policy.signer.certificate", "found a certificate of another key, expected the signing key's first");
  JsonArray x5c;
  for (const ByteVector& der : chain) x5c.emplace_back(Base64Encode(der));
  return SignJws({{"alg", "RS256"}, {"x5c", std::move(x5c)}}, payload, key);
}

Result<std::string> SignCertificateChange(const SignerCertificate& certificate, const PrivateKey& key,
                                          const std::vector<ByteVector>& chain) {
  return SignManagementJws({{"policyCertificate", SignerJwk(certificate)}}, key, chain);
}

Result<std::string> SignReset(const PrivateKey& key, const std::vector<ByteVector>& chain) { return SignManagementJws({}, key, chain); }

}  // namespace vidimus
