#include "authority_routes.h"

#include "api/routes.h"

namespace vidimus {

void AddAuthorityRoutes(const SimulatedAuthority& authority, std::function<std::string()> base, std::function<UnixTime()> clock,
                        Router& router) {
  router.Add("GET", std::string(SimulatedAuthority::kDiscoveryPath),
             [base](const ApiRequest&, const HttpReply& reply) { reply(JsonResponse(SimulatedAuthority::Discovery(base()))); });
  router.Add("GET", std::string(SimulatedAuthority::kKeysPath),
             [&authority](const ApiRequest&, const HttpReply& reply) { reply(JsonResponse(authority.Keys())); });
  const ApiHandler token = [&authority, base = std::move(base), clock = std::move(clock)](const ApiRequest& request,
                                                                                          const HttpReply& reply) {
    const auto answer = authority.Token(base(), request.http.Header("authorization"), request.http.body, clock());
    HttpResponse response = JsonResponse(answer.body);
    response.status = answer.status;
    response.headers.emplace_back("Cache-Control", "no-store");                                          // RFC 6749 section 5.1
    if (answer.status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"dev\"");  // section 5.2
    reply(std::move(response));
  };
  router.Add("POST", std::string(SimulatedAuthority::kTokenPath), token);
  router.Add("POST", std::string(SimulatedAuthority::kTokenPathV1), token);
}

}  // namespace vidimus
