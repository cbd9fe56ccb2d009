#include "config.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <sys/stat.h>
#include <toml++/toml.h>

#include "../files.h"
#include "../settings.h"
#include "dev.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

// What may stand in the file, by table; "" is the top level.
const std::map<std::string, std::set<std::string>> kKeys = {{"", {"listen", "issuer", "endorsements", "explain"}},
                                                            {"tls", {"certificate", "key"}},
                                                            {"signing", {"key"}},
                                                            {"policy", {"SgxEnclave", "OpenEnclave"}},
                                                            {"sgx", {"accept_tcb", "expiry", "refuse"}}};

std::string Path(const std::string& table, std::string_view key) {
  return table.empty() ? std::string(key) : table + "." + std::string(key);
}

Status RequireKnown(const toml::table& root) {
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    if (!node.is_table()) {
      if (!kKeys.at("").contains(name))
        return Fail(ErrorCode::kUsage, "config.unknown", "found key \"" + name + "\", which Vidimus does not know");
      continue;
    }
    const auto table = kKeys.find(name);
    if (table == kKeys.end() || name.empty())
      return Fail(ErrorCode::kUsage, "config.unknown", "found table \"" + name + "\", which Vidimus does not know");
    for (const auto& [inner, unused] : *node.as_table())
      if (!table->second.contains(std::string(inner.str())))
        return Fail(ErrorCode::kUsage, "config.unknown", "found key \"" + Path(name, inner.str()) + "\", which Vidimus does not know");
  }
  return {};
}

class Config {
 public:
  Config(toml::table root, fs::path folder) : root_(std::move(root)), folder_(std::move(folder)) {}

  Result<std::optional<std::string>> Text(const std::string& table, const std::string& key) const {
    const auto node = Node(table, key);
    if (!node) return std::nullopt;
    if (!node.is_string()) return Fail(ErrorCode::kUsage, "config.type", "\"" + Path(table, key) + "\" must be a string");
    return node.ref<std::string>();
  }

  Result<std::string> RequiredText(const std::string& table, const std::string& key, std::string_view meaning) const {
    VIDIMUS_TRY(const auto text, Text(table, key));
    if (!text) return Fail(ErrorCode::kMissing, "config.missing", "found no \"" + Path(table, key) + "\": " + std::string(meaning));
    return *text;
  }

  Result<std::vector<std::string>> Texts(const std::string& table, const std::string& key) const {
    const auto node = Node(table, key);
    std::vector<std::string> out;
    if (!node) return out;
    const toml::array* list = node.as_array();
    if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const toml::node& one) { return one.is_string(); }))
      return Fail(ErrorCode::kUsage, "config.type", "\"" + Path(table, key) + "\" must be a list of strings");
    // Nothing accepted and nothing said are not the same.
    if (list->empty()) return Fail(ErrorCode::kUsage, "config.type", "\"" + Path(table, key) + "\" is empty; leave it out for its default");
    for (const toml::node& one : *list) out.push_back(*one.value<std::string>());
    return out;
  }

  // Paths are relative to the configuration file.
  std::string Resolve(const std::string& path) const { return (folder_ / path).string(); }

 private:
  toml::node_view<const toml::node> Node(const std::string& table, const std::string& key) const {
    return table.empty() ? root_[key] : root_[table][key];
  }

  toml::table root_;
  fs::path folder_;
};

Result<std::string> ReadText(const std::string& path) {
  VIDIMUS_TRY(const ByteVector bytes, ReadFile(path));
  return std::string(AsText(bytes));
}

// A private key must be its owner's alone, and no development key may serve in production (design, invariants 6 and 9).
Result<std::string> ReadKeyFile(const std::string& path) {
  VIDIMUS_TRY(std::string text, ReadText(path));
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    return Fail(ErrorCode::kUsage, "config.key_file", path + " is readable by others than its owner; chmod 600 it");
  if (text.find(kDevKeyMark) != std::string::npos)
    return Fail(ErrorCode::kUsage, "config.key_file", path + " is the key of a dev server; production needs a key of its own");
  return text;
}

