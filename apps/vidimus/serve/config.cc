#include "config.h"

#include <cstdlib>

#include <sys/stat.h>

#include "../files.h"
#include "config_file.h"
#include "dev.h"
#include "service/sgx_settings.h"

namespace vidimus {
namespace {

Result<std::string> ReadText(const std::string& path) {
  VIDIMUS_TRY(const ByteVector bytes, ReadFile(path));
  return std::string(AsText(bytes));
}

// A secret must be its owner's alone, and no development key may serve in production (design, invariants 6 and 9).
Result<std::string> ReadSecretFile(const std::string& path) {
  VIDIMUS_TRY(std::string text, ReadText(path));
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return Fail(ErrorCode::kUsage, "config.key_file", path + " is readable by others than its owner; chmod 600 it");
  if (text.find(kDevKeyMark) != std::string::npos)
    return Fail(ErrorCode::kUsage, "config.key_file", path + " is the key of a dev server; production needs a key of its own");
  return text;
}

// "PATH"; "credential:NAME", which systemd puts where CREDENTIALS_DIRECTORY says; "env:NAME", which other processes of the user can read.
Result<std::string> ReadSecret(const ConfigTable& table, const std::string& where_kept) {
  if (where_kept.starts_with("env:")) {
    const char* value = std::getenv(where_kept.c_str() + 4);
    if (value == nullptr) return Fail(ErrorCode::kMissing, "config.key_file", "found no " + where_kept.substr(4) + " in the environment");
    return std::string(value);
  }
  if (where_kept.starts_with("credential:")) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr)
      return Fail(ErrorCode::kMissing, "config.key_file", "found no CREDENTIALS_DIRECTORY: systemd sets it for LoadCredential=");
    return ReadSecretFile(std::string(folder) + "/" + where_kept.substr(11));
  }
  return ReadSecretFile(table.Resolve(where_kept));
}

Result<TlsIdentity> ReadTlsIdentity(ConfigTable& table) {
  VIDIMUS_TRY(const std::string certificate, table.RequiredText("certificate", "a PEM file, the server's certificate first"));
  VIDIMUS_TRY(const std::string key, table.RequiredText("key", "a PEM file with the certificate's private key"));
  TlsIdentity out;
  VIDIMUS_TRY(out.certificate_pem, ReadText(table.Resolve(certificate)));
  VIDIMUS_TRY(out.private_key_pem, ReadSecretFile(table.Resolve(key)));
  return out;
}

Result<std::vector<TlsIdentity>> ReadIdentities(ConfigTable& root) {
  VIDIMUS_TRY(ConfigTable table, root.Table("tls"));
  std::vector<TlsIdentity> out;
  VIDIMUS_TRY(TlsIdentity first, ReadTlsIdentity(table));
  out.push_back(std::move(first));
  VIDIMUS_TRY(std::vector<ConfigTable> others, table.Tables("other"));
  for (ConfigTable& other : others) {
    VIDIMUS_TRY(TlsIdentity identity, ReadTlsIdentity(other));
    out.push_back(std::move(identity));
    VIDIMUS_CHECK_OK(other.RequireNoOther());
  }
  VIDIMUS_CHECK_OK(table.RequireNoOther());
  return out;
}

Status ReadTls(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(plan.identities, ReadIdentities(root));
  return {};
}

Result<MasterKey> ReadMasterKey(const ConfigTable& table, const std::string& where_kept) {
  VIDIMUS_TRY(const std::string text, ReadSecret(table, where_kept));
  auto key = MasterKey::FromText(text);
  if (!key) return Fail(ErrorCode::kMalformed, "config.key_file", where_kept + ": " + key.error().detail);
  return key;
}

Status ReadPkcs11(ConfigTable& keys, ServePlan& plan) {
  VIDIMUS_TRY(const auto module, keys.Text("pkcs11_module"));
  VIDIMUS_TRY(const auto token, keys.Text("pkcs11_token"));
  VIDIMUS_TRY(const auto pin, keys.Text("pkcs11_pin"));
  if (!module && !token && !pin) return {};
  if (!module || !token || !pin)
    return Fail(ErrorCode::kMissing, "config.missing", "keys.pkcs11_module, keys.pkcs11_token and keys.pkcs11_pin go together");
  Pkcs11Settings settings{*module, *token, {}};
  VIDIMUS_TRY(settings.pin, ReadSecret(keys, *pin));
  while (settings.pin.ends_with('\n') || settings.pin.ends_with('\r')) settings.pin.pop_back();
  VIDIMUS_TRY(plan.pkcs11, Pkcs11Token::Open(settings));
  return {};
}

Status ReadMasterKeys(ConfigTable& keys, ServePlan& plan) {
  VIDIMUS_TRY(const std::string master,
              keys.RequiredText("master", "the file with the key that private keys are kept under; make one: openssl rand -hex 32"));
  VIDIMUS_TRY(plan.master_key, ReadMasterKey(keys, master));
  VIDIMUS_TRY(const auto previous, keys.Text("previous_master"));
  if (previous) {
    VIDIMUS_TRY(plan.previous_master_key, ReadMasterKey(keys, *previous));
  }
  return {};
}

