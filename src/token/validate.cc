#include "token/validate.h"

#include <algorithm>
#include <optional>

#include "token/jws.h"

namespace vidimus {
namespace {

std::string Shown(const Json* member) { return member == nullptr ? "nothing" : WriteJson(*member); }

Status RequireText(const Json& object, std::string_view name, const std::string& expected, ErrorCode code, std::string_view where) {
  const Json* member = object.Find(name);
  if (member != nullptr && member->AsString() != nullptr && *member->AsString() == expected) return {};
  return Fail(code, where, "found " + std::string(name) + " " + Shown(member) + ", expected \"" + expected + "\"");
}

Result<UnixTime> RequireTime(const Json& payload, std::string_view name, std::string_view where) {
  const Json* member = payload.Find(name);
  if (member == nullptr || member->AsInt() == nullptr)
    return Fail(ErrorCode::kMalformed, where, "found " + std::string(name) + " " + Shown(member) + ", expected integer seconds");
  return *member->AsInt();
}

// No arithmetic on what the token says: its numbers may be anything.
Status RequireInForce(const Json& payload, const TokenExpectations& expected) {
  VIDIMUS_TRY(const UnixTime not_before, RequireTime(payload, "nbf", "token.not_before"));
  VIDIMUS_TRY(const UnixTime expires, RequireTime(payload, "exp", "token.expired"));
  if (not_before > expected.now + expected.slack_seconds)
    return Fail(ErrorCode::kExpired, "token.not_before",
                "found nbf " + std::to_string(not_before) + ", expected at most now, " + std::to_string(expected.now));
  if (expires <= expected.now - expected.slack_seconds)
    return Fail(ErrorCode::kExpired, "token.expired",
                "found exp " + std::to_string(expires) + ", expected later than now, " + std::to_string(expected.now));
  return {};
}

}  // namespace

Result<Json> ValidateToken(std::string_view token, const std::vector<VerificationKey>& keys, const TokenExpectations& expected) {
  VIDIMUS_TRY(Jws jws, ParseJws(token));
  VIDIMUS_CHECK_OK(RequireText(jws.header, "alg", "RS256", ErrorCode::kUntrusted, "token.algorithm"));
  const Json* kid = jws.header.Find("kid");
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerificationKey& candidate) {
    return kid != nullptr && kid->AsString() != nullptr && candidate.kid == *kid->AsString();
  });
  if (key == keys.end())
    return Fail(ErrorCode::kUntrusted, "token.kid",
                "found kid " + Shown(kid) + ", expected one of the " + std::to_string(keys.size()) + " keys that the issuer publishes");
  if (!key->key.Verify(AsBytes(jws.signing_input), jws.signature))
    return Fail(ErrorCode::kUntrusted, "token.signature", "the signature does not verify with the issuer's key " + Shown(kid));
  VIDIMUS_CHECK_OK(RequireText(jws.payload, "iss", expected.issuer, ErrorCode::kMismatch, "token.issuer"));
  VIDIMUS_CHECK_OK(RequireInForce(jws.payload, expected));
  if (const Json* mode = jws.payload.Find("x-vidimus-mode"); mode != nullptr && !expected.allow_dev)
    return Fail(ErrorCode::kUnacceptable, "token.mode",
                "found x-vidimus-mode " + Shown(mode) + ": a developer's server made this token over simulated evidence; expected none");
  return std::move(jws.payload);
}

const Json* FindClaim(const Json& payload, std::string_view path) {
  if (const Json* whole = payload.Find(path); whole != nullptr) return whole;
  for (size_t dot = path.rfind('.'); dot != std::string_view::npos && dot != 0; dot = path.rfind('.', dot - 1))
    if (const Json* member = payload.Find(path.substr(0, dot)); member != nullptr) return FindClaim(*member, path.substr(dot + 1));
  return nullptr;
}

}  // namespace vidimus
