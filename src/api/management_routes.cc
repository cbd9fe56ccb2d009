#include "api/management_routes.h"

#include "api/errors.h"
#include "api/routes.h"

namespace vidimus {
namespace {

// {"token"}: the answer, signed by the instance.
HttpResponse Signed(const ManagementClaims& claims, const Management& management, const Visit& call) {
  const UnixTime now = management.now();
  const auto token = call.instance->keys.SignerAt(now).IssueManagement(claims, now);
  if (!token) return UseCaseErrorResponse(SigningFailed(*call.instance, token.error()), call.request.request_id);
  return JsonResponse(JsonObject{{"token", *token}});
}

HttpResponse Answer(const Result<ManagementClaims>& result, const Management& management, const Visit& call) {
  if (!result) return UseCaseErrorResponse(result.error(), call.request.request_id);
  return Signed(*result, management, call);
}

HttpResponse Answer(const PolicyResult<ManagementClaims>& result, const Management& management, const Visit& call) {
  if (!result) return PolicyRefusalResponse(result.error(), call.request.request_id);
  return Signed(*result, management, call);
}

void AddPolicyRoutes(AttestationType type, const Policies& policies, const Management& management, const Gate& gate, Router& router) {
  const std::string path = "/policies/" + std::string(AttestationTypeName(type));
  router.Add("GET", path, gate.Role(Role::kReader, [type, &policies, &management](const Visit& call) {
    return Answer(policies.Get(call.instance->record.key, type), management, call);
  }));
  router.Add("PUT", path, gate.Role(Role::kContributor, [type, &policies, &management](const Visit& call) {
    return Answer(policies.Set(call.instance->record.key, type, call.request.http.body, DescribeCaller(call.caller)), management, call);
  }));
  router.Add("POST", path + ":reset", gate.Role(Role::kContributor, [type, &policies, &management](const Visit& call) {
    return Answer(policies.Reset(call.instance->record.key, type, call.request.http.body, DescribeCaller(call.caller)), management, call);
  }));
}

}  // namespace

void AddManagementRoutes(const Policies& policies, const PolicySigners& signers, const Management& management, const Gate& gate,
                         Router& router) {
  for (const AttestationType type : kAttestationTypes) AddPolicyRoutes(type, policies, management, gate, router);
  router.Add("GET", "/certificates", gate.Role(Role::kReader, [&signers, &management](const Visit& call) {
    return Answer(signers.List(call.instance->record.key), management, call);
  }));
  router.Add("POST", "/certificates:add", gate.Role(Role::kContributor, [&signers, &management](const Visit& call) {
    return Answer(signers.Add(call.instance->record.key, call.request.http.body, DescribeCaller(call.caller)), management, call);
  }));
  router.Add("POST", "/certificates:remove", gate.Role(Role::kContributor, [&signers, &management](const Visit& call) {
    return Answer(signers.Remove(call.instance->record.key, call.request.http.body, DescribeCaller(call.caller)), management, call);
  }));
}

}  // namespace vidimus
