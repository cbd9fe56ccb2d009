#include "config.h"

#include <cstdlib>
#include <limits>
#include <set>

#include <sys/stat.h>

#include "../files.h"
#include "config_file.h"
#include "dev.h"
#include "service/intel_settings.h"

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

bool ReadTlsIdentity(ConfigTable& table, TlsIdentity& out) {
  const auto certificate = table.RequiredText("certificate", "a PEM file, the server's certificate first");
  const auto key = table.RequiredText("key", "a PEM file with the certificate's private key");
  const bool first = table.Keep("certificate", certificate.and_then([&](const std::string& path) { return ReadText(table.Resolve(path)); }),
                                out.certificate_pem);
  const bool second =
      table.Keep("key", key.and_then([&](const std::string& path) { return ReadSecretFile(table.Resolve(path)); }), out.private_key_pem);
  return first && second;
}

void ReadIdentities(ConfigTable& root, std::vector<TlsIdentity>& out) {
  auto table = root.Table("tls");
  if (!table) return;
  if (TlsIdentity identity; ReadTlsIdentity(*table, identity)) out.push_back(std::move(identity));
  for (ConfigTable& other : table->Tables("other")) {
    if (TlsIdentity identity; ReadTlsIdentity(other, identity)) out.push_back(std::move(identity));
    other.RefuseOthers();
  }
  table->RefuseOthers();
}

void ReadTls(ConfigTable& root, ServePlan& plan) { ReadIdentities(root, plan.identities); }

Result<MasterKey> ReadMasterKey(const ConfigTable& table, const std::string& where_kept) {
  VIDIMUS_TRY(const std::string text, ReadSecret(table, where_kept));
  auto key = MasterKey::FromText(text);
  if (!key) return Fail(ErrorCode::kMalformed, "config.key_file", where_kept + ": " + key.error().detail);
  return key;
}

Result<std::optional<Pkcs11Token>> ReadPkcs11(ConfigTable& keys) {
  VIDIMUS_TRY(const auto module, keys.Text("pkcs11_module"));
  VIDIMUS_TRY(const auto token, keys.Text("pkcs11_token"));
  VIDIMUS_TRY(const auto pin, keys.Text("pkcs11_pin"));
  if (!module && !token && !pin) return std::nullopt;
  if (!module || !token || !pin)
    return Fail(ErrorCode::kMissing, "config.missing", "keys.pkcs11_module, keys.pkcs11_token and keys.pkcs11_pin go together");
  Pkcs11Settings settings{*module, *token, {}};
  VIDIMUS_TRY(settings.pin, ReadSecret(keys, *pin));
  while (settings.pin.ends_with('\n') || settings.pin.ends_with('\r')) settings.pin.pop_back();
  VIDIMUS_TRY(Pkcs11Token opened, Pkcs11Token::Open(settings));
  return std::optional(std::move(opened));
}

void ReadMasterKeys(ConfigTable& keys, ServePlan& plan) {
  const auto read = [&](const std::string& where_kept) { return ReadMasterKey(keys, where_kept); };
  keys.Keep(
      "master",
      keys.RequiredText("master", "the file with the key that private keys are kept under; make one: openssl rand -hex 32").and_then(read),
      plan.master_key);
  std::optional<std::string> previous;
  if (keys.Keep("previous_master", keys.Text("previous_master"), previous) && previous)
    keys.Keep("previous_master", read(*previous), plan.previous_master_key);
}

void ReadKeys(ConfigTable& root, ServePlan& plan) {
  auto keys = root.Table("keys");
  if (!keys) return;
  ReadMasterKeys(*keys, plan);
  keys->Keep("pkcs11_module", ReadPkcs11(*keys), plan.pkcs11);
  for (const std::string_view key : {"pkcs11_token", "pkcs11_pin"}) static_cast<void>(keys->Text(key));  // asked for, after any error too
  keys->RefuseOthers();
}

