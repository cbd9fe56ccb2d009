#include "sim/authority.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/base64url.h"
#include "base/hex.h"
#include "codec/form.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "token/jws.h"

namespace vidimus {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr int kKeyBits = 2048;
constexpr std::string_view kDefaultScope = "/.default";

// A refusal of RFC 6749 section 5.2.
struct Refusal {
  std::string_view error;
  std::string description;
};

SimulatedAuthority::Answer AnswerOf(const Refusal& refusal) {
  const int status = refusal.error == "invalid_client" ? 401 : 400;
  return {status, JsonObject{{"error", refusal.error}, {"error_description", refusal.description}}};
}

Result<std::string> MakeGuid() {  // RFC 9562 section 5.4
  VIDIMUS_TRY(ByteVector octets, RandomBytes(16));
  octets[6] = static_cast<uint8_t>((octets[6] & 0x0f) | 0x40);
  octets[8] = static_cast<uint8_t>((octets[8] & 0x3f) | 0x80);
  std::string out = HexEncode(octets);
  for (const size_t at : {20U, 16U, 12U, 8U}) out.insert(at, "-");
  return out;
}

Result<FileSet> MakeFiles() {
  VIDIMUS_TRY(const PrivateKey key, PrivateKey::GenerateRsa(kKeyBits));
  VIDIMUS_TRY(const std::string id, MakeGuid());
  VIDIMUS_TRY(const ByteVector secret, RandomBytes(kSecretBytes));
  return FileSet{{"key.pem", key.ToPem()}, {"client_id", id}, {"client_secret", Base64UrlEncode(secret)}};
}

// The fields that mean something here, each at most once (RFC 6749 section 3.2); others, such as x-client-SKU, are passed over.
tl::expected<std::map<std::string, std::string>, Refusal> ReadFields(std::string_view form) {
  auto fields = ParseForm(form);
  if (!fields) return tl::unexpected(Refusal{"invalid_request", fields.error().detail});
  static constexpr std::array<std::string_view, 5> kKnown = {"client_id", "client_secret", "grant_type", "scope", "resource"};
  std::map<std::string, std::string> out;
  for (auto& [name, value] : *fields) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) continue;
    if (!out.emplace(name, std::move(value)).second) return tl::unexpected(Refusal{"invalid_request", name + " was sent twice"});
  }
  return out;
}

struct Credentials {
  std::string id, secret;
};

// RFC 6749 section 2.3.1: id and secret are encoded as in a form, then joined.
std::optional<Credentials> FromBasic(std::string_view authorization) {
  constexpr std::string_view kScheme = "basic ";
  for (size_t i = 0; i < kScheme.size(); ++i)
    if (i >= authorization.size() || (authorization[i] | 0x20) != (kScheme[i] | 0x20)) return std::nullopt;
  const auto text = Base64DecodeLenient(authorization.substr(kScheme.size()));
  if (!text) return std::nullopt;
  const std::string_view pair = AsText(*text);
  const size_t colon = pair.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto id = DecodeFormText(pair.substr(0, colon));
  auto secret = DecodeFormText(pair.substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return Credentials{*std::move(id), *std::move(secret)};
}

tl::expected<Credentials, Refusal> ReadCredentials(const std::map<std::string, std::string>& fields, std::string_view authorization) {
  const auto id = fields.find("client_id"), secret = fields.find("client_secret");
  if (authorization.empty()) {
    if (id == fields.end() || secret == fields.end())
      return tl::unexpected(Refusal{"invalid_client", "client_id and client_secret are needed; `vidimus serve --dev` names them"});
    return Credentials{id->second, secret->second};
  }
  if (secret != fields.end()) return tl::unexpected(Refusal{"invalid_request", "the client was authenticated twice, in header and form"});
  auto basic = FromBasic(authorization);
  if (!basic) return tl::unexpected(Refusal{"invalid_client", "the Authorization header is not Basic with an id and a secret"});
  if (id != fields.end() && id->second != basic->id) return tl::unexpected(Refusal{"invalid_request", "header and form name two clients"});
  return *std::move(basic);
}

// "RESOURCE/.default" among the scopes that MSAL adds to every request.
tl::expected<std::string, Refusal> ResourceOfScope(std::string_view scopes) {
  std::string out;
  while (!scopes.empty()) {
    const std::string_view scope = scopes.substr(0, scopes.find(' '));
    scopes.remove_prefix(std::min(scope.size() + 1, scopes.size()));
    if (scope.empty() || scope == "openid" || scope == "profile" || scope == "offline_access") continue;
    if (!out.empty() || !scope.ends_with(kDefaultScope) || scope.size() == kDefaultScope.size())
      return tl::unexpected(Refusal{"invalid_scope", "expected one scope of the form RESOURCE/.default"});
    out = scope.substr(0, scope.size() - kDefaultScope.size());
  }
  if (out.empty()) return tl::unexpected(Refusal{"invalid_scope", "expected a scope of the form RESOURCE/.default"});
  return out;
}

tl::expected<std::string, Refusal> ReadResource(const std::map<std::string, std::string>& fields) {
  if (const auto grant = fields.find("grant_type"); grant == fields.end() || grant->second.empty())
    return tl::unexpected(Refusal{"invalid_request", "grant_type is needed"});
  else if (grant->second != "client_credentials")
    return tl::unexpected(Refusal{"unsupported_grant_type", "expected client_credentials"});
  const auto scope = fields.find("scope"), resource = fields.find("resource");
  if (scope != fields.end()) return ResourceOfScope(scope->second);
  if (resource != fields.end() && !resource->second.empty()) return resource->second;
  return tl::unexpected(Refusal{"invalid_scope", "scope or resource is needed"});
}

}  // namespace

