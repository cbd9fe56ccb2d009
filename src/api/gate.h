// Gate: what a request passes before its use case: which instance it is for, who asks, whether they may, and, for what waits for the store,
// a thread beside the event loops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/router.h"
#include "auth/grants.h"
#include "base/worker_pool.h"
#include "service/instance_registry.h"

namespace vidimus {

// `reply`, which holds a place of `kind` in the instance's share until it is called or dropped; null, and the refusal is sent, when there
// is none.
HttpReply WithinShare(const Instance& instance, FairShareKind kind, const ApiRequest& request, const HttpReply& reply);

// A request that passed.
struct Visit {
  const ApiRequest& request;
  std::shared_ptr<const Instance> instance;  // null on the control plane
  Caller caller;                             // of those that need one
};

class Gate {
 public:
  // `registry` and `bearer` must outlive it.
  Gate(const InstanceRegistry& registry, const BearerAuthenticator& bearer, std::vector<ClaimMatch> operators)
      : registry_(registry), bearer_(bearer), operators_(std::move(operators)) {}

  using OnLoop = std::function<void(const ApiRequest&, const std::shared_ptr<const Instance>&, const HttpReply&)>;
  using Work = std::function<HttpResponse(const Visit&)>;  // on a thread of the gate; may wait

  // The instance is found and has room for one more request of this kind; no more is asked. Runs on the event loop.
  ApiHandler Anyone(OnLoop handler, FairShareKind kind = FairShareKind::kRequest) const;
  // The same; a reader's token where the instance asks for one to attest evidence of `type`.
  ApiHandler Attester(AttestationType type, OnLoop handler) const;
  // A caller with at least this role on the instance, within its share of management calls.
  ApiHandler Role(vidimus::Role least, Work work) const;
  // An owner of the instance, or an operator: settings hold the grants, and somebody must give the first.
  ApiHandler OwnerOrOperator(Work work) const;
  // Control plane: an operator, with a token for it.
  ApiHandler Operator(Work work) const;

  // Management calls that wait for a thread.
  size_t queued() const { return pool_.queued(); }

 private:
  using Permits = std::function<bool(const Instance*, const Caller&)>;

  bool IsOperator(const Caller& caller) const;
  ApiHandler OnInstance(Permits permits, std::string needed, Work work) const;
  void Run(std::shared_ptr<const Instance> instance, Caller caller, const Work& work, const ApiRequest& request,
           const HttpReply& reply) const;

  static constexpr size_t kThreads = 4;  // they wait more than they work

  const InstanceRegistry& registry_;
  const BearerAuthenticator& bearer_;
  std::vector<ClaimMatch> operators_;
  mutable WorkerPool pool_{kThreads, limits::kQueuedManagement};
};

}  // namespace vidimus
