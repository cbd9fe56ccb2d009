// A service that answers: the parts that a plan asks for, put together.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "api/attest_counts.h"
#include "api/gate.h"
#include "api/router.h"
#include "plan.h"
#include "service/attestation_service.h"
#include "service/instances.h"
#include "service/key_management.h"
#include "service/platforms.h"
#include "service/policies.h"
#include "service/policy_signers.h"
#include "service/policy_trial.h"

namespace vidimus {

class RunningService {
 public:
  // Listens, opens the store, loads the instances, and then answers. Errors: those of the plan's parts
  static Result<std::unique_ptr<RunningService>> Start(ServePlan plan);
  // Lets running requests finish.
  ~RunningService();

  // Reads certificates and endorsements again. What is not right leaves those of before in force, and the log says so.
  void Renew();
  // The default instance's URL.
  const std::string& issuer() const { return plan_.issuer; }
  // What the listeners answer; the second is that of `health`, whether or not there is one.
  const Router& router() const { return router_; }
  const Router& health_router() const { return health_router_; }

 private:
  explicit RunningService(ServePlan plan) : plan_(std::move(plan)) {}
  Status OpenCollateral();
  Status GatherCollateral();
  Status Listen();
  Status OpenStore();
  Status EnsureDefaultInstance();
  Status TrustIssuers();
  Status WriteClientFile() const;
  Status ListenForHealth();
  Status ListenForCollateral();
  void AddRoutes();

  ServePlan plan_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<EndorsementCache> endorsements_;
  std::optional<KeyVault> vault_;
  std::unique_ptr<InstanceRegistry> registry_;
  std::optional<Management> management_;
  std::optional<Instances> instances_;
  std::optional<Policies> policies_;
  std::optional<PolicySigners> signers_;
  std::optional<KeyManagement> keys_;
  std::unique_ptr<Platforms> platforms_;
  AttestCounts attest_counts_;
  std::unique_ptr<Collateral> collateral_;
  std::optional<AttestationService> attestation_;
  const PolicyTrials trials_;
  std::unique_ptr<BearerAuthenticator> bearer_;
  std::optional<Gate> gate_;
  Router router_, health_router_, collateral_router_;
  // The URLs have the port that the server got, so it listens first, and the first requests wait for the routes.
  std::promise<const Router*> routes_;
  bool answering_ = false;
  std::unique_ptr<HttpServer> server_, health_server_, collateral_server_;
};

}  // namespace vidimus
