// SimulatedAuthority: the software OpenID provider of `vidimus serve --dev`, for clients that bring @azure/identity or MSAL
// (client-compatibility section 7). One tenant, "dev", and one client. Knows no socket: paths and forms in, JSON out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_set.h"
#include "base/time.h"
#include "codec/json.h"
#include "crypto/private_key.h"

namespace vidimus {

class SimulatedAuthority {
 public:
  static constexpr int kTokenSeconds = 3600;
  // Below the base URL. The first token path takes `scope`, the second the older `resource`.
  static constexpr std::string_view kIssuerPath = "/dev/v2.0";
  static constexpr std::string_view kDiscoveryPath = "/dev/v2.0/.well-known/openid-configuration";
  static constexpr std::string_view kKeysPath = "/dev/discovery/v2.0/keys";
  static constexpr std::string_view kTokenPath = "/dev/oauth2/v2.0/token";
  static constexpr std::string_view kTokenPathV1 = "/dev/oauth2/token";

  struct Answer {
    int status = 200;  // 400 or 401 with an error of RFC 6749 section 5.2; 500 when signing fails
    Json body;
  };

  // Keeps key, client id and client secret in STATE/authority, in files of mode 0600, and makes them first when there are none.
  // Errors: sim.state.corrupt, state.*, crypto.*
  static Result<SimulatedAuthority> OpenOrCreate(const std::filesystem::path& state);

  const std::string& client_id() const { return client_id_; }          // a GUID
  const std::string& client_secret() const { return client_secret_; }  // 32 random octets in base64url

  // `base`: https://host:port without a trailing slash.
  static std::string Issuer(const std::string& base);
  static Json Discovery(const std::string& base);
  Json Keys() const;

  // The client credentials grant (RFC 6749 section 4.4). `authorization`: that header's value, or empty; the client says who it is there or
  // in the form (section 2.3.1). `scope` is "RESOURCE/.default", `resource` RESOURCE; the token's `aud` is RESOURCE as it was sent.
  Answer Token(const std::string& base, std::string_view authorization, std::string_view form, UnixTime now) const;

 private:
  SimulatedAuthority(PrivateKey key, std::string client_id, std::string client_secret);
  static Result<SimulatedAuthority> Import(const FileSet& files);

  PrivateKey key_;
  std::string client_id_, client_secret_;
  std::string kid_;
};

}  // namespace vidimus
