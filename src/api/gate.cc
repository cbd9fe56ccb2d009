#include "api/gate.h"

#include <algorithm>

#include "api/errors.h"
#include "base/log.h"

namespace vidimus {
namespace {

void Refuse(const Error& error, const ApiRequest& request, const HttpReply& reply) {
  if (error.where.starts_with("auth."))
    Log(LogLevel::kInfo, "caller refused",
        {{"request_id", request.request_id}, {"where", std::string(error.where)}, {"detail", error.detail}, {"peer", request.http.peer}});
  reply(UseCaseErrorResponse(error, request.request_id));
}

Error MissingRole(const Caller& caller, const std::string& needed) {
  return {ErrorCode::kDenied, "auth.role", "found caller " + DescribeCaller(caller) + " without the role, expected " + needed};
}

}  // namespace

HttpReply WithinShare(const Instance& instance, FairShareKind kind, const ApiRequest& request, const HttpReply& reply) {
  auto place = instance.memory->share.Enter(kind, request.http.peer, std::chrono::steady_clock::now());
  if (!place) {
    reply(BusyResponse(place.error().error, request.request_id, place.error().retry_after_seconds));
    return nullptr;
  }
  return [held = std::make_shared<FairShare::Ticket>(*std::move(place)), reply](HttpResponse response) { reply(std::move(response)); };
}

bool Gate::IsOperator(const Caller& caller) const {
  return std::any_of(operators_.begin(), operators_.end(), [&](const ClaimMatch& match) { return Matches(match, caller); });
}

ApiHandler Gate::Anyone(OnLoop handler, FairShareKind kind) const {
  return [this, kind, handler = std::move(handler)](const ApiRequest& request, const HttpReply& reply) {
    const auto instance = registry_.Select(request.http.endpoint, request.http.Header("host"));
    if (!instance) return Refuse(instance.error(), request, reply);
    if (const HttpReply held = WithinShare(**instance, kind, request, reply)) handler(request, *instance, held);
  };
}

ApiHandler Gate::Attester(AttestationType type, OnLoop handler) const {
  return Anyone([this, type, handler = std::move(handler)](const ApiRequest& request, const std::shared_ptr<const Instance>& instance,
                                                           const HttpReply& reply) {
    if (!instance->settings.attest_needs_token.contains(type)) return handler(request, instance, reply);
    // `reply` keeps the request.
    bearer_.Authenticate(request.http.Header("authorization"), Plane::kData,
                         [&request, instance, reply, handler](const Result<Caller>& caller) {
                           if (!caller) return Refuse(caller.error(), request, reply);
                           if (RoleOf(instance->settings.grants, *caller)) return handler(request, instance, reply);
                           Refuse(MissingRole(*caller, "a reader of instance " + instance->record.key.name), request, reply);
                         });
  });
}

void Gate::Run(std::shared_ptr<const Instance> instance, Caller caller, const Work& work, const ApiRequest& request,
               const HttpReply& reply) const {
  const auto came = std::chrono::steady_clock::now();
  const bool posted = pool_.Post([instance = std::move(instance), caller = std::move(caller), work, &request, reply, came]() mutable {
    // Of a database that does not answer each call ahead has waited that long: the last one would wait for minutes.
    if (std::chrono::steady_clock::now() - came > std::chrono::seconds(limits::kStoreStatementSeconds))
      return reply(BusyResponse({ErrorCode::kBusy, "service.busy", "the management calls before this one take too long; try again"},
                                request.request_id));
    reply(work(Visit{request, std::move(instance), std::move(caller)}));
  });
  if (!posted) reply(BusyResponse({ErrorCode::kBusy, "service.busy", "too many management calls wait; try again"}, request.request_id));
}

// The share of management calls is taken by those who may make them: else anyone could use it up and keep an owner out.
ApiHandler Gate::OnInstance(Permits permits, std::string needed, Work work) const {
  return Anyone([this, permits = std::move(permits), needed = std::move(needed), work = std::move(work)](
                    const ApiRequest& request, const std::shared_ptr<const Instance>& instance, const HttpReply& reply) {
    bearer_.Authenticate(request.http.Header("authorization"), Plane::kData,
                         [this, &request, instance, reply, permits, needed, work](Result<Caller> caller) {
                           if (!caller) return Refuse(caller.error(), request, reply);
                           if (!permits(instance.get(), *caller))
                             return Refuse(MissingRole(*caller, needed + " of instance " + instance->record.key.name), request, reply);
                           if (const HttpReply held = WithinShare(*instance, FairShareKind::kManagement, request, reply))
                             Run(instance, *std::move(caller), work, request, held);
                         });
  });
}

ApiHandler Gate::Role(vidimus::Role least, Work work) const {
  return OnInstance([least](const Instance* instance, const Caller& caller) { return RoleOf(instance->settings.grants, caller) >= least; },
                    "at least " + std::string(RoleName(least)), std::move(work));
}

ApiHandler Gate::OwnerOrOperator(Work work) const {
  return OnInstance(
      [this](const Instance* instance, const Caller& caller) {
        return RoleOf(instance->settings.grants, caller) == vidimus::Role::kOwner || IsOperator(caller);
      },
      "owner", std::move(work));
}

ApiHandler Gate::Operator(Work work) const {
  return [this, work = std::move(work)](const ApiRequest& request, const HttpReply& reply) {
    bearer_.Authenticate(request.http.Header("authorization"), Plane::kControl, [this, &request, reply, work](Result<Caller> caller) {
      if (!caller) return Refuse(caller.error(), request, reply);
      if (IsOperator(*caller)) return Run(nullptr, *std::move(caller), work, request, reply);
      Refuse(MissingRole(*caller, "an operator of this service"), request, reply);
    });
  };
}

}  // namespace vidimus
