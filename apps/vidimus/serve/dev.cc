#include "dev.h"

#include <algorithm>

#include "../files.h"
#include "base/file_set.h"
#include "codec/pem.h"
#include "crypto/certificate.h"
#include "crypto/issue.h"
#include "crypto/random.h"
#include "service/intel_settings.h"
#include "sim/vendor_state.h"

namespace vidimus {
namespace {

// TLS must hold whatever the clock says, a year back or sixty days on.
constexpr UnixTime kNotBefore = 1'514'764'800;  // 2018-01-01
constexpr UnixTime kNotAfter = 2'524'607'999;   // 2049-12-31

// Names under .localhost are this machine's (RFC 6761 section 6.3); two labels, since many clients take no wildcard right under a top one.
const std::string kInstancesUrl = "https://{name}.attest.localhost";
const std::string kInstancesWildcard = "*.attest.localhost";

const Name kAuthority = {{"CN", "Vidimus development CA"}};

Result<FileSet> MakeKeys() {
  VIDIMUS_TRY(const PrivateKey authority, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const MasterKey master, MasterKey::Generate());
  VIDIMUS_TRY(const ByteVector random, RandomBytes(8));
  CertificateSpec spec;
  spec.subject = kAuthority;
  spec.serial = {1};
  spec.serial.insert(spec.serial.end(), random.begin(), random.end());
  spec.not_before = kNotBefore;
  spec.not_after = kNotAfter;
  spec.is_ca = true;
  spec.path_length = 0;
  spec.key_usage = "keyCertSign, cRLSign";
  VIDIMUS_TRY(const ByteVector certificate, IssueCertificate(spec, authority, {kAuthority, authority}));
  const std::string mark = std::string(kDevKeyMark) + "\n";
  return FileSet{{"ca.pem", WritePem("CERTIFICATE", certificate)},
                 {"ca.key", mark + authority.ToPem()},
                 {"master.key", mark + master.ToText() + "\n"}};
}

Result<std::string> File(const FileSet& files, const std::string& name, const std::string& folder) {
  const auto found = files.find(name);
  if (found == files.end())
    return Fail(ErrorCode::kMissing, "state.incomplete", "found no " + name + " in " + folder + "; remove the folder to have it made anew");
  return found->second;
}

tl::unexpected<Error> Corrupt(const std::string& path, const std::string& detail) {
  return Fail(ErrorCode::kMalformed, "state.corrupt", path + ": " + detail + "; remove its folder to have it made anew");
}

Result<PrivateKey> Key(const FileSet& files, const std::string& name, const std::string& folder) {
  VIDIMUS_TRY(const std::string pem, File(files, name, folder));
  auto key = PrivateKey::FromPem(pem);
  if (!key) return Corrupt(folder + "/" + name, key.error().detail);
  return key;
}

// Clients hold the certificate, the server signs with the key: unless they belong together no client can connect.
Result<std::string> AuthorityCertificate(const FileSet& files, const PrivateKey& key, const std::string& folder) {
  VIDIMUS_TRY(std::string pem, File(files, "ca.pem", folder));
  const std::string path = folder + "/ca.pem";
  const auto blocks = ParsePem(pem, 1);
  if (!blocks) return Corrupt(path, blocks.error().detail);
  const auto certificate = ParseCertificate(blocks->front().der);
  if (!certificate) return Corrupt(path, certificate.error().detail);
  const ByteVector point = key.P256Point();
  if (!std::equal(point.begin(), point.end(), certificate->public_key.begin(), certificate->public_key.end()))
    return Corrupt(path, "found a certificate of another key than ca.key");
  return pem;
}

bool IsAddress(const std::string& host) {
  return host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
}

std::string HostOf(const std::string& issuer) {
  std::string host = issuer.substr(issuer.find("://") + 3);
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find_first_of(":/"));
}

// A certificate for the names this server is reached by, made at every start: nothing of it can go stale.
Status IssueTlsCertificate(const std::string& ca_pem, const PrivateKey& ca_key, ServePlan& plan) {
  CertificateSpec spec;
  spec.subject = {{"CN", "Vidimus development server"}};
  VIDIMUS_TRY(spec.serial, RandomBytes(16));
  spec.serial[0] = 1;
  spec.not_before = kNotBefore;
  spec.not_after = kNotAfter;
  spec.key_usage = "digitalSignature";
  spec.server_auth = true;
  spec.dns_names = {"localhost", kInstancesWildcard};
  spec.ip_addresses = {"127.0.0.1", "::1"};
  for (const std::string& host : {plan.listen.host, plan.issuer.empty() ? "localhost" : HostOf(plan.issuer)}) {
    auto& names = IsAddress(host) ? spec.ip_addresses : spec.dns_names;
    if (std::find(names.begin(), names.end(), host) == names.end()) names.push_back(host);
  }
  VIDIMUS_TRY(const PrivateKey key, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const ByteVector certificate, IssueCertificate(spec, key, {kAuthority, ca_key}));
  plan.identities = {{WritePem("CERTIFICATE", certificate) + ca_pem, key.ToPem()}};
  return {};
}

Status RequireLoopback(const ListenAddress& listen, bool remote) {
  if (remote || listen.host.starts_with("127.") || listen.host == "::1") return {};
  return Fail(
      ErrorCode::kUsage, "option.listen",
      "found " + listen.host + ", expected a loopback address: a dev server trusts software enclaves; --dev-remote lets others reach it");
}

Result<MasterKey> DevMasterKey(const FileSet& files, const std::string& folder) {
  VIDIMUS_TRY(const std::string text, File(files, "master.key", folder));
  auto key = MasterKey::FromText(std::string_view(text).substr(std::min(text.size(), text.find('\n'))));  // after the mark
  if (!key) return Corrupt(folder + "/master.key", key.error().detail);
  return key;
}

// "NAME=ADDR:PORT".
Result<std::vector<InstanceEndpoint>> OwnEndpoints(const DevOptions& options) {
  std::vector<InstanceEndpoint> out;
  for (const std::string& text : options.instance_listen) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos)
      return Fail(ErrorCode::kUsage, "option.instance_listen", "found \"" + text + "\", expected NAME=ADDR:PORT");
    InstanceEndpoint own;
    VIDIMUS_TRY(own.instance, NormalInstanceName(text.substr(0, equals)));
    VIDIMUS_TRY(own.listen, ParseListenAddress(text.substr(equals + 1)));
    VIDIMUS_CHECK_OK(RequireLoopback(own.listen, options.remote));
    out.push_back(std::move(own));
  }
  return out;
}

}  // namespace