Status ReadKeys(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(ConfigTable keys, root.Table("keys"));
  VIDIMUS_CHECK_OK(ReadMasterKeys(keys, plan));
  VIDIMUS_CHECK_OK(ReadPkcs11(keys, plan));
  return keys.RequireNoOther();
}

Status ReadStore(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(ConfigTable store, root.Table("store"));
  VIDIMUS_TRY(const auto url, store.Text("url"));
  plan.store_url = url.value_or("sqlite:vidimus.db");
  constexpr std::string_view kSqlite = "sqlite:";
  if (plan.store_url.starts_with(kSqlite)) plan.store_url = std::string(kSqlite) + store.Resolve(plan.store_url.substr(kSqlite.size()));
  VIDIMUS_TRY(const auto staleness, store.Number("max_staleness", 2, 86'400));
  plan.max_staleness = std::chrono::seconds(staleness.value_or(300));
  return store.RequireNoOther();
}

Status ReadInstances(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(ConfigTable instances, root.Table("instances"));
  VIDIMUS_TRY(const auto url, instances.Text("url"));
  plan.instance_url = url.value_or("");
  VIDIMUS_TRY(std::vector<ConfigTable> listeners, instances.Tables("listener"));
  for (ConfigTable& listener : listeners) {
    InstanceEndpoint own;
    VIDIMUS_TRY(const std::string name, listener.RequiredText("instance", "the name of an instance"));
    VIDIMUS_TRY(own.instance, NormalInstanceName(name));
    VIDIMUS_TRY(const std::string address, listener.RequiredText("listen", "ADDRESS:PORT"));
    VIDIMUS_TRY(own.listen, ParseListenAddress(address));
    VIDIMUS_TRY(own.url, listener.RequiredText("url", "the URL that clients know that instance by"));
    VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(own.url));
    VIDIMUS_CHECK_OK(listener.RequireNoOther());
    plan.own_endpoints.push_back(std::move(own));
  }
  return instances.RequireNoOther();
}

Result<TrustedIssuer> ReadIssuer(ConfigTable& table) {
  TrustedIssuer out;
  VIDIMUS_TRY(out.issuer.issuer, table.RequiredText("issuer", "exactly what tokens have as \"iss\""));
  VIDIMUS_TRY(out.issuer.audiences, table.Texts("audiences"));
  if (out.issuer.audiences.empty()) out.issuer.audiences = {"https://attest.azure.net"};
  VIDIMUS_TRY(out.issuer.arm_audiences, table.Texts("arm_audiences"));
  if (out.issuer.arm_audiences.empty()) out.issuer.arm_audiences = {"https://management.azure.com", "https://management.core.windows.net"};
  VIDIMUS_TRY(const auto discovery, table.Text("discovery"));
  out.issuer.discovery_url = discovery.value_or("");
  VIDIMUS_TRY(const auto keys, table.Text("keys"));
  if (keys) {
    VIDIMUS_TRY(out.issuer.keys, ReadText(table.Resolve(*keys)));
  }
  VIDIMUS_TRY(const auto ca, table.Text("ca"));
  if (ca) out.ca_file = table.Resolve(*ca);
  VIDIMUS_CHECK_OK(table.RequireNoOther());
  return out;
}

Status ReadIdentity(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(ConfigTable auth, root.Table("auth"));
  VIDIMUS_TRY(std::vector<ConfigTable> issuers, auth.Tables("issuer"));
  for (ConfigTable& table : issuers) {
    VIDIMUS_TRY(TrustedIssuer issuer, ReadIssuer(table));
    plan.issuers.push_back(std::move(issuer));
  }
  VIDIMUS_TRY(std::vector<ConfigTable> operators, auth.Tables("operator"));
  for (ConfigTable& table : operators) {
    ClaimMatch match;
    VIDIMUS_TRY(match.issuer, table.RequiredText("issuer", "one of auth.issuer"));
    VIDIMUS_TRY(match.claim, table.RequiredText("claim", "the name of a claim of its tokens"));
    VIDIMUS_TRY(match.value, table.RequiredText("value", "what that claim is, or has in its list"));
    VIDIMUS_CHECK_OK(table.RequireNoOther());
    const bool known =
        std::any_of(plan.issuers.begin(), plan.issuers.end(), [&](const TrustedIssuer& one) { return one.issuer.issuer == match.issuer; });
    if (!known) return Fail(ErrorCode::kUsage, "config.operator", "found issuer \"" + match.issuer + "\", expected one of auth.issuer");
    plan.operators.push_back(std::move(match));
  }
  return auth.RequireNoOther();
}

Result<std::vector<NamedDocument>> ReadEndorsements(ConfigTable& root) {
  VIDIMUS_TRY(std::vector<std::string> endorsements, root.Texts("endorsements"));
  if (endorsements.empty())
    return Fail(ErrorCode::kMissing, "config.missing", "found no \"endorsements\": a list of files and folders with what Intel publishes");
  for (std::string& path : endorsements) path = root.Resolve(path);
  return ReadDocuments(endorsements);
}

Status ReadJudgement(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(plan.documents, ReadEndorsements(root));
  VIDIMUS_TRY(ConfigTable sgx, root.Table("sgx"));
  VIDIMUS_TRY(const auto accept_tcb, sgx.Texts("accept_tcb"));
  VIDIMUS_TRY(const auto expiry, sgx.Text("expiry"));
  VIDIMUS_TRY(const auto refuse, sgx.Texts("refuse"));
  VIDIMUS_TRY(plan.defaults.settings.appraisal.sgx, ReadSgxSettings(accept_tcb, expiry.value_or("strict"), refuse));
  VIDIMUS_CHECK_OK(sgx.RequireNoOther());
  VIDIMUS_TRY(const auto explain, root.Text("explain"));
  if (explain && *explain != "full" && *explain != "brief")
    return Fail(ErrorCode::kUsage, "config.type", "\"explain\" must be full or brief");
  plan.defaults.settings.explain = explain.value_or("full") == "full" ? ExplainSetting::kFull : ExplainSetting::kBrief;
  return {};
}

Status ReadListeners(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(const std::string listen, root.RequiredText("listen", "ADDRESS:PORT"));
  VIDIMUS_TRY(plan.listen, ParseListenAddress(listen));
  VIDIMUS_TRY(plan.issuer, root.RequiredText("issuer", "the URL that clients know this service by, https://host[:port]"));
  VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(plan.issuer));
  VIDIMUS_TRY(ConfigTable health, root.Table("health"));
  VIDIMUS_TRY(const auto address, health.Text("listen"));
  if (address) {
    VIDIMUS_TRY(plan.health, ParseListenAddress(*address));
  }
  return health.RequireNoOther();
}

