// Access tokens of an OpenID provider for a program: discovery and the client credentials grant (OpenID Connect Discovery 1.0 section 4,
// RFC 6749 section 4.4).
#pragma once

#include <string>

#include "base/fetcher.h"

namespace vidimus {

struct ClientCredentials {
  std::string authority;  // the issuer, with or without a trailing slash: its document is at AUTHORITY/.well-known/openid-configuration
  std::string client_id;
  std::string client_secret;
};

// The access token. `scope`: what is asked for; empty to ask for nothing in particular. The secret goes to the token endpoint only, in the
// form or in the Authorization header, whichever the provider takes; no error holds it.
// Errors: those of the fetcher; client.authority for a document that is none or is another issuer's; client.sign_in when the provider
// refuses; client.access_token for an answer without a bearer token
Result<std::string> RequestAccessToken(Fetcher& fetcher, const ClientCredentials& credentials, const std::string& scope);

}  // namespace vidimus
