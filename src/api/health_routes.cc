#include "api/health_routes.h"

#include "api/routes.h"

namespace vidimus {
namespace {

HttpResponse Readiness(const RegistryHealth& health) {
  const bool degraded = !health.up_to_date || health.unusable > 0 || health.keys_lost > 0;
  JsonObject store{{"kind", health.store}, {"reachable", health.up_to_date}, {"ageMilliseconds", health.age_milliseconds}};
  HttpResponse out = JsonResponse(JsonObject{{"status", health.stale ? "unready"
                                                        : degraded   ? "degraded"
                                                                     : "ready"},
                                             {"store", std::move(store)},
                                             {"instances", static_cast<int64_t>(health.instances)},
                                             {"unusable", static_cast<int64_t>(health.unusable)},
                                             {"keysOutOfReach", static_cast<int64_t>(health.keys_lost)}});
  if (health.stale) out.status = 503;
  return out;
}

}  // namespace

void AddHealthRoutes(const InstanceRegistry& registry, Router& router) {
  router.Add("GET", "/healthz", [](const ApiRequest&, const HttpReply& reply) { reply(JsonResponse(JsonObject{{"status", "ok"}})); });
  router.Add("GET", "/readyz", [&registry](const ApiRequest&, const HttpReply& reply) { reply(Readiness(registry.health())); });
}

}  // namespace vidimus
