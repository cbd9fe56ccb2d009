#include "client/access_token.h"

#include <gtest/gtest.h>

#include "client/scripted_fetcher.h"

namespace vidimus {
namespace {

const std::string kSecret = "s&cret +%";
const ClientCredentials kClient = {"https://issuer.test/tenant", "id:1", kSecret};

FetchResponse Discovery(const std::string& more = "", const std::string& issuer = "https://issuer.test/tenant",
                        const std::string& endpoint = "https://tokens.test/token") {
  return Answer(200, R"({"issuer":")" + issuer + R"(","token_endpoint":")" + endpoint + "\"" + more + "}");
}

const std::string kPost = R"(,"token_endpoint_auth_methods_supported":["client_secret_post"])";
const FetchResponse kToken = Answer(200, R"({"access_token":"t.o.k","token_type":"bearer","expires_in":60})");

Result<std::string> Request(std::deque<Result<FetchResponse>> answers, const ClientCredentials& client = kClient) {
  ScriptedFetcher fetcher(std::move(answers));
  return RequestAccessToken(fetcher, client, "scope");
}

// RFC 6749 sections 2.3.1 and 4.4.2.
TEST(AccessToken, SendsTheSecretInTheFormWhereTheProviderTakesItThere) {
  ScriptedFetcher fetcher({Discovery(kPost), kToken});
  EXPECT_EQ(RequestAccessToken(fetcher, kClient, "a/.default").value(), "t.o.k");
  EXPECT_EQ(fetcher.requests[0].url, "https://issuer.test/tenant/.well-known/openid-configuration");
  EXPECT_EQ(fetcher.requests[1].url, "https://tokens.test/token");
  EXPECT_EQ(fetcher.requests[1].body, "grant_type=client_credentials&scope=a%2F.default&client_id=id%3A1&client_secret=s%26cret%20%2B%25");
  for (const auto& [name, value] : fetcher.requests[1].headers) EXPECT_NE(name, "Authorization") << value;
}

// OpenID Connect Discovery 1.0 section 3: client_secret_basic unless the document says otherwise.
TEST(AccessToken, SendsTheSecretInTheHeaderOtherwise) {
  ScriptedFetcher fetcher({Discovery(), kToken});
  EXPECT_TRUE(RequestAccessToken(fetcher, kClient, ""));
  EXPECT_EQ(fetcher.requests[1].body, "grant_type=client_credentials");
  EXPECT_EQ(fetcher.requests[1].headers.back(),
            (std::pair<std::string, std::string>("Authorization", "Basic aWQlM0ExOnMlMjZjcmV0JTIwJTJCJTI1")));
}

TEST(AccessToken, TakesAnIssuerWithOrWithoutASlash) {
  ClientCredentials slashed = kClient;
  slashed.authority += "/";
  EXPECT_TRUE(Request({Discovery(), kToken}, slashed));
  EXPECT_TRUE(Request({Discovery("", "https://issuer.test/tenant/"), kToken}));
}

TEST(AccessToken, RefusesADocumentThatIsNoneOrOfAnotherIssuer) {
  for (const FetchResponse& document : {Answer(404, "{}"), Answer(200, "<html>"), Answer(200, "{}"), Answer(200, "[]"),
                                        Discovery("", "https://other.test"), Discovery("", kClient.authority, "http://tokens.test")})
    EXPECT_EQ(Request({document, kToken}).error().where, "client.authority") << document.body;
}

TEST(AccessToken, SaysWhyTheProviderRefusesAndNeverTheSecret) {
  const auto refused = Request({Discovery(kPost), Answer(401, R"({"error":"invalid_client","error_description":"no such client"})")});
  EXPECT_EQ(refused.error().where, "client.sign_in");
  EXPECT_NE(refused.error().detail.find("invalid_client: no such client"), std::string::npos) << refused.error().detail;
  EXPECT_EQ(refused.error().detail.find(kSecret), std::string::npos);
  EXPECT_EQ(Request({Discovery(), Answer(400, "<html>")}).error().where, "client.sign_in");
}

TEST(AccessToken, RefusesAnAnswerWithoutABearerToken) {
  for (const char* body : {"", "{}", R"({"access_token":"","token_type":"Bearer"})", R"({"access_token":"t"})",
                           R"({"access_token":1,"token_type":"Bearer"})", R"({"access_token":"t","token_type":"mac"})"})
    EXPECT_EQ(Request({Discovery(), Answer(200, body)}).error().where, "client.access_token") << body;
}

}  // namespace
}  // namespace vidimus
