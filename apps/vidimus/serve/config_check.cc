#include "config_check.h"

#include <future>

#include "auth/issuer_keys.h"
#include "net/http_client.h"
#include "service/endorsement_cache.h"
#include "store/store.h"

namespace vidimus {
namespace {

constexpr size_t kUnusableShown = 10;

// Whether the keys of each living instance open with what the configuration has.
Status CheckKeys(StoreTransaction& store, const ServePlan& plan, ConfigFindings& findings) {
  const KeyVault vault(*plan.master_key, plan.previous_master_key, plan.pkcs11);
  VIDIMUS_TRY(const auto instances, store.Instances());
  size_t alive = 0, unusable = 0;
  for (const InstanceRecord& instance : instances) {
    if (instance.deleted_at) continue;
    ++alive;
    VIDIMUS_TRY(const auto keys, store.Keys(instance.key));
    for (const KeyRecord& key : keys) {
      const auto opened = vault.Open(instance.key, key);
      if (opened) continue;
      if (++unusable <= kUnusableShown)
        findings.problems.push_back(
            {0, "keys", Error{opened.error().code, opened.error().where, "instance " + instance.key.name + ": " + opened.error().detail}});
      break;
    }
  }
  findings.store.push_back(std::to_string(alive) + " instances, " + std::to_string(unusable) + " with keys that cannot be opened");
  return {};
}

void CheckStore(const ServePlan& plan, ConfigFindings& findings) {
  const auto store = Store::OpenExisting(plan.store_url);
  if (!store) {
    // The service makes and migrates by itself.
    const bool later = store.error().where == "store.absent" || store.error().where == "store.older";
    if (later) findings.store.push_back(store.error().detail);
    if (!later) findings.problems.push_back({0, "store.url", store.error()});
    return;
  }
  if (!plan.master_key) return;
  const Status read = (*store)->Read([&](StoreTransaction& transaction) {
    ConfigFindings found;
    const Status checked = CheckKeys(transaction, plan, found);
    if (checked) {
      findings.problems.insert(findings.problems.end(), found.problems.begin(), found.problems.end());
      findings.store = std::move(found.store);
    }
    return checked;
  });
  if (!read) findings.problems.push_back({0, "store.url", read.error()});
}

Status AskIssuer(const TrustedIssuer& trusted) {
  HttpClient client(trusted.ca_file);
  const OpenIdIssuer& issuer = trusted.issuer;
  const std::string discovery = issuer.discovery_url.empty() ? issuer.issuer + "/.well-known/openid-configuration" : issuer.discovery_url;
  const auto keys = FetchIssuerKeys(issuer.issuer, discovery, client, [] { return Status(); });
  if (!keys)
    return tl::unexpected(Error{keys.error().code, keys.error().where,
                                discovery + ": " + keys.error().detail + "; callers with its tokens will be refused until it answers"});
  return {};
}

void CheckIssuers(const ServePlan& plan, ConfigFindings& findings) {
  std::vector<OpenIdIssuer> issuers;
  for (const TrustedIssuer& trusted : plan.issuers) issuers.push_back(trusted.issuer);
  const auto fetcher = [](const OpenIdIssuer&) { return std::make_unique<HttpClient>(); };
  if (const auto usable = BearerAuthenticator::Create(std::move(issuers), fetcher, plan.clock); !usable) {
    findings.problems.push_back({0, "auth.issuer", usable.error()});
    return;
  }
  std::vector<std::future<Status>> asked;
  for (const TrustedIssuer& trusted : plan.issuers)
    if (trusted.issuer.keys.empty()) asked.push_back(std::async(std::launch::async, [&trusted] { return AskIssuer(trusted); }));
  for (std::future<Status>& one : asked)
    if (const Status answered = one.get(); !answered) findings.problems.push_back({0, "auth.issuer", answered.error()});
}

}  // namespace

ConfigFindings CheckPlan(const ServePlan& plan, bool documents_read) {
  ConfigFindings out;
  const auto note = [&](const std::string& key, const Status& status) {
    if (!status) out.problems.push_back({0, key, status.error()});
  };
  if (!plan.identities.empty()) note("tls.key", CheckTlsIdentities(plan.identities));
  if (documents_read) {
    EndorsementCache::Settings settings;
    settings.anchors = {IntelRootAnchor()};
    settings.files = plan.documents;
    settings.files_suffice = plan.sources.empty() && !plan.imports_suffice;
    settings.clock = plan.clock;
    note("endorsements", EndorsementCache::Open(std::move(settings)).map([](const auto&) {}));
  }
  for (const CollateralSource& one : plan.sources)
    if (const auto* held = std::get_if<HeldCollateralSource>(&one); held != nullptr && !held->path.empty())
      note("collateral.source", ReadSource(*held, {IntelRootAnchor()}).map([](const auto&) {}));
  CheckStore(plan, out);
  CheckIssuers(plan, out);
  return out;
}

}  // namespace vidimus