// Only what RenewedFiles names is looked at: other changes of the file wait for a restart.
RenewedFiles ReadAgain(const std::string& path) {
  auto root = ConfigTable::Read(path);
  if (!root) return {tl::unexpected(root.error()), tl::unexpected(root.error())};
  return {ReadIdentities(*root), ReadEndorsements(*root)};
}

// per_second, burst and concurrent of [limits.NAME], where given; zero is no limit.
Status ReadShare(ConfigTable& limits, std::string_view name, FairShareLimits& share) {
  VIDIMUS_TRY(ConfigTable table, limits.Table(name));
  VIDIMUS_TRY(const auto per_second, table.Fraction("per_second"));
  VIDIMUS_TRY(const auto burst, table.Fraction("burst"));
  VIDIMUS_TRY(const auto concurrent, table.Number("concurrent", 0, 1'000'000));
  share.per_second = per_second.value_or(share.per_second);
  share.burst = burst.value_or(share.burst);
  share.concurrent = static_cast<int>(concurrent.value_or(share.concurrent));
  return table.RequireNoOther();
}

Status ReadLimits(ConfigTable& root, ServePlan& plan) {
  VIDIMUS_TRY(ConfigTable limits, root.Table("limits"));
  FairShareSettings& share = plan.defaults.share;
  VIDIMUS_CHECK_OK(ReadShare(limits, "instance", share.instance));
  VIDIMUS_CHECK_OK(ReadShare(limits, "address", share.address));
  VIDIMUS_CHECK_OK(ReadShare(limits, "drafts", share.drafts));
  VIDIMUS_CHECK_OK(ReadShare(limits, "management", share.management));
  return limits.RequireNoOther();
}

}  // namespace

Result<ServePlan> PlanConfiguredServer(const std::string& path) {
  VIDIMUS_TRY(ConfigTable root, ConfigTable::Read(path));
  ServePlan plan;
  VIDIMUS_TRY(plan.clock, MakeClock(""));
  plan.read_again = [path] { return ReadAgain(path); };
  for (const auto& read : {ReadListeners, ReadTls, ReadStore, ReadKeys, ReadInstances, ReadIdentity, ReadJudgement, ReadLimits})
    VIDIMUS_CHECK_OK(read(root, plan));
  VIDIMUS_CHECK_OK(root.RequireNoOther());
  return plan;
}

Result<std::string> ConfiguredStoreUrl(const std::string& path) {
  VIDIMUS_TRY(ConfigTable root, ConfigTable::Read(path));
  ServePlan plan;
  VIDIMUS_CHECK_OK(ReadStore(root, plan));
  return plan.store_url;
}

Result<std::vector<std::string>> ConfiguredMasterKeys(const std::string& path) {
  VIDIMUS_TRY(ConfigTable root, ConfigTable::Read(path));
  VIDIMUS_TRY(ConfigTable keys, root.Table("keys"));
  ServePlan plan;
  VIDIMUS_CHECK_OK(ReadMasterKeys(keys, plan));
  std::vector<std::string> out = {plan.master_key->id()};
  if (plan.previous_master_key) out.push_back(plan.previous_master_key->id());
  return out;
}

}  // namespace vidimus
