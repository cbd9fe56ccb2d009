// What a request passes before its use case: instance, share, caller, role (maa-rest-api section 5.4).
#include "api/gate.h"

#include <gmock/gmock.h>

#include <future>

#include "api/health_routes.h"
#include "auth/auth_fixture.h"
#include "tests/support/test_service.h"
#include "token/jws.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace vidimus::testing;

constexpr char kAudience[] = "https://attest.example", kArmAudience[] = "https://arm.example";

class GateTest : public ::testing::Test {
 protected:
  GateTest() {
    OpenIdIssuer issuer;
    issuer.issuer = kIssuer;
    issuer.audiences = {kAudience};
    issuer.arm_audiences = {kArmAudience};
    issuer.keys = GoodKeys();
    bearer_ = *BearerAuthenticator::Create({issuer}, [](const OpenIdIssuer&) { return nullptr; }, [this] { return owner_.now; });
    gate_ = std::make_unique<Gate>(owner_.registry(), *bearer_, std::vector<ClaimMatch>{{kIssuer, "roles", "Operator"}});
    NewInstance wanted;
    wanted.name = "mine";
    wanted.settings = *ParseJson(R"({"attestNeedsToken":["Tpm"],"grants":[)" + Grant("reader") + "," + Grant("contributor") + "," +
                                 Grant("owner") + "]}");
    EXPECT_TRUE(owner_.instances().Create(wanted, {kIssuer, "creator", JsonObject{}}));
    AddRoutes();
  }
  static std::string Grant(const std::string& role) {
    return R"({"issuer":")" + kIssuer + R"(","claim":"roles","value":")" + role + R"(","role":")" + role + R"("})";
  }
  void AddRoutes() {
    const auto here = [](const ApiRequest&, const std::shared_ptr<const Instance>& instance, const HttpReply& reply) {
      reply({200, {}, instance->record.key.name});
    };
    const auto done = [this](const Visit& visit) {
      ++works_;
      return HttpResponse{200, {}, (visit.instance ? visit.instance->record.key.name : "none") + " " + visit.caller.subject};
    };
    router_.Add("GET", "/anyone", gate_->Anyone(here));
    router_.Add("GET", "/tpm", gate_->Attester(AttestationType::kTpm, here));
    router_.Add("GET", "/sgx", gate_->Attester(AttestationType::kSgxEnclave, here));
    router_.Add("GET", "/reader", gate_->Role(Role::kReader, done));
    router_.Add("GET", "/contributor", gate_->Role(Role::kContributor, done));
    router_.Add("GET", "/owner", gate_->Role(Role::kOwner, done));
    router_.Add("GET", "/settings", gate_->OwnerOrOperator(done));
    router_.Add("GET", "/operator", gate_->Operator(done));
    AddHealthRoutes(owner_.registry(), router_);
  }
  std::string Token(const std::string& role, const std::string& audience = kAudience) const {
    const JsonObject claims{{"iss", kIssuer}, {"sub", "someone"}, {"aud", audience}, {"exp", owner_.now + 60}, {"roles", JsonArray{role}}};
    return *SignJws({{"alg", "RS256"}, {"kid", "rsa"}}, claims, RsaKey());
  }
  HttpResponse Ask(const std::string& path, const std::string& token = {}, const std::string& host = "mine.attest.localhost") const {
    HttpRequest request;
    request.method = "GET";
    request.target = path;
    request.headers = {{"host", host}};
    request.peer = "192.0.2.1";
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    router_.Handle(std::move(request), [answer](HttpResponse response) { answer->set_value(std::move(response)); });
    return answer->get_future().get();
  }
  static std::string Where(const HttpResponse& response) {
    const auto json = ParseJson(response.body);
    const Json* error = json ? json->Find("error") : nullptr;
    return error == nullptr ? "" : *error->Find("vidimus")->Find("where")->AsString();
  }

  testing::TestService owner_;
  std::atomic<int> works_ = 0;
  std::unique_ptr<BearerAuthenticator> bearer_;
  std::unique_ptr<Gate> gate_;
  Router router_;
};

TEST_F(GateTest, LetsAnyoneReachTheInstanceOfTheHost) {
  EXPECT_EQ(Ask("/anyone").body, "mine");
  EXPECT_EQ(Ask("/anyone", "", "elsewhere").body, "default");
  EXPECT_EQ(Ask("/anyone", "no token at all").body, "mine");
  const HttpResponse unknown = Ask("/anyone", "", "gone.attest.localhost");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(Where(unknown), "instance.unknown");
  EXPECT_EQ(Where(Ask("/anyone", "", "a@b")), "request.host");
}

TEST_F(GateTest, AsksAttestersForATokenWhereTheInstanceDoes) {
  EXPECT_EQ(Ask("/sgx").status, 200);
  EXPECT_EQ(Where(Ask("/tpm")), "auth.missing");
  EXPECT_EQ(Ask("/tpm", Token("nobody")).status, 403);
  EXPECT_EQ(Ask("/tpm", Token("reader")).status, 200);
}

