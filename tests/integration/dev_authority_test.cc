// The dev server's issuer and the service that trusts it: what one signs the other takes.
#include <gtest/gtest.h>
#include <unistd.h>

#include "auth/bearer.h"
#include "sim/authority.h"

namespace vidimus {
namespace {

constexpr UnixTime kNow = 1'800'000'000;
const std::string kBase = "https://localhost:8443";

std::string WhereOf(const SimulatedAuthority& authority, const std::string& audience, UnixTime now) {
  const auto answer = authority.Token(kBase, "",
                                      "client_id=" + authority.client_id() + "&client_secret=" + authority.client_secret() +
                                          "&grant_type=client_credentials&scope=" + audience + "/.default",
                                      kNow);
  const OpenIdIssuer issuer = {SimulatedAuthority::Issuer(kBase), {"https://attest.azure.net"}, {}, "", WriteJson(authority.Keys())};
  const auto authenticator = *BearerAuthenticator::Create({issuer}, nullptr, [now] { return now; });
  std::string out;
  authenticator->Authenticate("Bearer " + *answer.body.Find("access_token")->AsString(), Plane::kData,
                              [&](const Result<Caller>& caller) { out = caller ? caller->subject : std::string(caller.error().where); });
  return out;
}

TEST(DevAuthority, SignsTokensThatTheServiceTakesForTheirHourAndAudience) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / ("dev-authority-" + std::to_string(::getpid()));
  const auto authority = *SimulatedAuthority::OpenOrCreate(folder);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(WhereOf(authority, "https://attest.azure.net", kNow), authority.client_id());
  EXPECT_EQ(WhereOf(authority, "https://attest.azure.net/", kNow + 3600), authority.client_id());
  EXPECT_EQ(WhereOf(authority, "https://attest.azure.net", kNow + 3660), "auth.token.expired");
  EXPECT_EQ(WhereOf(authority, "https://management.azure.com", kNow), "auth.token.audience");
}

}  // namespace
}  // namespace vidimus
