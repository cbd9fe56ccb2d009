// GET /metrics: what the service counts, for Prometheus. No instance, caller, token or platform is in it.
#pragma once

#include "api/attest_counts.h"
#include "api/gate.h"
#include "api/router.h"
#include "service/attestation_service.h"
#include "service/platforms.h"
#include "service/policy_trial.h"

namespace vidimus {

struct MetricsSources {
  const Router& router;  // whose requests are told
  const AttestCounts& attestations;
  const InstanceRegistry& registry;
  const AttestationService& service;
  const Collateral& collateral;
  const Platforms& platforms;
  std::function<UnixTime()> judging_clock;
  const PolicyTrials& trials;
  const Gate& gate;
  const BearerAuthenticator& bearer;
};

// The sources must outlive `router`. docs/reference/metrics.md lists the families.
void AddMetricsRoute(const MetricsSources& sources, Router& router);

}  // namespace vidimus
