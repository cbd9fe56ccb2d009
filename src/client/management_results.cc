#include "client/management_results.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "token/jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

Json MemberOf(const Json& object, std::string_view name) {
  const Json* member = object.Find(name);
  return member == nullptr ? Json() : *member;
}

Status Require(const Json& payload, std::string_view name, const std::string& expected) {
  const Json found = MemberOf(payload, name);
  if (found == Json(expected)) return {};
  return Fail(ErrorCode::kMismatch, "client.result",
              "found " + std::string(name) + " " + WriteJson(found) + ", expected \"" + expected + "\"; the service did something else");
}

// {…, subject, thumbprint}
Result<Json> DescribeSigner(const Json& jwk) {
  const Json* x5c = jwk.Find("x5c");
  const bool some =
      x5c != nullptr && x5c->AsArray() != nullptr && !x5c->AsArray()->empty() && x5c->AsArray()->front().AsString() != nullptr;
  if (!some) return Fail(ErrorCode::kMalformed, "client.result", "found a signer without x5c, expected a certificate in base64");
  VIDIMUS_TRY(const ByteVector der, Base64DecodeLenient(*x5c->AsArray()->front().AsString()));
  VIDIMUS_TRY(const SignerCertificate certificate, SignerCertificate::FromDer(der));
  JsonObject out = *jwk.AsObject();
  out.emplace_back("subject", certificate.subject());
  out.emplace_back("thumbprint", certificate.thumbprint());
  return Json(std::move(out));
}

}  // namespace

Result<Json> DescribePolicy(const Json& payload) {
  const Json policy = MemberOf(payload, "x-ms-policy");
  if (policy.AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "client.result", "found x-ms-policy " + WriteJson(policy) + ", expected a policy JWS");
  const std::string& jwt = *policy.AsString();
  VIDIMUS_TRY(const Jws jws, ParseJws(jwt, JwsPayload::kMayBeEmpty));
  std::string text;
  if (!jws.payload.AsObject()->empty()) {
    VIDIMUS_TRY(text, PolicyOf(jwt));
  }
  const auto length = static_cast<uint64_t>(text.size());
  return Json(JsonObject{{"Jwt", jwt},
                         {"JwtLength", static_cast<uint64_t>(jwt.size())},
                         {"Algorithm", MemberOf(jws.header, "alg")},
                         {"Text", std::move(text)},
                         {"TextLength", length}});
}

Result<Json> DescribeSigners(std::string_view token, const Json& payload) {
  VIDIMUS_TRY(const Jws jws, ParseJws(token));
  const Json keys = MemberOf(MemberOf(payload, "x-ms-policy-certificates"), "keys");
  if (keys.AsArray() == nullptr) return Fail(ErrorCode::kMalformed, "client.result", "found no list of keys in x-ms-policy-certificates");
  JsonArray certificates;
  for (const Json& key : *keys.AsArray()) {
    VIDIMUS_TRY(Json one, DescribeSigner(key));
    certificates.push_back(std::move(one));
  }
  const auto count = static_cast<uint64_t>(certificates.size());
  return Json(JsonObject{{"Jwt", token},
                         {"Algorithm", MemberOf(jws.header, "alg")},
                         {"JKU", MemberOf(jws.header, "jku")},
                         {"Certificates", std::move(certificates)},
                         {"CertificateCount", count}});
}

Status CheckPolicyUpdated(const Json& payload, std::string_view jws) {
  VIDIMUS_CHECK_OK(Require(payload, "x-ms-policy-result", "Updated"));
  return Require(payload, "x-ms-policy-token-hash", Base64UrlEncode(Sha256(AsBytes(jws))));
}

Status CheckPolicyRemoved(const Json& payload) { return Require(payload, "x-ms-policy-result", "Removed"); }

Status CheckSignerChanged(const Json& payload, const SignerCertificate& certificate, bool present) {
  VIDIMUS_CHECK_OK(Require(payload, "x-ms-policycertificates-result", present ? "IsPresent" : "IsAbsent"));
  return Require(payload, "x-ms-certificate-thumbprint", certificate.thumbprint());
}

}  // namespace vidimus
