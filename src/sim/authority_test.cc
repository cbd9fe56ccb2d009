// The dev token endpoint: RFC 6749 sections 2.3.1, 4.4, 5.2, and what MSAL sends (client-compatibility section 7 item 2).
#include "sim/authority.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "base/base64url.h"
#include "token/jws.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

constexpr UnixTime kNow = 1'800'000'000;
const std::string kBase = "https://localhost:8443";

class AuthorityTest : public ::testing::Test {
 protected:
  AuthorityTest() : folder_(fs::path(::testing::TempDir()) / ("authority-" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    authority_.emplace(*SimulatedAuthority::OpenOrCreate(folder_));
  }
  ~AuthorityTest() override { fs::remove_all(folder_); }

  std::string Client() const { return "client_id=" + authority_->client_id() + "&client_secret=" + authority_->client_secret(); }
  std::string Form() const { return Client() + "&grant_type=client_credentials&scope=https%3A%2F%2Fattest.azure.net%2F.default"; }
  SimulatedAuthority::Answer Ask(const std::string& form, const std::string& authorization = "") const {
    return authority_->Token(kBase, authorization, form, kNow);
  }
  // "STATUS error".
  std::string Refusal(const std::string& form, const std::string& authorization = "") const {
    const auto answer = Ask(form, authorization);
    const Json* error = answer.body.Find("error");
    return std::to_string(answer.status) + " " + (error == nullptr ? "accepted" : *error->AsString());
  }
  std::string Audience(const std::string& resource_field) const {
    const auto answer = Ask(Client() + "&grant_type=client_credentials&" + resource_field);
    const Json* token = answer.body.Find("access_token");
    return token == nullptr ? "refused" : *ParseJws(*token->AsString())->payload.Find("aud")->AsString();
  }
  std::string Basic(const std::string& text) const { return "Basic " + Base64Encode(AsBytes(text)); }

  fs::path folder_;
  std::optional<SimulatedAuthority> authority_;
};

TEST_F(AuthorityTest, KeepsItsClientInPrivateFiles) {
  const auto again = SimulatedAuthority::OpenOrCreate(folder_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->client_id(), authority_->client_id());
  EXPECT_EQ(again->client_secret(), authority_->client_secret());
  EXPECT_EQ(again->Keys(), authority_->Keys());
  EXPECT_EQ(authority_->client_id().size(), 36U);
  EXPECT_EQ(Base64UrlDecodeStrict(authority_->client_secret())->size(), 32U);
  for (const char* name : {"key.pem", "client_id", "client_secret"}) {
    struct stat info{};
    ASSERT_EQ(::stat((folder_ / "authority" / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(AuthorityTest, RefusesAStateThatIsDamaged) {
  fs::remove(folder_ / "authority" / "client_secret");
  EXPECT_EQ(SimulatedAuthority::OpenOrCreate(folder_).error().where, "sim.state.corrupt");
}

TEST_F(AuthorityTest, PublishesWhatClientsLookFor) {
  const Json discovery = SimulatedAuthority::Discovery(kBase);
  EXPECT_EQ(*discovery.Find("issuer")->AsString(), kBase + "/dev/v2.0");
  EXPECT_EQ(*discovery.Find("token_endpoint")->AsString(), kBase + "/dev/oauth2/v2.0/token");
  EXPECT_EQ(*discovery.Find("jwks_uri")->AsString(), kBase + "/dev/discovery/v2.0/keys");
  for (const char* name :
       {"authorization_endpoint", "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"})
    EXPECT_NE(discovery.Find(name), nullptr) << name;
}

TEST_F(AuthorityTest, GivesAnAccessTokenToItsClient) {
  const auto answer = Ask(Form());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(*answer.body.Find("token_type")->AsString(), "Bearer");
  EXPECT_EQ(*answer.body.Find("expires_in")->AsInt(), 3600);
  EXPECT_EQ(*answer.body.Find("ext_expires_in")->AsInt(), 3600);
  const std::string token = *answer.body.Find("access_token")->AsString();
  const auto jws = ParseJws(token);
  ASSERT_TRUE(jws);
  const std::string& id = authority_->client_id();
  EXPECT_EQ(WriteJson(jws->payload),
            R"({"appid":")" + id + R"(","aud":"https://attest.azure.net","azp":")" + id +
                R"(","exp":1800003600,"iat":1800000000,"iss":"https://localhost:8443/dev/v2.0","nbf":1800000000,"sub":")" + id +
                R"(","tid":"dev","ver":"2.0"})");
}

TEST_F(AuthorityTest, TakesTheResourceFromScopeOrResourceAsSent) {
  EXPECT_EQ(Audience("scope=https://attest.azure.net//.default"), "https://attest.azure.net/");
  EXPECT_EQ(Audience("scope=openid+profile+offline_access+https://attest.azure.net/.default"),
            "https://attest.azure.net");  // MSAL for Java
  EXPECT_EQ(Audience("resource=https://attest.azure.net/"), "https://attest.azure.net/");
  EXPECT_EQ(Audience("scope=api://x/.default&x-client-SKU=a&x-client-SKU=b&client_info=1"), "api://x");
}

TEST_F(AuthorityTest, RefusesOtherScopes) {
  for (const char* field :
       {"scope=", "scope=openid", "scope=a", "scope=/.default", "scope=a/.default+b/.default", "scope=a/.default+b", "resource=", "x=y"})
    EXPECT_EQ(Refusal(Client() + "&grant_type=client_credentials&" + field), "400 invalid_scope") << field;
}

TEST_F(AuthorityTest, RefusesAnotherClientOrSecret) {
  const std::string rest = "&grant_type=client_credentials&resource=a";
  EXPECT_EQ(Refusal("client_id=" + authority_->client_id() + "&client_secret=x" + rest), "401 invalid_client");
  EXPECT_EQ(Refusal("client_id=x&client_secret=" + authority_->client_secret() + rest), "401 invalid_client");
  EXPECT_EQ(Refusal("client_id=" + authority_->client_id() + rest), "401 invalid_client");
  EXPECT_EQ(Refusal(Client() + "x" + rest), "401 invalid_client");
  EXPECT_EQ(Refusal(""), "401 invalid_client");
}

TEST_F(AuthorityTest, TakesTheClientFromABasicHeaderToo) {
  const std::string rest = "grant_type=client_credentials&resource=a";
  const std::string pair = authority_->client_id() + ":" + authority_->client_secret();
  std::string encoded = pair;  // RFC 6749 section 2.3.1: each part may be percent-encoded
  encoded.replace(8, 1, "%2D");
  EXPECT_EQ(Refusal(rest, Basic(pair)), "200 accepted");
  EXPECT_EQ(Refusal(rest, Basic(encoded)), "200 accepted");
  EXPECT_EQ(Refusal(rest + "&client_id=" + authority_->client_id(), Basic(pair)), "200 accepted");
  EXPECT_EQ(Refusal(rest + "&client_id=other", Basic(pair)), "400 invalid_request");
  EXPECT_EQ(Refusal(rest + "&" + Client(), Basic(pair)), "400 invalid_request");
  EXPECT_EQ(Refusal(rest, Basic(pair + "x")), "401 invalid_client");
  EXPECT_EQ(Refusal(rest, Basic("x")), "401 invalid_client");
  EXPECT_EQ(Refusal(rest, "Basic !"), "401 invalid_client");
  EXPECT_EQ(Refusal(rest, "Bearer x"), "401 invalid_client");
}

TEST_F(AuthorityTest, RefusesOtherGrants) {
  EXPECT_EQ(Refusal(Client() + "&resource=a"), "400 invalid_request");
  EXPECT_EQ(Refusal(Client() + "&resource=a&grant_type=password"), "400 unsupported_grant_type");
}

TEST_F(AuthorityTest, RefusesBrokenFormsAndKnownFieldsSentTwice) {
  EXPECT_EQ(Refusal(Form() + "&scope=b/.default"), "400 invalid_request");
  EXPECT_EQ(Refusal(Form() + "&client_id=" + authority_->client_id()), "400 invalid_request");
  EXPECT_EQ(Refusal(Form() + "&a=%zz"), "400 invalid_request");
}

}  // namespace
}  // namespace vidimus
