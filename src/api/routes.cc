#include "api/routes.h"

#include "api/attest_body.h"
#include "api/errors.h"
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

bool IsJudged(AttestationType type) {
  return type == AttestationType::kSgxEnclave || type == AttestationType::kOpenEnclave || type == AttestationType::kTdxVm;
}

// Of types whose evidence this service keeps policies for and cannot judge, whatever the body.
Error NotJudged(AttestationType type) {
  const std::string name(AttestationTypeName(type));
  return {ErrorCode::kUnsupported, "request.evidence_type",
          "found evidence of " + name + ", expected SgxEnclave, OpenEnclave or TdxVm: this version keeps the policies of " + name +
              " and judges none of its evidence"};
}

void AnswerAttest(const AttestationService& service, AttestCounts& counts, AttestationType type,
                  const std::shared_ptr<const Instance>& instance, const ApiRequest& request, HttpReply reply) {
  const auto refuse = [&](const Error& error) {
    counts.Refuse(type, error.where);
    reply(ErrorResponse(400, error, request.request_id));
  };
  if (!IsJudged(type)) return refuse(NotJudged(type));
  const auto body = ReadAttestBody(request.http.body, type);
  if (!body) return refuse(body.error());
  if (body->draft_policy && !instance->settings.draft_policies)
    return refuse({ErrorCode::kUnacceptable, "request.draft_policy", "this instance judges by its own policies only"});
  if (body->draft_policy) reply = WithinShare(*instance, FairShareKind::kDraft, request, reply);
  if (!reply) return;
  const auto outcome = body->draft_policy ? AttestCounts::Outcome::kDraft : AttestCounts::Outcome::kAccepted;
  service.Attest(
      instance, *body,
      [explain = instance->settings.explain, &counts, type, outcome, reply, id = request.request_id](const AttestResult& result) {
        if (result) {
          counts.Accept(type, outcome);
          return reply(JsonResponse(JsonObject{{"token", *result}}));
        }
        counts.Refuse(type, result.error().error.where);
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

}  // namespace

HttpResponse JsonResponse(const Json& body) {
  HttpResponse out;
  out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  out.body = WriteJson(body);
  return out;
}

void AddAttestationRoutes(const AttestationService& service, const Gate& gate, const std::function<UnixTime()>& clock, AttestCounts& counts,
                          Router& router) {
  using InstancePointer = std::shared_ptr<const Instance>;
  for (const AttestationType type : kAttestationTypes) {
    const std::string path = "/attest/" + std::string(AttestationTypeName(type));
    router.Add(
        "POST", path,
        gate.Attester(type, [&service, &counts, type](const ApiRequest& request, const InstancePointer& instance, const HttpReply& reply) {
          AnswerAttest(service, counts, type, instance, request, reply);
        }));
  }
  router.Add("GET", "/certs", gate.Anyone([clock](const ApiRequest&, const InstancePointer& instance, const HttpReply& reply) {
    reply(JsonResponse(JsonObject{{"keys", instance->keys.PublishedAt(clock())}}));
  }));
  router.Add("GET", "/.well-known/openid-configuration",
             gate.Anyone([](const ApiRequest&, const InstancePointer& instance, const HttpReply& reply) {
               reply(JsonResponse(OpenIdMetadata(instance->record.issuer)));
             }));
}

}  // namespace vidimus
