#include "api/policy_routes.h"

#include "api/errors.h"
#include "api/policy_body.h"
#include "api/routes.h"

namespace vidimus {
namespace {

using Read = Result<PolicyTrialRequest> (*)(std::string_view body);
using UseCase = void (PolicyTrials::*)(PolicyTrialRequest, PolicyTrials::Done) const;

void Add(const std::string& path, Read read, UseCase use_case, const PolicyTrials& trials, Router& router) {
  router.Add("POST", path, [read, use_case, &trials](const ApiRequest& request, const HttpReply& reply) {
    auto body = read(request.http.body);
    if (!body) return reply(ErrorResponse(400, body.error(), request.request_id));
    (trials.*use_case)(*std::move(body), [reply, id = request.request_id](const Result<Json>& report) {
      if (report) return reply(JsonResponse(*report));
      reply(report.error().code == ErrorCode::kBusy ? BusyResponse(report.error(), id) : ErrorResponse(400, report.error(), id));
    });
  });
}

}  // namespace

void AddPolicyRoutes(const PolicyTrials& trials, Router& router) {
  Add("/vidimus/v1/policies:check", ReadCheckBody, &PolicyTrials::Check, trials, router);
  Add("/vidimus/v1/policies:evaluate", ReadEvaluateBody, &PolicyTrials::Evaluate, trials, router);
}

}  // namespace vidimus
