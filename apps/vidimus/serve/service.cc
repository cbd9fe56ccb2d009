#include "service.h"

#include <algorithm>
#include <random>
#include <thread>

#include "../files.h"
#include "api/arm_routes.h"
#include "api/collateral_routes.h"
#include "api/endorsement_routes.h"
#include "api/forecast_routes.h"
#include "api/health_routes.h"
#include "api/instance_routes.h"
#include "api/management_routes.h"
#include "api/metrics_routes.h"
#include "api/policy_routes.h"
#include "api/routes.h"
#include "api/tcb_baseline_routes.h"
#include "authority_routes.h"
#include "base/log.h"
#include "gather/held_source.h"
#include "net/http_client.h"
#include "sim_routes.h"

namespace vidimus {
namespace {

constexpr std::string_view kDefaultInstance = "default";

std::string Origin(const ListenAddress& listen, uint16_t port) {
  const bool loopback = listen.host.starts_with("127.") || listen.host == "::1";
  const std::string host = listen.host.find(':') == std::string::npos ? listen.host : "[" + listen.host + "]";
  return "https://" + (loopback ? "localhost" : host) + ":" + std::to_string(port);
}

HttpServerSettings ServerSettings(const ServePlan& plan) {
  HttpServerSettings out;
  out.endpoints = {{plan.listen.host, plan.listen.port, ""}};
  for (const InstanceEndpoint& own : plan.own_endpoints) out.endpoints.push_back({own.listen.host, own.listen.port, own.instance});
  out.identities = plan.identities;
  out.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return out;
}

Result<InstanceAddresses> Addresses(const ServePlan& plan) {
  InstanceAddresses out;
  out.default_name = kDefaultInstance;
  if (!plan.instance_url.empty()) {
    VIDIMUS_TRY(out.url, InstanceUrlTemplate::Parse(plan.instance_url));
  }
  for (const InstanceEndpoint& own : plan.own_endpoints) {
    out.endpoints.emplace(own.instance, own.instance);
    out.urls.emplace(own.instance, own.url);
  }
  return out;
}

ClaimMatch DevClient(const SimulatedAuthority& authority, const std::string& base) {
  return {SimulatedAuthority::Issuer(base), "sub", authority.client_id()};
}

std::unique_ptr<IntelSource> OpenSource(const CollateralSource& source, const std::vector<TrustAnchor>& anchors) {
  if (const auto* http = std::get_if<HttpCollateralSource>(&source))
    return MakeHttpSource(http->source, std::make_shared<HttpClient>(http->ca_file), SystemNow);
  const auto& held = std::get<HeldCollateralSource>(source);
  return MakeHeldSource(held.name, [held, anchors] { return ReadSource(held, anchors); });
}

void LogRenewal(std::string_view what, const Status& renewed) {
  if (renewed)
    Log(LogLevel::kInfo, "read again", {{"files", std::string(what)}});
  else
    Log(LogLevel::kError, "could not be read again; those of before stay in force",
        {{"files", std::string(what)}, {"where", std::string(renewed.error().where)}, {"detail", renewed.error().detail}});
}

}  // namespace

Result<std::unique_ptr<RunningService>> RunningService::Start(ServePlan plan) {
  std::unique_ptr<RunningService> out(new RunningService(std::move(plan)));
  VIDIMUS_CHECK_OK(out->OpenCollateral());
  VIDIMUS_CHECK_OK(out->Listen());
  VIDIMUS_CHECK_OK(out->OpenStore());
  VIDIMUS_CHECK_OK(out->GatherCollateral());
  VIDIMUS_CHECK_OK(out->EnsureDefaultInstance());
  VIDIMUS_CHECK_OK(out->TrustIssuers());
  VIDIMUS_CHECK_OK(out->WriteClientFile());
  out->AddRoutes();
  VIDIMUS_CHECK_OK(out->ListenForHealth());
  VIDIMUS_CHECK_OK(out->ListenForCollateral());
  out->answering_ = true;
  out->routes_.set_value(&out->router_);
  return out;
}

// The files first, since without sources they must suffice: one that is wrong stops the start before anything listens.
Status RunningService::OpenCollateral() {
  EndorsementCache::Settings settings;
  settings.anchors = {IntelRootAnchor()};
  settings.files = plan_.documents;
  settings.files_suffice = plan_.sources.empty() && !plan_.imports_suffice;
  settings.clock = plan_.clock;
  if (plan_.vendor) {
    VIDIMUS_TRY(TrustAnchor anchor, plan_.vendor->Anchor());
    settings.anchors.push_back(std::move(anchor));
    settings.simulated = [this](UnixTime now) { return plan_.vendor->Documents(now); };
  }
  VIDIMUS_TRY(endorsements_, EndorsementCache::Open(std::move(settings)));
  return {};
}

Status RunningService::GatherCollateral() {
  VIDIMUS_CHECK_OK(endorsements_->Attach(*store_));
  std::vector<std::unique_ptr<IntelSource>> sources;
  for (const CollateralSource& one : plan_.sources) sources.push_back(OpenSource(one, endorsements_->Endorsements()->anchors()));
  Collateral::Settings settings;
  settings.clock = plan_.clock;
  settings.random = [engine = std::mt19937(std::random_device()())]() mutable { return std::uniform_real_distribution<>()(engine); };
  collateral_ = std::make_unique<Collateral>(*endorsements_, std::move(sources), std::move(settings));
  platforms_ = std::make_unique<Platforms>(*store_, *registry_, *endorsements_, Platforms::Settings{SystemNow, plan_.clock});
  return {};
}

RunningService::~RunningService() {
  if (!answering_) routes_.set_value(&health_router_);  // 404 for those who came early
  server_.reset();
  health_server_.reset();
  collateral_server_.reset();
  if (collateral_) collateral_->Stop();  // before what answers those that wait for it
}

Status RunningService::Listen() {
  const std::shared_future<const Router*> routes = routes_.get_future().share();
  VIDIMUS_TRY(server_, HttpServer::Start(
                           ServerSettings(plan_),
                           [routes](HttpRequest request, const HttpReply& reply) { routes.get()->Handle(std::move(request), reply); },
                           [this](int status, const Error& error) {
                             router_.CountTransportError(status);
                             return Router::TransportError(status, error);
                           }));
  const std::string origin = Origin(plan_.listen, server_->port());
  if (plan_.issuer.empty()) plan_.issuer = origin;
  if (plan_.authority && !plan_.instance_url.empty()) plan_.instance_url += ":" + std::to_string(server_->port());
  for (size_t i = 0; i < plan_.own_endpoints.size(); ++i) {
    InstanceEndpoint& own = plan_.own_endpoints[i];
    if (own.url.empty()) own.url = Origin(own.listen, server_->port(i + 1));
  }
  return {};
}

Status RunningService::OpenStore() {
  VIDIMUS_TRY(store_, Store::Open(plan_.store_url));
  vault_.emplace(*plan_.master_key, plan_.previous_master_key, plan_.pkcs11);
  InstanceRegistry::Settings settings;
  VIDIMUS_TRY(settings.addresses, Addresses(plan_));
  settings.defaults = plan_.defaults;
  settings.max_staleness = plan_.max_staleness;
  settings.clock = SystemNow;
  VIDIMUS_TRY(registry_, InstanceRegistry::Start(*store_, *vault_, std::move(settings)));
  management_.emplace(Management{*store_, *registry_, *vault_});
  instances_.emplace(*management_);
  policies_.emplace(*management_);
  signers_.emplace(*management_);
  keys_.emplace(*management_);
  return {};
}

// A dev server's own client owns the default instance, also after the port, and so its issuer, has changed.
Status RunningService::EnsureDefaultInstance() {
  VIDIMUS_CHECK_OK(instances_->EnsureDefault(plan_.issuer, JsonObject{}));
  VIDIMUS_TRY(const auto instance, registry_->Find(std::string(kDefaultInstance)));
  if (!plan_.authority) return {};
  const Grant grant{DevClient(*plan_.authority, plan_.issuer), Role::kOwner};
  plan_.operators.push_back(grant.who);
  auto grants = instance->settings.grants;
  if (std::find(grants.begin(), grants.end(), grant) != grants.end()) return {};
  std::erase_if(grants, [&](const Grant& one) { return one.who.claim == grant.who.claim && one.who.value == grant.who.value; });
  grants.push_back(grant);
  const auto granted = instances_->Update(
      instance->record.key,
      [&](Instances::Change change) -> Result<Instances::Change> {
        VIDIMUS_TRY(change.settings, PatchedSettings(change.settings, JsonObject{{"grants", GrantsToJson(grants)}}));
        return change;
      },
      "development");
  if (!granted) return tl::unexpected(granted.error());
  return {};
}

Status RunningService::TrustIssuers() {
  std::vector<OpenIdIssuer> issuers;
  for (const TrustedIssuer& trusted : plan_.issuers) issuers.push_back(trusted.issuer);
  if (plan_.authority) {
    OpenIdIssuer own;
    own.issuer = SimulatedAuthority::Issuer(plan_.issuer);
    own.audiences = {"https://attest.azure.net"};
    own.arm_audiences = {"https://management.azure.com", "https://management.core.windows.net", plan_.issuer};
    own.keys = WriteJson(plan_.authority->Keys());
    issuers.push_back(std::move(own));
  }
  const auto fetcher = [this](const OpenIdIssuer& issuer) -> std::unique_ptr<Fetcher> {
    const auto trusted = std::find_if(plan_.issuers.begin(), plan_.issuers.end(),
                                      [&](const TrustedIssuer& one) { return one.issuer.issuer == issuer.issuer; });
    return std::make_unique<HttpClient>(trusted == plan_.issuers.end() ? std::string() : trusted->ca_file);
  };
  VIDIMUS_TRY(bearer_, BearerAuthenticator::Create(std::move(issuers), fetcher, SystemNow));
  return {};
}

Status RunningService::WriteClientFile() const {
  if (!plan_.authority) return {};
  const JsonObject client{{"authority", plan_.issuer},
                          {"tenant", "dev"},
                          {"client_id", plan_.authority->client_id()},
                          {"client_secret", plan_.authority->client_secret()}};
  return WritePrivateFile(plan_.client_file, AsBytes(WriteJson(client) + "\n"));
}

void RunningService::AddRoutes() {
  attestation_.emplace(*collateral_, plan_.clock, SystemNow);
  gate_.emplace(*registry_, *bearer_, plan_.operators);
  AddAttestationRoutes(*attestation_, *gate_, SystemNow, attest_counts_, router_);
  AddManagementRoutes(*policies_, *signers_, *management_, *gate_, router_);
  AddTcbBaselineRoutes(*endorsements_, *gate_, plan_.clock, router_);
  AddForecastRoute(*platforms_, *endorsements_, *gate_, plan_.clock, router_);
  AddPolicyRoutes(trials_, router_);
  AddInstanceRoutes({*instances_, *policies_, *signers_, *keys_}, *gate_, router_);
  AddEndorsementRoutes(*endorsements_, *gate_, plan_.clock, router_);
  AddArmRoutes(*instances_, *registry_, *gate_, router_);
  AddHealthRoutes(*registry_, router_);
  if (plan_.vendor) AddSimulatorRoutes(*plan_.vendor, router_);
  if (plan_.authority) AddAuthorityRoutes(*plan_.authority, [base = plan_.issuer] { return base; }, SystemNow, router_);
  AddHealthRoutes(*registry_, health_router_);
  AddMetricsRoute({router_, attest_counts_, *registry_, *attestation_, *collateral_, *platforms_, plan_.clock, trials_, *gate_, *bearer_},
                  health_router_);
}

void RunningService::Renew() {
  if (!plan_.read_again) {
    Log(LogLevel::kWarning, "a dev server has no files to read again", {{"signal", "HUP"}});
    return;
  }
  RenewedFiles files = plan_.read_again();
  LogRenewal("certificates", files.identities.and_then([&](const std::vector<TlsIdentity>& identities) -> Status {
    VIDIMUS_CHECK_OK(server_->ReplaceIdentities(identities));
    if (collateral_server_) VIDIMUS_CHECK_OK(collateral_server_->ReplaceIdentities(identities));
    return health_server_ ? health_server_->ReplaceIdentities(identities) : Status();
  }));
  LogRenewal("endorsements", std::move(files.documents).and_then([&](std::vector<NamedDocument> documents) {
    return endorsements_->ReplaceFiles(std::move(documents), plan_.clock());
  }));
}

Status RunningService::ListenForHealth() {
  if (!plan_.health) return {};
  HttpServerSettings settings;
  settings.endpoints = {{plan_.health->host, plan_.health->port, ""}};
  settings.identities = plan_.identities;
  VIDIMUS_TRY(health_server_,
              HttpServer::Start(
                  settings, [this](HttpRequest request, const HttpReply& reply) { health_router_.Handle(std::move(request), reply); },
                  Router::TransportError));
  return {};
}

Status RunningService::ListenForCollateral() {
  if (!plan_.collateral_listen) return {};
  AddCollateralRoutes({[this]() -> std::shared_ptr<const IntelEndorsements> {
                         const auto held = endorsements_->At(plan_.clock());
                         if (held) return *held;
                         Log(LogLevel::kError, "endorsements cannot be told to other verifiers",
                             {{"where", std::string(held.error().where)}, {"detail", held.error().detail}});
                         return nullptr;
                       },
                       plan_.clock},
                      collateral_router_);
  HttpServerSettings settings;
  settings.endpoints = {{plan_.collateral_listen->host, plan_.collateral_listen->port, ""}};
  settings.identities = plan_.identities;
  VIDIMUS_TRY(collateral_server_,
              HttpServer::Start(
                  settings, [this](HttpRequest request, const HttpReply& reply) { collateral_router_.Handle(std::move(request), reply); },
                  Router::TransportError));
  return {};
}

}  // namespace vidimus