void ReadStore(ConfigTable& root, ServePlan& plan) {
  auto store = root.Table("store");
  if (!store) return;
  std::optional<std::string> url;
  store->Keep("url", store->Text("url"), url);
  plan.store_url = url.value_or("sqlite:vidimus.db");
  constexpr std::string_view kSqlite = "sqlite:";
  if (plan.store_url.starts_with(kSqlite)) plan.store_url = std::string(kSqlite) + store->Resolve(plan.store_url.substr(kSqlite.size()));
  std::optional<int64_t> staleness;
  store->Keep("max_staleness", store->Number("max_staleness", 2, 86'400), staleness);
  plan.max_staleness = std::chrono::seconds(staleness.value_or(300));
  store->RefuseOthers();
}

void ReadInstances(ConfigTable& root, ServePlan& plan) {
  auto instances = root.Table("instances");
  if (!instances) return;
  std::optional<std::string> url;
  instances->Keep("url", instances->Text("url"), url);
  plan.instance_url = url.value_or("");
  if (url) instances->Keep("url", Status(InstanceUrlTemplate::Parse(*url).map([](const auto&) {})));
  for (ConfigTable& listener : instances->Tables("listener")) {
    InstanceEndpoint own;
    listener.Keep("instance", listener.RequiredText("instance", "the name of an instance").and_then(NormalInstanceName), own.instance);
    listener.Keep("listen", listener.RequiredText("listen", "ADDRESS:PORT").and_then(ParseListenAddress), own.listen);
    if (listener.Keep("url", listener.RequiredText("url", "the URL that clients know that instance by"), own.url))
      listener.Keep("url", TokenSigner::CheckIssuer(own.url));
    listener.RefuseOthers();
    plan.own_endpoints.push_back(std::move(own));
  }
  instances->RefuseOthers();
}

TrustedIssuer ReadIssuer(ConfigTable& table) {
  TrustedIssuer out;
  table.Keep("issuer", table.RequiredText("issuer", "exactly what tokens have as \"iss\""), out.issuer.issuer);
  table.Keep("audiences", table.Texts("audiences"), out.issuer.audiences);
  if (out.issuer.audiences.empty()) out.issuer.audiences = {"https://attest.azure.net"};
  table.Keep("arm_audiences", table.Texts("arm_audiences"), out.issuer.arm_audiences);
  if (out.issuer.arm_audiences.empty()) out.issuer.arm_audiences = {"https://management.azure.com", "https://management.core.windows.net"};
  std::optional<std::string> discovery, keys, ca;
  table.Keep("discovery", table.Text("discovery"), discovery);
  out.issuer.discovery_url = discovery.value_or("");
  if (table.Keep("keys", table.Text("keys"), keys) && keys) table.Keep("keys", ReadText(table.Resolve(*keys)), out.issuer.keys);
  table.Keep("ca", table.Text("ca"), ca);
  if (ca) out.ca_file = table.Resolve(*ca);
  table.RefuseOthers();
  return out;
}

void ReadOperator(ConfigTable& table, ServePlan& plan) {
  ClaimMatch match;
  const bool named = table.Keep("issuer", table.RequiredText("issuer", "one of auth.issuer"), match.issuer);
  table.Keep("claim", table.RequiredText("claim", "the name of a claim of its tokens"), match.claim);
  table.Keep("value", table.RequiredText("value", "what that claim is, or has in its list"), match.value);
  table.RefuseOthers();
  const bool known =
      std::any_of(plan.issuers.begin(), plan.issuers.end(), [&](const TrustedIssuer& one) { return one.issuer.issuer == match.issuer; });
  if (named && !known)
    table.Keep("issuer", Fail(ErrorCode::kUsage, "config.operator", "found issuer \"" + match.issuer + "\", expected one of auth.issuer"));
  plan.operators.push_back(std::move(match));
}

void ReadIdentity(ConfigTable& root, ServePlan& plan) {
  auto auth = root.Table("auth");
  if (!auth) return;
  for (ConfigTable& table : auth->Tables("issuer")) plan.issuers.push_back(ReadIssuer(table));
  for (ConfigTable& table : auth->Tables("operator")) ReadOperator(table, plan);
  auth->RefuseOthers();
}

HeldCollateralSource ReadHeldSource(ConfigTable& table, const std::string& kind) {
  HeldCollateralSource out;
  std::optional<std::string> name;
  if (table.Keep("path", table.RequiredText("path", "where the " + kind + " is"), out.path)) out.path = table.Resolve(out.path);
  table.Keep("name", table.Text("name"), name);
  out.name = name.value_or(out.path);
  table.RefuseOthers();
  return out;
}

HttpCollateralSource ReadHttpSource(ConfigTable& table, HttpSourceKind kind) {
  HttpCollateralSource out;
  out.source.kind = kind;
  std::optional<std::string> url, name, ca;
  table.Keep("url", table.Text("url"), url);
  table.Keep("name", table.Text("name"), name);
  table.Keep("ca", table.Text("ca"), ca);
  const auto published = PublishedUrl(kind);
  if (!url && !published) table.Keep("url", Fail(ErrorCode::kMissing, "config.missing", "found no \"url\": where the PCCS is"));
  out.source.url = url.value_or(published.value_or(""));
  if (url && !url->starts_with("https://"))
    table.Keep("url", Fail(ErrorCode::kUsage, "config.type", "found \"" + *url + "\", expected a URL that begins with https://"));
  out.source.name = name.value_or(out.source.url);
  if (ca) out.ca_file = table.Resolve(*ca);
  table.RefuseOthers();
  return out;
}

void AddSource(ConfigTable& table, std::vector<CollateralSource>& out) {
  constexpr const char* kKinds = "pcs, pcs-v3, pccs, thim, folder or bundle";
  std::string kind;
  if (!table.Keep("kind", table.RequiredText("kind", kKinds), kind)) return;
  if (kind == "folder" || kind == "bundle")
    out.push_back(ReadHeldSource(table, kind));
  else if (const auto http = FindHttpSourceKind(kind))
    out.push_back(ReadHttpSource(table, *http));
  else
    table.Keep("kind", Fail(ErrorCode::kUsage, "config.type", std::string("found \"") + kind + "\", expected " + kKinds));
}

const std::string& SourceName(const CollateralSource& source) {
  const auto* const http = std::get_if<HttpCollateralSource>(&source);
  return http != nullptr ? http->source.name : std::get<HeldCollateralSource>(source).name;
}

// Logs and metrics know sources by their names.
void ReadCollateral(ConfigTable& root, ServePlan& plan) {
  auto collateral = root.Table("collateral");
  if (!collateral) return;
  std::set<std::string> names;
  for (ConfigTable& table : collateral->Tables("source")) {
    const size_t before = plan.sources.size();
    AddSource(table, plan.sources);
    if (plan.sources.size() > before && !names.insert(SourceName(plan.sources.back())).second)
      table.Keep("name", Fail(ErrorCode::kUsage, "config.type",
                              "found two sources named \"" + SourceName(plan.sources.back()) + "\"; give one another \"name\""));
  }
  std::optional<bool> anyone;
  collateral->Keep("gather_for_anyone", collateral->Flag("gather_for_anyone"), anyone);
  plan.defaults.settings.gather_for_anyone = anyone.value_or(false);
  std::optional<std::string> address;
  if (collateral->Keep("listen", collateral->Text("listen"), address) && address)
    collateral->Keep("listen", ParseListenAddress(*address), plan.collateral_listen);
  collateral->RefuseOthers();
}

// The files may be none where there are sources, or where the list is there and says so.
void ReadEndorsements(ConfigTable& root, ServePlan& plan) {
  std::optional<std::vector<std::string>> paths;
  if (!root.Keep("endorsements", root.TextsOrNone("endorsements"), paths)) return;
  plan.imports_suffice = paths && paths->empty();
  if (plan.imports_suffice || (!paths && !plan.sources.empty())) return;
  if (paths)
    for (std::string& path : *paths) path = root.Resolve(path);
  root.Keep("endorsements",
            !paths ? Fail(ErrorCode::kMissing, "config.missing",
                          "found neither \"endorsements\", a list of files and folders with what Intel publishes, nor a "
                          "[[collateral.source]] to fetch it from; an empty list waits for `vidimus endorsements import`")
                   : ReadDocuments(*paths),
            plan.documents);
}

// [sgx] or [tdx].
template <typename Settings>
using SettingsReader = Result<Settings> (*)(const IntelSettingsText& text);

template <typename Settings>
void ReadTee(ConfigTable& root, std::string_view key, SettingsReader<Settings> read, Settings& out) {
  auto table = root.Table(key);
  if (!table) return;
  IntelSettingsText text;
  std::optional<std::string> expiry, baseline;
  bool all = table->Keep("accept_tcb", table->Texts("accept_tcb"), text.accept_tcb);
  all &= table->Keep("accept_advisories", table->TextsOrNone("accept_advisories"), text.accept_advisories);  // an empty list accepts none
  all &= table->Keep("minimum_evaluation_number", table->Number("minimum_evaluation_number", 0, std::numeric_limits<int32_t>::max()),
                     text.minimum_evaluation_number);
  all &= table->Keep("tcb_baseline", table->Text("tcb_baseline"), baseline);
  all &= table->Keep("expiry", table->Text("expiry"), expiry);
  all &= table->Keep("refuse", table->Texts("refuse"), text.refuse);
  table->RefuseOthers();
  if (!all) return;
  text.tcb_baseline = baseline.value_or(text.tcb_baseline);
  text.expiry = expiry.value_or(text.expiry);
  root.Keep(key, read(text), out);
}

void ReadEndorsementsAgain(ConfigTable& root, std::vector<NamedDocument>& out) {
  ServePlan plan;
  ReadCollateral(root, plan);
  ReadEndorsements(root, plan);
  out = std::move(plan.documents);
}

void ReadJudgement(ConfigTable& root, ServePlan& plan) {
  ReadCollateral(root, plan);
  ReadEndorsements(root, plan);
  ReadTee<SgxSettings>(root, "sgx", ReadSgxSettings, plan.defaults.settings.appraisal.sgx);
  ReadTee<TdxSettings>(root, "tdx", ReadTdxSettings, plan.defaults.settings.appraisal.tdx);
  std::optional<std::string> explain;
  root.Keep("explain", root.Text("explain"), explain);
  if (explain && *explain != "full" && *explain != "brief")
    root.Keep("explain", Fail(ErrorCode::kUsage, "config.type", "\"explain\" must be full or brief"));
  plan.defaults.settings.explain = explain.value_or("full") == "full" ? ExplainSetting::kFull : ExplainSetting::kBrief;
}

void ReadListeners(ConfigTable& root, ServePlan& plan) {
  root.Keep("listen", root.RequiredText("listen", "ADDRESS:PORT").and_then(ParseListenAddress), plan.listen);
  if (root.Keep("issuer", root.RequiredText("issuer", "the URL that clients know this service by, https://host[:port]"), plan.issuer))
    root.Keep("issuer", TokenSigner::CheckIssuer(plan.issuer));
  auto health = root.Table("health");
  if (!health) return;
  std::optional<std::string> address;
  if (health->Keep("listen", health->Text("listen"), address) && address) health->Keep("listen", ParseListenAddress(*address), plan.health);
  health->RefuseOthers();
}

// What `read` puts into a T, when the file has no problem there.
template <typename T>
Result<T> ReadPart(const std::string& path, void (*read)(ConfigTable&, T&)) {
  VIDIMUS_TRY(ConfigTable root, ConfigTable::Read(path));
  T out;
  read(root, out);
  if (!root.problems().empty()) return tl::unexpected(root.problems().front().error);
  return out;
}

// Only what RenewedFiles names is looked at: other changes of the file wait for a restart.
RenewedFiles ReadAgain(const std::string& path) {
  return {ReadPart<std::vector<TlsIdentity>>(path, ReadIdentities), ReadPart<std::vector<NamedDocument>>(path, ReadEndorsementsAgain)};
}

// per_second, burst and concurrent of [limits.NAME], where given; zero is no limit.
void ReadShare(ConfigTable& limits, std::string_view name, FairShareLimits& share) {
  auto table = limits.Table(name);
  if (!table) return;
  std::optional<double> per_second, burst;
  std::optional<int64_t> concurrent;
  table->Keep("per_second", table->Fraction("per_second"), per_second);
  table->Keep("burst", table->Fraction("burst"), burst);
  table->Keep("concurrent", table->Number("concurrent", 0, 1'000'000), concurrent);
  share.per_second = per_second.value_or(share.per_second);
  share.burst = burst.value_or(share.burst);
  share.concurrent = static_cast<int>(concurrent.value_or(share.concurrent));
  table->RefuseOthers();
}

void ReadLimits(ConfigTable& root, ServePlan& plan) {
  auto limits = root.Table("limits");
  if (!limits) return;
  FairShareSettings& share = plan.defaults.share;
  ReadShare(*limits, "instance", share.instance);
  ReadShare(*limits, "address", share.address);
  ReadShare(*limits, "drafts", share.drafts);
  ReadShare(*limits, "management", share.management);
  limits->RefuseOthers();
}

void ReadKeyIds(ConfigTable& root, std::vector<std::string>& out) {
  auto keys = root.Table("keys");
  if (!keys) return;
  ServePlan plan;
  ReadMasterKeys(*keys, plan);
  for (const auto& key : {plan.master_key, plan.previous_master_key})
    if (key) out.push_back(key->id());
}

}  // namespace

Configuration ReadConfiguration(const std::string& path) {
  Configuration out;
  auto root = ConfigTable::Read(path);
  if (!root) {
    out.problems.push_back({0, "", root.error()});
    return out;
  }
  out.plan.clock = SystemNow;
  out.plan.read_again = [path] { return ReadAgain(path); };
  for (const auto& read : {ReadListeners, ReadTls, ReadStore, ReadKeys, ReadInstances, ReadIdentity, ReadJudgement, ReadLimits})
    read(*root, out.plan);
  root->RefuseOthers();
  out.problems = root->problems();
  return out;
}

Result<ServePlan> PlanConfiguredServer(const std::string& path) {
  Configuration out = ReadConfiguration(path);
  if (!out.problems.empty()) return tl::unexpected(std::move(out.problems.front().error));
  return std::move(out.plan);
}

Result<std::string> ConfiguredStoreUrl(const std::string& path) {
  VIDIMUS_TRY(const ServePlan plan, ReadPart<ServePlan>(path, ReadStore));
  return plan.store_url;
}

Result<std::vector<std::string>> ConfiguredMasterKeys(const std::string& path) {
  return ReadPart<std::vector<std::string>>(path, ReadKeyIds);
}

}  // namespace vidimus
