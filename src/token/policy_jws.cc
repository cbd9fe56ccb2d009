#include "token/policy_jws.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/limits.h"
#include "codec/der.h"
#include "crypto/certificate.h"
#include "crypto/rsa.h"
#include "token/jws.h"

namespace vidimus {
namespace {

constexpr std::string_view kWhere = "policy.jws";
constexpr std::string_view kMember = "AttestationPolicy";

JsonObject Payload(std::string_view text) { return {{std::string(kMember), Base64UrlEncode(AsBytes(text))}}; }

Result<std::string> TextIn(const Json& payload) {
  const Json* policy = payload.Find(kMember);
  if (policy == nullptr || policy->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, kWhere, "found no string \"AttestationPolicy\" in the payload");
  const auto text = Base64UrlDecodeStrict(*policy->AsString());
  if (!text) return Fail(ErrorCode::kMalformed, kWhere, "AttestationPolicy: " + text.error().detail);
  if (text->size() > limits::kPolicyBytes)
    return Fail(ErrorCode::kLimit, "policy.size",
                "found " + std::to_string(text->size()) + " bytes, expected at most " + std::to_string(limits::kPolicyBytes));
  return std::string(AsText(*text));
}

// Of the header, or of a JWK in it.
Result<std::vector<ByteVector>> CertificatesIn(const Json& header) {
  const Json* x5c = header.Find("x5c");
  if (const Json* jwk = header.Find("jwk"); x5c == nullptr && jwk != nullptr) x5c = jwk->Find("x5c");
  std::vector<ByteVector> out;
  if (x5c == nullptr) return out;
  const JsonArray* list = x5c->AsArray();
  if (list == nullptr || list->empty() || list->size() > limits::kX5cCertificates)
    return Fail(ErrorCode::kMalformed, kWhere,
                "x5c: expected a list of 1 to " + std::to_string(limits::kX5cCertificates) + " certificates in base64");
  for (const Json& one : *list) {
    auto der = one.AsString() == nullptr ? Result<ByteVector>(ByteVector()) : Base64DecodeLenient(*one.AsString());
    if (!der || der->empty() || der->size() > limits::kCertificateBytes)
      return Fail(ErrorCode::kMalformed, kWhere,
                  "x5c: expected base64 of at most " + std::to_string(limits::kCertificateBytes) + " bytes of DER");
    out.push_back(*std::move(der));
  }
  return out;
}

// SEQUENCE { INTEGER r, INTEGER s } as 64 bytes; others as they are.
ByteVector RawEcdsa(const ByteVector& signature) {
  std::array<uint8_t, 64> out{};
  DerReader outer(signature);
  const auto sequence = outer.Read(0x30);
  if (!sequence || !outer.empty()) return signature;
  DerReader numbers(sequence->value);
  for (size_t end = 32; end <= 64; end += 32) {
    const auto number = numbers.ReadUnsigned();
    if (!number || number->size() > 32) return signature;
    std::copy(number->begin(), number->end(), out.begin() + static_cast<std::ptrdiff_t>(end - number->size()));
  }
  return numbers.empty() ? ByteVector(out.begin(), out.end()) : signature;
}

bool Verifies(const Jws& jws, Bytes certificate) {
  if (const auto rsa = RsaPublicKey::FromCertificate(certificate)) return rsa->Verify(AsBytes(jws.signing_input), jws.signature);
  const auto parsed = ParseCertificate(certificate);
  if (!parsed) return false;
  const auto key = P256PublicKey::FromRaw(parsed->public_key);
  if (!key) return false;
  return key->Verify(AsBytes(jws.signing_input), jws.signature.size() == 64 ? jws.signature : RawEcdsa(jws.signature));
}

}  // namespace

bool LooksLikePolicyJws(std::string_view text) { return text.starts_with("ey") && std::count(text.begin(), text.end(), '.') == 2; }

std::string_view UnquotedJws(std::string_view sent) {
  const size_t first = sent.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  sent = sent.substr(first, sent.find_last_not_of(" \t\r\n") - first + 1);
  if (sent.size() >= 2 && sent.starts_with('"') && sent.ends_with('"')) sent = sent.substr(1, sent.size() - 2);
  return sent;
}

std::string UnsecuredPolicy(std::string_view text) { return UnsecuredJws({{"alg", "none"}}, Payload(text)); }

Result<std::string> SignPolicy(std::string_view text, const PrivateKey& key, const std::vector<ByteVector>& chain) {
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
  return SignJws({{"alg", "RS256"}, {"x5c", std::move(x5c)}}, Payload(text), key);
}

Result<std::string> PolicyOf(std::string_view compact) {
  VIDIMUS_TRY(const Jws jws, ParseJws(compact));
  return TextIn(jws.payload);
}

Result<PolicyJws> ReadPolicyJws(std::string_view compact) {
  VIDIMUS_TRY(const Jws jws, ParseJws(compact));
  PolicyJws out;
  VIDIMUS_TRY(out.text, TextIn(jws.payload));
  VIDIMUS_TRY(out.x5c, CertificatesIn(jws.header));
  const Json* algorithm = jws.header.Find("alg");
  if (algorithm == nullptr || algorithm->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, kWhere, "found no string \"alg\" in the header");
  out.algorithm = *algorithm->AsString();
  if (out.algorithm == "none" && jws.signature.empty() && out.x5c.empty()) return out;
  const bool holds = out.algorithm != "none" && !out.x5c.empty() && Verifies(jws, out.x5c.front());
  out.signature = holds ? PolicyJws::Signature::kValid : PolicyJws::Signature::kInvalid;
  return out;
}

}  // namespace vidimus
