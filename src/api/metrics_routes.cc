#include "api/metrics_routes.h"

#include <algorithm>
#include <map>

#include "base/metrics.h"
#include "endorsement/calendar.h"

namespace vidimus {
namespace {

void WriteRequests(const Router& router, MetricsText& text) {
  text.Family("vidimus_http_requests_total", "counter", "Requests answered, by the route's path and status.");
  for (const auto& [method, route, counts] : router.Counts())
    for (size_t i = 0; i < RequestCounts::kStatuses.size(); ++i) {
      if (counts->count(i) == 0) continue;
      const std::string status = RequestCounts::kStatuses[i] == 0 ? "other" : std::to_string(RequestCounts::kStatuses[i]);
      text.Sample({{"method", method}, {"route", route}, {"status", status}}, counts->count(i));
    }
  text.Family("vidimus_http_request_seconds", "histogram", "From the whole request to its answer.");
  for (const auto& [method, route, counts] : router.Counts()) {
    const auto reading = counts->latency();
    if (reading.up_to.back() != 0) text.Histogram({{"method", method}, {"route", route}}, reading);
  }
}

void WriteAttestations(const AttestCounts& counts, MetricsText& text) {
  text.Family("vidimus_attestations_total", "counter", "Attestations, by type, outcome and where they were refused.");
  for (const AttestationType type : kAttestationTypes) {
    const std::string_view name = AttestationTypeName(type);
    const uint64_t accepted = counts.accepted(type, AttestCounts::Outcome::kAccepted);
    const uint64_t drafts = counts.accepted(type, AttestCounts::Outcome::kDraft);
    if (accepted != 0) text.Sample({{"type", name}, {"outcome", "accepted"}, {"where", ""}}, accepted);
    if (drafts != 0) text.Sample({{"type", name}, {"outcome", "draft"}, {"where", ""}}, drafts);
  }
  for (const auto& [key, count] : counts.refused())
    text.Sample({{"type", AttestationTypeName(key.first)}, {"outcome", "refused"}, {"where", key.second}}, count);
}

void WriteStore(const RegistryHealth& health, MetricsText& text) {
  text.Family("vidimus_store_up", "gauge", "Whether the last look at the store succeeded.");
  text.Sample({{"kind", health.store}}, uint64_t{health.up_to_date ? 1U : 0U});
  text.Family("vidimus_store_snapshot_age_seconds", "gauge", "Since the last look at the store that succeeded.");
  text.Sample({}, static_cast<double>(health.age_milliseconds) / 1e3);
  text.Family("vidimus_instances", "gauge", "Instances, by whether they can judge.");
  const uint64_t good = health.instances - health.unusable - health.keys_lost;
  text.Sample({{"state", "ready"}}, good);
  text.Sample({{"state", "unusable"}}, uint64_t{health.unusable});
  text.Sample({{"state", "keys_out_of_reach"}}, uint64_t{health.keys_lost});
}

void WriteKeys(const InstanceRegistry& registry, MetricsText& text) {
  const UnixTime now = registry.now();
  SigningKeys::Summary all;
  int64_t oldest = 0;
  for (const auto& instance : registry.Loaded()) {
    const auto one = instance->keys.SummaryAt(now);
    all.wrapped += one.wrapped;
    all.elsewhere += one.elsewhere;
    all.waiting += one.waiting;
    oldest = std::max(oldest, now - one.signs_since);
  }
  text.Family("vidimus_signing_keys", "gauge", "Published signing keys of all instances, by where they are kept.");
  text.Sample({{"source", "wrapped"}}, uint64_t{all.wrapped});
  text.Sample({{"source", "pkcs11"}}, uint64_t{all.elsewhere});
  text.Family("vidimus_signing_keys_waiting", "gauge", "Of them, those that do not sign yet.");
  text.Sample({}, uint64_t{all.waiting});
  text.Family("vidimus_signing_key_oldest_seconds", "gauge", "For how long the oldest key that signs has signed.");
  text.Sample({}, static_cast<uint64_t>(oldest));
}

void WriteQueues(const MetricsSources& sources, MetricsText& text) {
  text.Family("vidimus_queued", "gauge",
              "Requests that wait: for a slow signer, for endorsements, for the store, for policies to be tried.");
  text.Sample({{"queue", "signing"}}, uint64_t{sources.service.queued()});
  text.Sample({{"queue", "collateral"}}, uint64_t{sources.collateral.waiting()});
  text.Sample({{"queue", "management"}}, uint64_t{sources.gate.queued()});
  text.Sample({{"queue", "trials"}}, uint64_t{sources.trials.queued()});
}

void WriteIssuers(const BearerAuthenticator& bearer, MetricsText& text) {
  text.Family("vidimus_openid_fetches_total", "counter", "Fetches of the keys of configured OpenID issuers.");
  for (const auto& [issuer, fetched, failed] : bearer.fetches()) {
    text.Sample({{"issuer", issuer}, {"outcome", "fetched"}}, fetched);
    text.Sample({{"issuer", issuer}, {"outcome", "failed"}}, failed);
  }
}

// Of documents of several evaluation numbers that of the highest: the others run out, and nobody misses them.
std::map<IntelDocumentKind, UnixTime> NextUpdates(const IntelEndorsements& held, UnixTime now) {
  std::map<IntelDocumentKey, UnixTime> newest;
  for (const HeldIntelDocument& document : CurrentDocuments(held, now)) {  // by number, the highest last
    IntelDocumentKey key = document.key;
    key.evaluation_data_number.reset();
    newest[key] = document.next_update;
  }
  std::map<IntelDocumentKind, UnixTime> out;
  for (const auto& [key, next_update] : newest) {
    const auto known = out.emplace(key.kind, next_update).first;
    known->second = std::min(known->second, next_update);
  }
  return out;
}

void WriteCollateral(const MetricsSources& sources, MetricsText& text) {
  text.Family("vidimus_collateral_fetches_total", "counter", "Answers of sources of endorsements, by what came of them.");
  for (const SourceCounts& one : sources.collateral.counts()) {
    text.Sample({{"source", one.source}, {"outcome", "fetched"}}, one.fetched);
    text.Sample({{"source", one.source}, {"outcome", "missing"}}, one.missing);
    text.Sample({{"source", one.source}, {"outcome", "unavailable"}}, one.unavailable);
    text.Sample({{"source", one.source}, {"outcome", "refused"}}, one.refused);
  }
  text.Family("vidimus_collateral_rollbacks_total", "counter", "Endorsements refused because they were older than what is held.");
  text.Sample({}, sources.collateral.cache().rollbacks());
  text.Family("vidimus_collateral_fetching", "gauge", "Endorsements that are being fetched.");
  text.Sample({}, uint64_t{sources.collateral.running()});
  const UnixTime now = sources.judging_clock();
  text.Family("vidimus_collateral_next_update_seconds", "gauge", "To the earliest nextUpdate of the endorsements held, by their kind.");
  for (const auto& [kind, next_update] : NextUpdates(*sources.collateral.cache().Endorsements(), now))
    text.Sample({{"kind", IntelDocumentKindName(kind)}}, static_cast<double>(next_update - now));
}

void WriteForecast(const Platforms& platforms, MetricsText& text) {
  text.Family(
      "vidimus_platforms_seen", "gauge",
      "Platforms that instances have seen, by the TCB status that a baseline gives them and whether their evidence is accepted then.");
  for (const auto& [kind, count] : platforms.counts()) {
    const auto& [baseline, status, accepted] = kind;
    text.Sample({{"baseline", TcbBaselineName(baseline)}, {"status", status}, {"accepted", accepted ? "true" : "false"}}, count);
  }
}

}  // namespace

void AddMetricsRoute(const MetricsSources& sources, Router& router) {
  router.Add("GET", "/metrics", [sources](const ApiRequest&, const HttpReply& reply) {
    MetricsText text;
    WriteRequests(sources.router, text);
    WriteAttestations(sources.attestations, text);
    WriteStore(sources.registry.health(), text);
    WriteKeys(sources.registry, text);
    WriteQueues(sources, text);
    WriteIssuers(sources.bearer, text);
    WriteCollateral(sources, text);
    WriteForecast(sources.platforms, text);
    HttpResponse out;
    out.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    out.body = text.Take();
    reply(std::move(out));
  });
}

}  // namespace vidimus