SimulatedAuthority::SimulatedAuthority(PrivateKey key, std::string client_id, std::string client_secret)
    : key_(std::move(key)),
      client_id_(std::move(client_id)),
      client_secret_(std::move(client_secret)),
      kid_(Base64UrlEncode(Sha256(key_.PublicKeyDer()))) {}

Result<SimulatedAuthority> SimulatedAuthority::Import(const FileSet& files) {
  const auto file = [&](const char* name) {
    const auto found = files.find(name);
    return found == files.end() ? std::string() : found->second;
  };
  VIDIMUS_TRY(PrivateKey key, PrivateKey::FromPem(file("key.pem")));
  if (key.kind() != PrivateKey::Kind::kRsa || file("client_id").empty() || file("client_secret").empty())
    return Fail(ErrorCode::kMalformed, "sim.state.corrupt", "expected an RSA key, a client id and a client secret");
  return SimulatedAuthority(std::move(key), file("client_id"), file("client_secret"));
}

Result<SimulatedAuthority> SimulatedAuthority::OpenOrCreate(const std::filesystem::path& state) {
  const std::filesystem::path folder = state / "authority";
  VIDIMUS_TRY(const FileSet files, ReadOrMakeFileSet(folder, MakeFiles));
  auto authority = Import(files);
  if (!authority)
    return Fail(ErrorCode::kMalformed, "sim.state.corrupt",
                folder.string() + ": " + authority.error().detail + "; remove the folder to have a new client made");
  return authority;
}

std::string SimulatedAuthority::Issuer(const std::string& base) { return base + std::string(kIssuerPath); }

Json SimulatedAuthority::Discovery(const std::string& base) {
  const auto at = [&](std::string_view path) { return base + std::string(path); };
  return JsonObject{{"issuer", Issuer(base)},
                    {"authorization_endpoint", at("/dev/oauth2/v2.0/authorize")},  // libraries want one; no user signs in here
                    {"token_endpoint", at(kTokenPath)},
                    {"jwks_uri", at(kKeysPath)},
                    {"response_types_supported", JsonArray{"code"}},
                    {"subject_types_supported", JsonArray{"public"}},
                    {"id_token_signing_alg_values_supported", JsonArray{"RS256"}},
                    {"grant_types_supported", JsonArray{"client_credentials"}},
                    {"token_endpoint_auth_methods_supported", JsonArray{"client_secret_post", "client_secret_basic"}}};
}

Json SimulatedAuthority::Keys() const {
  return JsonObject{{"keys", JsonArray{JsonObject{{"kty", "RSA"},
                                                  {"use", "sig"},
                                                  {"alg", "RS256"},
                                                  {"kid", kid_},
                                                  {"n", Base64UrlEncode(key_.RsaModulus())},
                                                  {"e", Base64UrlEncode(key_.RsaExponent())}}}}};
}

SimulatedAuthority::Answer SimulatedAuthority::Token(const std::string& base, std::string_view authorization, std::string_view form,
                                                     UnixTime now) const {
  const auto fields = ReadFields(form);
  if (!fields) return AnswerOf(fields.error());
  const auto client = ReadCredentials(*fields, authorization);
  if (!client) return AnswerOf(client.error());
  const bool secret_holds = EqualSecrets(AsBytes(client->secret), AsBytes(client_secret_));
  if (client->id != client_id_ || !secret_holds)
    return AnswerOf({"invalid_client", "there is no such client, or its secret is another; `vidimus serve --dev` names both"});
  const auto resource = ReadResource(*fields);
  if (!resource) return AnswerOf(resource.error());
  const JsonObject header = {{"alg", "RS256"}, {"kid", kid_}, {"typ", "JWT"}};
  const JsonObject claims = {
      {"aud", *resource},    {"iss", Issuer(base)}, {"iat", now},        {"nbf", now},   {"exp", now + kTokenSeconds},
      {"appid", client_id_}, {"azp", client_id_},   {"sub", client_id_}, {"tid", "dev"}, {"ver", "2.0"}};
  const auto token = SignJws(header, claims, key_);
  if (!token) return {500, JsonObject{{"error", "server_error"}, {"error_description", token.error().detail}}};
  return {200,
          JsonObject{{"token_type", "Bearer"}, {"expires_in", kTokenSeconds}, {"ext_expires_in", kTokenSeconds}, {"access_token", *token}}};
}

}  // namespace vidimus
