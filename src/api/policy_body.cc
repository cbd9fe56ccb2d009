#include "api/policy_body.h"

#include <algorithm>
#include <initializer_list>

#include "base/limits.h"
#include "claims/claim_file.h"

namespace vidimus {
namespace {

Result<Json> ReadObject(std::string_view body, std::initializer_list<std::string_view> members) {
  if (body.size() > limits::kTrialBodyBytes)
    return Fail(ErrorCode::kLimit, "request.body",
                "found " + std::to_string(body.size()) + " bytes, expected at most " + std::to_string(limits::kTrialBodyBytes));
  auto out = ParseJson(body);
  if (!out) return Fail(ErrorCode::kMalformed, "request.body", "not JSON: " + out.error().detail);
  if (out->AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.body", "found " + std::string(out->TypeName()) + ", expected an object");
  for (const auto& [name, value] : *out->AsObject()) {
    if (std::find(members.begin(), members.end(), name) != members.end()) continue;
    std::string expected;
    for (const std::string_view one : members) expected += (expected.empty() ? "" : ", ") + std::string(one);
    return Fail(ErrorCode::kMalformed, "request.member", "found \"" + Shortened(name, 64) + "\", expected of " + expected);
  }
  return out;
}

std::string Found(const Json* member) { return "found " + (member == nullptr ? "none" : std::string(member->TypeName())); }

Result<PolicyTrialRequest> ReadCommon(const Json& body) {
  PolicyTrialRequest out;
  const Json* policy = body.Find("policy");
  if (policy == nullptr || policy->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.policy", Found(policy) + ", expected a string: policy text or a policy JWS");
  out.policy = *policy->AsString();
  const Json* type = body.Find("type");
  const auto known = type == nullptr || type->AsString() == nullptr ? std::nullopt : FindAttestationType(*type->AsString());
  if (!known) {
    std::string names;
    for (const AttestationType one : kAttestationTypes) names += (names.empty() ? "" : ", ") + std::string(AttestationTypeName(one));
    const bool text = type != nullptr && type->AsString() != nullptr;
    return Fail(ErrorCode::kUnsupported, "request.attestation_type",
                (text ? "found \"" + Shortened(*type->AsString(), 64) + "\"" : Found(type)) + ", expected one of " + names);
  }
  out.type = *known;
  return out;
}

}  // namespace

Result<PolicyTrialRequest> ReadCheckBody(std::string_view body) {
  VIDIMUS_TRY(const Json object, ReadObject(body, {"policy", "type"}));
  return ReadCommon(object);
}

Result<PolicyTrialRequest> ReadEvaluateBody(std::string_view body) {
  VIDIMUS_TRY(const Json object, ReadObject(body, {"policy", "type", "claims", "trace"}));
  VIDIMUS_TRY(PolicyTrialRequest out, ReadCommon(object));
  const Json* claims = object.Find("claims");
  if (claims == nullptr)
    return Fail(ErrorCode::kMissing, "request.claims", "found no \"claims\" in the body, expected a list or an object");
  VIDIMUS_TRY(out.claims, ReadClaims(*claims, out.type));
  const Json* trace = object.Find("trace");
  if (trace == nullptr) return out;
  if (trace->AsBool() == nullptr) return Fail(ErrorCode::kMalformed, "request.trace", Found(trace) + ", expected true or false");
  out.with_trace = *trace->AsBool();
  return out;
}

}  // namespace vidimus
