#include "api/routes.h"

#include "api/attest_body.h"
#include "base/log.h"

namespace vidimus {
namespace {

void LogRefusal(const AttestRefusal& refusal, const std::string& request_id) {
  Log(LogLevel::kInfo, "attestation refused",
      {{"request_id", request_id},
       {"stage", refusal.stage},
       {"where", std::string(refusal.error.where)},
       {"detail", refusal.error.detail}});
}

void AnswerAttest(const AttestationService& service, EvidenceType type, ExplainSetting explain, const ApiRequest& request,
                  const HttpReply& reply) {
  const auto body = ReadAttestBody(request.http.body, type);
  if (!body) return reply(ErrorResponse(400, body.error(), request.request_id));
  service.Attest(*body, [explain, reply, id = request.request_id](const AttestResult& result) {
    if (result) return reply(JsonResponse(JsonObject{{"token", *result}}));
    LogRefusal(result.error(), id);
    reply(RefusalResponse(result.error(), id, explain));
  });
}

// maa-rest-api section 1.6.
Json OpenIdMetadata(const std::string& issuer) {
  static const JsonArray kClaims = {"cnf",
                                    "nonce",
                                    "x-ms-ver",
                                    "x-ms-attestation-type",
                                    "x-ms-policy-hash",
                                    "x-ms-policy-signer",
                                    "x-ms-sgx-is-debuggable",
                                    "x-ms-sgx-mrenclave",
                                    "x-ms-sgx-mrsigner",
                                    "x-ms-sgx-svn",
                                    "x-ms-sgx-ehd",
                                    "x-ms-sgx-collateral",
                                    "is-debuggable",
                                    "sgx-mrsigner",
                                    "sgx-mrenclave",
                                    "product-id",
                                    "svn",
                                    "tee"};
  return JsonObject{{"response_types_supported", JsonArray{"token", "none"}},
                    {"id_token_signing_alg_values_supported", JsonArray{"RS256"}},
                    {"revocation_endpoint", issuer + "/revoke"},
                    {"issuer", issuer},
                    {"jwks_uri", issuer + "/certs"},
                    {"claims_supported", kClaims}};
}

void AddConstant(const std::string& path, const Json& body, Router& router) {
  router.Add("GET", path, [response = JsonResponse(body)](const ApiRequest&, const HttpReply& reply) { reply(response); });
}

}  // namespace

HttpResponse JsonResponse(const Json& body) {
  HttpResponse out;
  out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  out.body = WriteJson(body);
  return out;
}

void AddAttestationRoutes(const AttestationService& service, ExplainSetting explain, Router& router) {
  for (const auto& [path, type] :
       {std::pair("/attest/SgxEnclave", EvidenceType::kSgxEnclave), {"/attest/OpenEnclave", EvidenceType::kOpenEnclave}})
    router.Add("POST", path, [&service, evidence = type, explain](const ApiRequest& request, const HttpReply& reply) {
      AnswerAttest(service, evidence, explain, request, reply);
    });
  AddConstant("/certs", JsonObject{{"keys", JsonArray{service.signer().Jwk()}}}, router);
  AddConstant("/.well-known/openid-configuration", OpenIdMetadata(service.signer().issuer()), router);
  AddConstant("/healthz", JsonObject{{"status", "ok"}}, router);
}

}  // namespace vidimus
