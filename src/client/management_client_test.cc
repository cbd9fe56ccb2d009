#include "client/management_client.h"

#include <gtest/gtest.h>

#include "client/scripted_fetcher.h"

namespace vidimus {
namespace {

using Call = Result<ServiceAnswer> (*)(const InstanceClient&);

// "METHOD url body" of one call.
std::string Sent(Call call) {
  ScriptedFetcher fetcher({Answer(200, "{}")});
  const InstanceClient client(ServiceCaller(fetcher, "https://host/", "tok"));
  EXPECT_TRUE(call(client));
  const FetchRequest& request = fetcher.requests.at(0);
  EXPECT_EQ(request.headers.at(0), (std::pair<std::string, std::string>("Authorization", "Bearer tok")));
  return request.method + " " + request.url.substr(std::string("https://host").size()) + " " + request.body;
}

constexpr AttestationType kSgx = AttestationType::kSgxEnclave;

// maa-rest-api sections 3.2 to 3.4: a policy's JWS is sent bare, a certificate's as a JSON string.
TEST(ManagementClient, SendsTheCallsOfTheDataPlane) {
  const std::string version = "?api-version=2020-10-01 ";
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Policy(kSgx); }), "GET /policies/SgxEnclave" + version);
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.SetPolicy(kSgx, "a.b.c"); }), "PUT /policies/SgxEnclave" + version + "a.b.c");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.ResetPolicy(kSgx, "a.."); }),
            "POST /policies/SgxEnclave:reset" + version + "a..");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Signers(); }), "GET /certificates" + version);
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.AddSigner("a.b.c"); }), "POST /certificates:add" + version + "\"a.b.c\"");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.RemoveSigner("a.b.c"); }), "POST /certificates:remove" + version + "\"a.b.c\"");
}

TEST(ManagementClient, SendsTheCallsOfOurOwn) {
  const std::string own = "/vidimus/v1/";
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.PolicyHistory(kSgx); }), "GET " + own + "policies/SgxEnclave/history ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.PolicyVersion(kSgx, 3); }), "GET " + own + "policies/SgxEnclave/history/3 ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.RollBackPolicy(kSgx, 3); }),
            "POST " + own + "policies/SgxEnclave:rollback {\"version\":3}");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Settings(); }), "GET " + own + "settings ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.PatchSettings(JsonObject{{"a", Json()}}); }),
            "PATCH " + own + "settings {\"a\":null}");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.SettingsHistory(); }), "GET " + own + "settings/history ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Keys(); }), "GET " + own + "keys ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.RotateKeys(true); }), "POST " + own + "keys:rotate {\"emergency\":true}");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.RewrapKeys(); }), "POST " + own + "keys:rewrap ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Endorsements(0, ""); }), "GET " + own + "endorsements?skip=0 ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.Endorsements(7, "a&b"); }), "GET " + own + "endorsements?skip=7&at=a%26b ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.ExportEndorsements(false); }), "GET " + own + "endorsements/export ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.ExportEndorsements(true); }), "GET " + own + "endorsements/export?history=true ");
  EXPECT_EQ(Sent([](const InstanceClient& to) { return to.ImportEndorsements("{}\n"); }), "POST " + own + "endorsements {}\n");
}

// maa-rest-api section 5.1. What people choose is encoded, so that it cannot name another path.
TEST(ManagementClient, SendsTheCallsOfTheControlPlane) {
  ScriptedFetcher fetcher({Answer(201, "{}"), Answer(200, "{}"), Answer(204, "")});
  const ControlPlaneClient control(ServiceCaller(fetcher, "https://host", "tok"));
  EXPECT_TRUE(control.Create({"s", "a/../b?", "n"}, JsonObject{{"location", "l"}}));
  EXPECT_TRUE(control.List("s", "g"));
  EXPECT_EQ(control.Delete({"s", "g", "n"})->status, 204);
  const std::string provider = "/providers/Microsoft.Attestation/attestationProviders", version = "?api-version=2020-10-01";
  EXPECT_EQ(fetcher.requests[0].url, "https://host/subscriptions/s/resourceGroups/a%2F..%2Fb%3F" + provider + "/n" + version);
  EXPECT_EQ(fetcher.requests[1].url, "https://host/subscriptions/s/resourceGroups/g" + provider + version);
  EXPECT_EQ(fetcher.requests[2].method, "DELETE");
}

TEST(ManagementClient, BringsBackARefusalAndTellsItFromAnotherServersAnswer) {
  ScriptedFetcher fetcher({Answer(403, R"({"error":{"code":"Forbidden"}})"), Answer(404, "not here"), Answer(404, "{}"),
                           Answer(200, "<html>"), Answer(302, "")});
  const ServiceCaller caller(fetcher, "https://host", "tok");
  const auto refused = caller.Call("GET", "/");
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->accepted());
  EXPECT_EQ(refused->error, Json(JsonObject{{"code", "Forbidden"}}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(caller.Call("GET", "/").error().where, "client.answer") << i;
}

TEST(ManagementClient, DownloadsWhatIsNoJsonUpToALimit) {
  ScriptedFetcher fetcher({Answer(200, "a\nb\n"), Answer(403, R"({"error":{"code":"Forbidden"}})"), Answer(404, "not here")});
  const ServiceCaller caller(fetcher, "https://host", "tok");
  EXPECT_EQ(caller.Download("/", 7)->content, "a\nb\n");
  EXPECT_EQ(fetcher.requests.at(0).max_response_bytes, 7U);
  EXPECT_EQ(caller.Download("/", 7)->error, Json(JsonObject{{"code", "Forbidden"}}));
  EXPECT_EQ(caller.Download("/", 7).error().where, "client.answer");
}

TEST(ManagementClient, RepeatsNoChangeThatMayHaveBegun) {
  const std::string body = R"({"error":{}})";
  ScriptedFetcher fetcher({Answer(500, body), Answer(503, body), Answer(200, "{}")});
  const ServiceCaller caller(fetcher, "https://host", "tok");
  EXPECT_EQ(caller.Call("POST", "/")->status, 500);
  EXPECT_EQ(caller.Call("POST", "/")->status, 200);
}

TEST(ResourceId, IsReadWithItsFixedWordsInAnyCase) {
  const auto id = ParseResourceId("/Subscriptions/s/resourcegroups/g/providers/microsoft.attestation/AttestationProviders/n");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->subscription + id->group + id->name, "sgn");
}

TEST(ResourceId, HasExactlyItsParts) {
  const std::string good = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Attestation/attestationProviders/n";
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(ParseResourceId(good.substr(0, size))) << size;
  for (const std::string& text : {good + "/", good + "/x", "x" + good,
                                  std::string("/subscriptions//resourceGroups/g/providers/"
                                              "Microsoft.Attestation/attestationProviders/n"),
                                  std::string(100'000, '/')})
    EXPECT_EQ(ParseResourceId(text).error().where, "client.resource_id");
}

}  // namespace
}  // namespace vidimus
