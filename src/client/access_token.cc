#include "client/access_token.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base64url.h"
#include "client/retry.h"
#include "codec/form.h"
#include "codec/json.h"

namespace vidimus {
namespace {

std::string WithoutSlash(std::string url) {
  if (url.ends_with('/')) url.pop_back();
  return url;
}

std::string Text(const Json& object, std::string_view name) {
  const Json* member = object.Find(name);
  return member == nullptr || member->AsString() == nullptr ? std::string() : *member->AsString();
}

tl::unexpected<Error> NoAuthority(const std::string& detail) { return Fail(ErrorCode::kMalformed, "client.authority", detail); }

struct TokenEndpoint {
  std::string url;
  bool takes_form = false;  // client_secret_post; else client_secret_basic, which every provider takes unless it says otherwise
};

Result<TokenEndpoint> Discover(Fetcher& fetcher, const std::string& authority) {
  FetchRequest request;
  request.url = WithoutSlash(authority) + "/.well-known/openid-configuration";
  request.max_response_bytes = limits::kOpenIdDocumentBytes;
  VIDIMUS_TRY(const FetchResponse response, FetchWithRetries(fetcher, request, Retry::kAlways));
  if (response.status != 200)
    return NoAuthority("found HTTP status " + std::to_string(response.status) + " from " + request.url + ", expected an OpenID provider");
  const auto document = ParseJson(response.body);
  if (!document) return NoAuthority(request.url + ": " + document.error().detail);
  // OpenID Connect Discovery 1.0 section 4.3: without this, one provider could stand for another.
  const std::string issuer = Text(*document, "issuer");
  if (WithoutSlash(issuer) != WithoutSlash(authority))
    return NoAuthority("found issuer \"" + issuer + "\" at " + request.url + ", expected the authority itself, " + authority);
  TokenEndpoint out;
  out.url = Text(*document, "token_endpoint");
  if (!out.url.starts_with("https://")) return NoAuthority("found no token_endpoint at https:// in " + request.url);
  if (const Json* methods = document->Find("token_endpoint_auth_methods_supported"); methods != nullptr && methods->AsArray() != nullptr)
    out.takes_form =
        std::find(methods->AsArray()->begin(), methods->AsArray()->end(), Json("client_secret_post")) != methods->AsArray()->end();
  return out;
}

// RFC 6749 section 2.3.1.
FetchRequest TokenRequest(const TokenEndpoint& endpoint, const ClientCredentials& credentials, const std::string& scope) {
  FormFields form{{"grant_type", "client_credentials"}};
  if (!scope.empty()) form.emplace_back("scope", scope);
  FetchRequest out;
  out.method = "POST";
  out.url = endpoint.url;
  out.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  out.max_response_bytes = limits::kOpenIdDocumentBytes;
  if (endpoint.takes_form) {
    form.emplace_back("client_id", credentials.client_id);
    form.emplace_back("client_secret", credentials.client_secret);
  } else {
    const std::string pair = EncodeFormText(credentials.client_id) + ":" + EncodeFormText(credentials.client_secret);
    out.headers.emplace_back("Authorization", "Basic " + Base64Encode(AsBytes(pair)));
  }
  out.body = WriteForm(form);
  return out;
}

}  // namespace

Result<std::string> RequestAccessToken(Fetcher& fetcher, const ClientCredentials& credentials, const std::string& scope) {
  VIDIMUS_TRY(const TokenEndpoint endpoint, Discover(fetcher, credentials.authority));
  VIDIMUS_TRY(const FetchResponse response, FetchWithRetries(fetcher, TokenRequest(endpoint, credentials, scope), Retry::kAlways));
  const auto answer = ParseJson(response.body);
  const std::string shown = "HTTP status " + std::to_string(response.status) + " from " + endpoint.url;
  if (response.status != 200) {
    const std::string code = answer ? Text(*answer, "error") : "", description = answer ? Text(*answer, "error_description") : "";
    return Fail(ErrorCode::kDenied, "client.sign_in",
                "the authority gives client \"" + credentials.client_id + "\" no token for \"" + scope + "\": " + shown +
                    (code.empty() ? "" : ", " + code) + (description.empty() ? "" : ": " + description));
  }
  std::string token = answer ? Text(*answer, "access_token") : "";
  if (token.empty() || AsciiLower(Text(*answer, "token_type")) != "bearer")
    return Fail(ErrorCode::kMalformed, "client.access_token", "found " + shown + " without access_token and token_type Bearer");
  return token;
}

}  // namespace vidimus
