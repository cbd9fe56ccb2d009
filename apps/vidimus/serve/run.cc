// Serving: from a plan to answers, until a signal says stop.
#include <csignal>
#include <future>
#include <iostream>
#include <thread>

#include <malloc.h>

#include "api/policy_routes.h"
#include "api/routes.h"
#include "base/log.h"
#include "endorsements.h"
#include "plan.h"
#include "policy/default_policies.h"
#include "sim_routes.h"

namespace vidimus {
namespace {

std::string Origin(const ListenAddress& listen, uint16_t port) {
  const bool loopback = listen.host.starts_with("127.") || listen.host == "::1";
  const std::string host = listen.host.find(':') == std::string::npos ? listen.host : "[" + listen.host + "]";
  return "https://" + (loopback ? "localhost" : host) + ":" + std::to_string(port);
}

Result<AttestationService::Settings> MakeSettings(const ServePlan& plan) {
  AttestationService::Settings out;
  out.appraisal = plan.appraisal;
  for (const EvidenceType type : {EvidenceType::kSgxEnclave, EvidenceType::kOpenEnclave}) {
    const auto text = plan.policies.find(type);
    VIDIMUS_TRY(out.policies[type],
                CompilePolicy(text == plan.policies.end() ? DefaultPolicy(AttestationType::kSgxEnclave) : std::string_view(text->second)));
  }
  return out;
}

// The signals that stop a server, blocked in every thread and waited for in one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // TERM or INT. HUP asks a service to read its files again, which takes a restart here; it must not end it.
  int Wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0 || signal == SIGHUP)
      if (signal == SIGHUP) Log(LogLevel::kWarning, "files are read at start only; restart to read them again", {{"signal", "HUP"}});
    return signal;
  }

 private:
  sigset_t set_{};
};

int Fatal(const Error& error) {
  std::cerr << "vidimus serve: " << error.detail << " (" << error.where << ")\n";
  return 1;
}

HttpServerSettings ServerSettings(const ServePlan& plan) {
  HttpServerSettings out;
  out.address = plan.listen.host;
  out.port = plan.listen.port;
  out.certificate_pem = plan.tls_certificate_pem;
  out.private_key_pem = plan.tls_key_pem;
  out.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return out;
}

}  // namespace

int Serve(ServePlan plan) {
  // Bodies come and go in large blocks: with a fixed threshold they are mapped, and returned to the system when they go.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  const StopSignals signals;
  HeldEndorsements endorsements(std::move(plan.documents), plan.vendor);
  const auto held = endorsements.At(plan.clock());
  if (!held) return Fatal(held.error());
  if (const Status some = (*held)->RequireSome(); !some) return Fatal(some.error());
  auto settings = MakeSettings(plan);
  if (!settings) return Fatal(settings.error());

  // The issuer's URL has the port that the server got, so the first requests wait for the routes.
  std::promise<const Router*> promise;
  const std::shared_future<const Router*> routes = promise.get_future().share();
  Router router;
  std::optional<AttestationService> service;
  const PolicyTrials trials;
  auto server = HttpServer::Start(
      ServerSettings(plan), [routes](HttpRequest request, const HttpReply& reply) { routes.get()->Handle(std::move(request), reply); },
      Router::TransportError);
  if (!server) return Fatal(server.error());
  if (plan.issuer.empty()) plan.issuer = Origin(plan.listen, (*server)->port());
  auto signer = TokenSigner::Create(plan.issuer, *plan.signing_key, plan.dev);
  if (signer) {
    service.emplace(*std::move(signer), *std::move(settings), endorsements, plan.clock);
    AddAttestationRoutes(*service, plan.explain, router);
    AddPolicyRoutes(trials, router);
    if (plan.vendor) AddSimulatorRoutes(*plan.vendor, router);
  }
  promise.set_value(&router);
  if (!service) return Fatal(signer.error());
  std::cout << "listening " << plan.issuer << std::endl;
  const int signal = signals.Wait();
  Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "TERM" : "INT"}});
  server->reset();
  return 0;
}

}  // namespace vidimus