Result<ServePlan> PlanDevServer(const DevOptions& options) {
  if (options.state.empty()) return Fail(ErrorCode::kUsage, "option.state", "found an empty --state, expected a folder");
  ServePlan plan;
  plan.defaults.dev = true;
  plan.issuer = options.issuer;
  if (!plan.issuer.empty()) VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(plan.issuer));
  VIDIMUS_TRY(plan.listen, ParseListenAddress(options.listen));
  VIDIMUS_CHECK_OK(RequireLoopback(plan.listen, options.remote));
  VIDIMUS_TRY(plan.own_endpoints, OwnEndpoints(options));
  if (plan.issuer.empty() && (plan.listen.host == "0.0.0.0" || plan.listen.host == "::"))
    return Fail(ErrorCode::kUsage, "option.issuer",
                "found no --issuer, expected the URL that clients know this server by: they cannot use " + plan.listen.host);
  VIDIMUS_TRY(plan.clock, MakeClock(options.clock));
  VIDIMUS_TRY(plan.defaults.settings.appraisal.sgx, ReadSgxSettings(options.settings));
  IntelSettingsText of_tdx = options.settings;
  of_tdx.refuse.clear();  // names of enclaves' attributes
  VIDIMUS_TRY(plan.defaults.settings.appraisal.tdx, ReadTdxSettings(of_tdx));
  VIDIMUS_TRY(plan.documents, ReadDocuments(options.endorsements));
  const std::string folder = options.state + "/keys";
  VIDIMUS_TRY(const FileSet files, ReadOrMakeFileSet(folder, MakeKeys));
  VIDIMUS_TRY(const PrivateKey ca_key, Key(files, "ca.key", folder));
  VIDIMUS_TRY(const std::string ca_pem, AuthorityCertificate(files, ca_key, folder));
  VIDIMUS_TRY(plan.master_key, DevMasterKey(files, folder));
  VIDIMUS_CHECK_OK(IssueTlsCertificate(ca_pem, ca_key, plan));
  VIDIMUS_TRY(plan.vendor, OpenOrCreateSimulatedIntel(options.state));
  VIDIMUS_TRY(plan.authority, SimulatedAuthority::OpenOrCreate(options.state));
  plan.instance_url = kInstancesUrl;
  plan.store_url = "sqlite:" + options.state + "/vidimus.db";
  plan.client_file = options.state + "/client.json";
  return plan;
}

}  // namespace vidimus