TEST_F(GateTest, AllowsARoleWhatLesserOnesMayAndNoMore) {
  const std::vector<std::string> ascending = {"nobody", "reader", "contributor", "owner"};
  for (size_t needed = 1; needed < ascending.size(); ++needed)
    for (size_t has = 0; has < ascending.size(); ++has) {
      const HttpResponse response = Ask("/" + ascending[needed], Token(ascending[has]));
      EXPECT_EQ(response.status, has >= needed ? 200 : 403) << ascending[needed] << " by " << ascending[has];
      EXPECT_EQ(Where(response), has >= needed ? "" : "auth.role");
    }
  EXPECT_EQ(works_, 6);
}

TEST_F(GateTest, ShowsAnOperatorSettingsAndNothingElseOfAnInstance) {
  EXPECT_EQ(Ask("/settings", Token("Operator")).status, 200);
  EXPECT_EQ(Ask("/settings", Token("owner")).status, 200);
  EXPECT_EQ(Ask("/settings", Token("contributor")).status, 403);
  for (const std::string path : {"/reader", "/contributor", "/owner"}) EXPECT_EQ(Ask(path, Token("Operator")).status, 403) << path;
}

TEST_F(GateTest, TakesOnTheControlPlaneOperatorsWithATokenForItOnly) {
  EXPECT_EQ(Ask("/operator", Token("Operator", kArmAudience)).body, "none someone");
  EXPECT_EQ(Where(Ask("/operator", Token("Operator"))), "auth.token.audience");
  EXPECT_EQ(Where(Ask("/operator", Token("owner", kArmAudience))), "auth.role");
  EXPECT_EQ(Where(Ask("/operator")), "auth.missing");
  EXPECT_EQ(Where(Ask("/owner", Token("owner", kArmAudience))), "auth.token.audience");
}

TEST_F(GateTest, GivesNoRoleOnAnotherInstance) {
  EXPECT_EQ(Ask("/reader", Token("owner"), "elsewhere").status, 403);
  EXPECT_EQ(works_, 0);
}

TEST_F(GateTest, SaysWhoIsMissingWhatAndWhichSchemeIsAskedFor) {
  const HttpResponse refused = Ask("/owner", Token("reader"));
  EXPECT_THAT(refused.body, HasSubstr("someone at " + kIssuer));
  EXPECT_THAT(refused.body, HasSubstr("at least owner of instance mine"));
  EXPECT_THAT(refused.body, Not(HasSubstr("Operator")));
  const HttpResponse nobody = Ask("/owner");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_THAT(nobody.headers, ::testing::Contains(std::pair<std::string, std::string>("WWW-Authenticate", "Bearer")));
}

TEST_F(GateTest, KeepsTheShareOfManagementForThoseWhoHaveARole) {
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(Ask("/owner").status, 401) << "after " << i;  // more than its burst
  EXPECT_EQ(Ask("/owner", Token("owner")).status, 200);
}

TEST_F(GateTest, HoldsThoseWithARoleToTheShareOfManagement) {
  const std::string token = Token("owner");
  HttpResponse last;
  for (int i = 0; i < 4000 && last.status == 200; ++i) last = Ask("/owner", token);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(Where(last), "request.rate");
  EXPECT_EQ(Ask("/anyone").status, 200);  // attestation goes on
}

TEST_F(GateTest, ShowsHealthWithoutNamesOrReasons) {
  EXPECT_EQ(Ask("/healthz").body, R"({"status":"ok"})");
  const HttpResponse ready = Ask("/readyz", "", "a@b");  // asked by what knows no Host
  EXPECT_EQ(ready.status, 200);
  const Json json = *ParseJson(ready.body);
  EXPECT_EQ(*json.Find("status")->AsString(), "ready");
  EXPECT_EQ(*json.Find("instances")->AsInt(), 2);
  EXPECT_EQ(*json.Find("unusable")->AsInt(), 0);
  const auto& store = owner_.management().store;
  ASSERT_TRUE(owner_.management().store.Write(
      [](StoreTransaction& transaction) { return transaction.AppendSettings({"mine", 1}, {0, 1, "x", R"({"unknown":1})"}); }));
  ASSERT_TRUE(owner_.registry().Refresh());
  const HttpResponse degraded = Ask("/readyz");
  EXPECT_EQ(degraded.status, 200);
  EXPECT_THAT(degraded.body, HasSubstr(R"("status":"degraded")"));
  EXPECT_THAT(degraded.body, HasSubstr(std::string(R"("kind":")") + std::string(store.kind())));
  EXPECT_THAT(degraded.body, Not(HasSubstr("mine")));
  const HttpResponse broken = Ask("/anyone");
  EXPECT_EQ(broken.status, 500);
  EXPECT_THAT(broken.body, Not(HasSubstr("unknown")));
}

TEST(HealthRoutes, AreUnreadyByASnapshotThatIsTooOld) {
  testing::TestService owner;
  InstanceRegistry::Settings settings;
  settings.addresses.default_name = "default";
  settings.max_staleness = std::chrono::milliseconds(-1);
  settings.clock = [] { return UnixTime{0}; };
  const KeyVault vault(*MasterKey::Generate(), std::nullopt, std::nullopt);
  const auto stale = *InstanceRegistry::Start(owner.management().store, vault, std::move(settings));
  Router router;
  AddHealthRoutes(*stale, router);
  HttpResponse answer;
  HttpRequest request;
  request.method = "GET";
  request.target = "/readyz";
  router.Handle(request, [&](HttpResponse response) { answer = std::move(response); });
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr(R"("status":"unready")"));
}

}  // namespace
}  // namespace vidimus