Status ReadKeys(const Config& config, ServePlan& plan) {
  VIDIMUS_TRY(const std::string certificate, config.RequiredText("tls", "certificate", "a PEM file, the server's certificate first"));
  VIDIMUS_TRY(const std::string tls_key, config.RequiredText("tls", "key", "a PEM file with the certificate's private key"));
  VIDIMUS_TRY(const std::string signing_key, config.RequiredText("signing", "key", "a PEM file with the RSA key that signs tokens"));
  VIDIMUS_TRY(plan.tls_certificate_pem, ReadText(config.Resolve(certificate)));
  VIDIMUS_TRY(plan.tls_key_pem, ReadKeyFile(config.Resolve(tls_key)));
  const std::string path = config.Resolve(signing_key);
  VIDIMUS_TRY(const std::string pem, ReadKeyFile(path));
  auto key = PrivateKey::FromPem(pem);
  if (!key) return Fail(ErrorCode::kMalformed, "config.key_file", path + ": " + key.error().detail);
  if (key->kind() != PrivateKey::Kind::kRsa)
    return Fail(ErrorCode::kUnsupported, "config.key_file", path + ": expected an RSA key, which signs tokens");
  plan.signing_key = *std::move(key);
  return {};
}

Status ReadJudgement(const Config& config, ServePlan& plan) {
  VIDIMUS_TRY(std::vector<std::string> endorsements, config.Texts("", "endorsements"));
  if (endorsements.empty())
    return Fail(ErrorCode::kMissing, "config.missing", "found no \"endorsements\": a list of files and folders with what Intel publishes");
  for (std::string& path : endorsements) path = config.Resolve(path);
  VIDIMUS_TRY(plan.documents, ReadDocuments(endorsements));
  VIDIMUS_TRY(const auto accept_tcb, config.Texts("sgx", "accept_tcb"));
  VIDIMUS_TRY(const auto expiry, config.Text("sgx", "expiry"));
  VIDIMUS_TRY(const auto refuse, config.Texts("sgx", "refuse"));
  VIDIMUS_TRY(plan.appraisal.sgx, ReadSgxSettings(accept_tcb, expiry.value_or("strict"), refuse));
  for (const auto& [name, type] : {std::pair("SgxEnclave", EvidenceType::kSgxEnclave), {"OpenEnclave", EvidenceType::kOpenEnclave}}) {
    VIDIMUS_TRY(const auto path, config.Text("policy", name));
    if (!path) continue;
    VIDIMUS_TRY(plan.policies[type], ReadText(config.Resolve(*path)));
  }
  return {};
}

}  // namespace

Result<ServePlan> PlanConfiguredServer(const std::string& path) {
  VIDIMUS_TRY(const std::string text, ReadText(path));
  toml::table root;
  try {
    root = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kMalformed, "config.syntax",
                path + " line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
  VIDIMUS_CHECK_OK(RequireKnown(root));
  const Config config(std::move(root), fs::path(path).parent_path());
  ServePlan plan;
  VIDIMUS_TRY(plan.clock, MakeClock(""));
  VIDIMUS_TRY(const std::string listen, config.RequiredText("", "listen", "ADDRESS:PORT"));
  VIDIMUS_TRY(plan.listen, ParseListenAddress(listen));
  VIDIMUS_TRY(plan.issuer, config.RequiredText("", "issuer", "the URL that clients know this service by, https://host[:port]"));
  VIDIMUS_CHECK_OK(TokenSigner::CheckIssuer(plan.issuer));
  VIDIMUS_TRY(const auto explain, config.Text("", "explain"));
  if (explain && *explain != "full" && *explain != "brief")
    return Fail(ErrorCode::kUsage, "config.type", "\"explain\" must be full or brief");
  plan.explain = explain.value_or("full") == "full" ? ExplainSetting::kFull : ExplainSetting::kBrief;
  VIDIMUS_CHECK_OK(ReadKeys(config, plan));
  VIDIMUS_CHECK_OK(ReadJudgement(config, plan));
  return plan;
}

}  // namespace vidimus
