#include "token/policy_jws.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/limits.h"
#include "token/jws.h"
#include "token/management_jws.h"

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
  return SignManagementJws(Payload(text), key, chain);
}

Result<std::string> PolicyOf(std::string_view compact) {
  // More would fit into no answer, so that it could be set and never be read.
  if (compact.size() > limits::kPolicyJwsBytes)
    return Fail(ErrorCode::kLimit, "token.jws.size",
                "found " + std::to_string(compact.size()) + " characters, expected at most " + std::to_string(limits::kPolicyJwsBytes));
  VIDIMUS_TRY(const Jws jws, ParseJws(compact));
  return TextIn(jws.payload);
}

Result<PolicyJws> ReadPolicyJws(std::string_view compact) {
  PolicyJws out;
  VIDIMUS_TRY(out.text, PolicyOf(compact));
  VIDIMUS_TRY(const JwsSignature signature, ReadJwsSignature(compact));
  out.algorithm = signature.algorithm();
  for (const SignerCertificate& certificate : signature.certificates()) out.x5c.push_back(certificate.der());
  if (signature.unsecured()) return out;
  out.signature = FindSelfNamedSigner(signature) ? PolicyJws::Signature::kValid : PolicyJws::Signature::kInvalid;
  return out;
}

}  // namespace vidimus
