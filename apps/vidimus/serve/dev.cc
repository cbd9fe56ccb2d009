#include "dev.h"

#include <algorithm>

#include "../files.h"
#include "../settings.h"
#include "base/file_set.h"
#include "codec/pem.h"
#include "crypto/certificate.h"
#include "crypto/issue.h"
#include "crypto/random.h"
#include "sim/vendor_state.h"

namespace vidimus {
namespace {

// TLS must hold whatever the clock says, a year back or sixty days on.
constexpr UnixTime kNotBefore = 1'514'764'800;  // 2018-01-01
constexpr UnixTime kNotAfter = 2'524'607'999;   // 2049-12-31

const Name kAuthority = {{"CN", "Vidimus development CA"}};

Result<FileSet> MakeKeys() {
  VIDIMUS_TRY(const PrivateKey authority, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const PrivateKey signer, PrivateKey::GenerateRsa(2048));
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
  return FileSet{
      {"ca.pem", WritePem("CERTIFICATE", certificate)}, {"ca.key", mark + authority.ToPem()}, {"signing.key", mark + signer.ToPem()}};
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
  spec.dns_names = {"localhost"};
  spec.ip_addresses = {"127.0.0.1", "::1"};
  for (const std::string& host : {plan.listen.host, plan.issuer.empty() ? "localhost" : HostOf(plan.issuer)}) {
    auto& names = IsAddress(host) ? spec.ip_addresses : spec.dns_names;
    if (std::find(names.begin(), names.end(), host) == names.end()) names.push_back(host);
  }
  VIDIMUS_TRY(const PrivateKey key, PrivateKey::GenerateP256());
  VIDIMUS_TRY(const ByteVector certificate, IssueCertificate(spec, key, {kAuthority, ca_key}));
  plan.tls_certificate_pem = WritePem("CERTIFICATE", certificate) + ca_pem;
  plan.tls_key_pem = key.ToPem();
  return {};
}

Status RequireLoopback(const ListenAddress& listen, bool remote) {
  if (remote || listen.host.starts_with("127.") || listen.host == "::1") return {};
  return Fail(
      ErrorCode::kUsage, "option.listen",
      "found " + listen.host + ", expected a loopback address: a dev server trusts software enclaves; --dev-remote lets others reach it");
}

}  // namespace

Result<ServePlan> PlanDevServer(const DevOptions& options) {
  if (options.state.empty()) return Fail(ErrorCode::kUsage, "option.state", "found an empty --state, expected a folder");
  ServePlan plan;
  plan.dev = true;
  plan.issuer = options.issuer;
  if (!plan.issuer.empty()) VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(plan.issuer));
  VIDIMUS_TRY(plan.listen, ParseListenAddress(options.listen));
  VIDIMUS_CHECK_OK(RequireLoopback(plan.listen, options.remote));
  if (plan.issuer.empty() && (plan.listen.host == "0.0.0.0" || plan.listen.host == "::"))
    return Fail(ErrorCode::kUsage, "option.issuer",
                "found no --issuer, expected the URL that clients know this server by: they cannot use " + plan.listen.host);
  VIDIMUS_TRY(plan.clock, MakeClock(options.clock));
  VIDIMUS_TRY(plan.appraisal.sgx, ReadSgxSettings(options.accept_tcb, options.expiry, options.refuse));
  VIDIMUS_TRY(plan.documents, ReadDocuments(options.endorsements));
  const std::string folder = options.state + "/keys";
  VIDIMUS_TRY(const FileSet files, ReadOrMakeFileSet(folder, MakeKeys));
  VIDIMUS_TRY(const PrivateKey ca_key, Key(files, "ca.key", folder));
  VIDIMUS_TRY(const std::string ca_pem, AuthorityCertificate(files, ca_key, folder));
  VIDIMUS_TRY(plan.signing_key, Key(files, "signing.key", folder));
  VIDIMUS_CHECK_OK(IssueTlsCertificate(ca_pem, ca_key, plan));
  VIDIMUS_TRY(plan.vendor, OpenOrCreateSimulatedIntel(options.state));
  return plan;
}

}  // namespace vidimus
