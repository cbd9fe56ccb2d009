// Importing as a service does it: each document that somebody brings is judged by itself, what verifies is in the store before anybody is
// told, and nothing newer is replaced by anything older (design section 3, invariant 10); and the operator's requests for it.
#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "api/endorsement_routes.h"
#include "auth/auth_fixture.h"
#include "codec/pem.h"
#include "gather/bundle.h"
#include "tests/support/simulated_sgx.h"
#include "tests/support/test_service.h"

namespace vidimus {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Documents = std::vector<NamedDocument>;

// Those of the good vendor that have one of these names.
Documents Named(const std::vector<std::string>& names, UnixTime now = kSimulatedNow) {
  const Documents all = GoodVendor().Documents(now).value();
  Documents out;
  for (const NamedDocument& one : all)
    if (std::find(names.begin(), names.end(), one.name) != names.end()) out.push_back(one);
  EXPECT_EQ(out.size(), names.size());
  return out;
}
const std::string kInfo = "tcb-info-20.json", kIdentity = "qe-identity-20.json", kSigner = "tcb-signing-chain.pem";

Documents Joined(Documents a, const Documents& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A store in a folder of its own, and a cache that keeps what it takes there.
class Importing : public ::testing::Test {
 protected:
  Importing() {
    std::string folder = (std::filesystem::temp_directory_path() / "vidimus-importing-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    store = Store::Open("sqlite:" + Database()).value();
    cache = Open();
  }
  ~Importing() override {
    cache.reset();
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<EndorsementCache> Open() {
    EndorsementCache::Settings settings;
    settings.anchors = {GoodVendor().Anchor().value()};
    settings.files_suffice = false;
    settings.clock = [] { return kSimulatedNow; };
    auto out = EndorsementCache::Open(std::move(settings)).value();
    EXPECT_TRUE(out->Attach(*store));
    return out;
  }
  std::string Database() const { return (folder_ / "vidimus.db").string(); }

  // "2 added, 1 held", and of each refusal its document and where.
  std::string Import(const Documents& documents) {
    const auto report = cache->Import(documents, "test");
    if (!report) return std::string(report.error().where);
    std::string out = std::to_string(report->added) + " added, " + std::to_string(report->held) + " held";
    for (const auto& [document, error] : report->refused) out += "; " + document + " " + std::string(error.where);
    return out;
  }
  static size_t Held(const EndorsementCache& cache) { return cache.Endorsements()->Held().size(); }

  std::unique_ptr<Store> store;
  std::unique_ptr<EndorsementCache> cache;

 private:
  std::filesystem::path folder_;
};

TEST_F(Importing, TakesEverythingThatVerifiesAndCountsItOnce) {
  const Documents all = GoodVendor().Documents(kSimulatedNow).value();
  const size_t count = IntelEndorsements::Load(all, {GoodVendor().Anchor().value()}).value().Held().size();
  EXPECT_EQ(Import(all), std::to_string(count) + " added, 0 held");
  EXPECT_EQ(Held(*cache), count);
  EXPECT_TRUE(cache->Endorsements()->RequireSome());
  EXPECT_EQ(Import(all), "0 added, " + std::to_string(count) + " held") << "the second time";
  const Documents newer = Named({kInfo}, kSimulatedNow + 1);
  EXPECT_EQ(Import(Joined(newer, newer)), "1 added, 1 held") << "in one import too";
  EXPECT_EQ(Import({}), "0 added, 0 held");
}

TEST_F(Importing, TakesTheRestWhereOneDocumentDoesNotVerify) {
  Documents documents = Named({kInfo, kIdentity, kSigner});
  auto& info = documents[documents[0].name == kInfo ? 0 : 1];
  ASSERT_EQ(info.name, kInfo);
  info.content[info.content.size() / 3] ^= 1;
  const std::string report = Import(documents);
  EXPECT_THAT(report, HasSubstr("1 added, 0 held; " + kInfo + " intel."));
  EXPECT_EQ(Held(*cache), 1U);
}

TEST_F(Importing, RefusesWhatAnotherRootSigned) {
  const SimulatedIntel stranger = SimulatedIntel::Create().value();
  const auto report = cache->Import(stranger.Documents(kSimulatedNow).value(), "test");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->added + report->held, 0U);
  EXPECT_FALSE(report->refused.empty());
  EXPECT_EQ(Held(*cache), 0U);
}

TEST_F(Importing, VerifiesWithCertificatesThatAreHeldAndWithNoOthers) {
  EXPECT_EQ(Import(Named({kInfo})), "0 added, 0 held; " + kInfo + " intel.tcb_info.signature");
  EXPECT_EQ(Import(Named({kInfo, kSigner})), "1 added, 0 held");
  EXPECT_EQ(Import(Named({kIdentity})), "1 added, 0 held");
  EXPECT_EQ(Import({{"notes.txt", {'h', 'i'}}}), "0 added, 0 held; notes.txt endorsement.unrecognised");
}

TEST_F(Importing, RefusesACrlThatNobodyHasVerified) {
  EXPECT_EQ(Import(Named({"pck-ca.crl"})), "0 added, 0 held; pck-ca.crl endorsement.unsigned_crl");
  EXPECT_EQ(Import(Named({"pck-ca.crl", "pck-ca-chain.pem"})), "1 added, 0 held");
}

// Whatever file the certificates came in, the others need them too.
TEST_F(Importing, KeepsTheCertificatesThatCameInTheFileOfACrl) {
  const ByteVector crl = Named({"pck-ca.crl"})[0].content;
  ByteVector both = Named({"pck-ca-chain.pem"})[0].content;
  const std::string text = WritePem("X509 CRL", crl);
  both.insert(both.end(), text.begin(), text.end());
  EXPECT_EQ(Import({{"both.pem", both}}), "1 added, 0 held");
  const auto held = cache->Endorsements()->Held();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_FALSE(held[0].issuer_chain.empty());
}

TEST_F(Importing, RefusesWhatIsOlderThanWhatIsHeldAndKeepsHistoryThatComesTogether) {
  const Documents first = Named({kInfo, kSigner}, kSimulatedNow - 20), second = Named({kInfo}, kSimulatedNow - 10), third = Named({kInfo});
  EXPECT_EQ(Import(Joined(third, Joined(first, second))), "3 added, 0 held") << "in whatever order";
  EXPECT_EQ(Import(Named({kInfo}, kSimulatedNow - 15)), "0 added, 0 held; " + kInfo + " endorsement.rollback");
  EXPECT_EQ(cache->rollbacks(), 1U);
  EXPECT_EQ(Import(second), "0 added, 1 held") << "held as history is held";
  EXPECT_EQ(Import(Named({kInfo}, kSimulatedNow + 1)), "1 added, 0 held");
}

TEST_F(Importing, IsSharedByNodesAndOutlivesARestart) {
  const auto other = Open();
  ASSERT_EQ(Import(Named({kInfo, kSigner})), "1 added, 0 held");
  EXPECT_EQ(Held(*other), 0U);
  ASSERT_TRUE(other->CatchUp());
  EXPECT_EQ(Held(*other), 1U);
  EXPECT_EQ(Held(*Open()), 1U);
  // A node that has not looked yet refuses what is older than another's.
  ASSERT_TRUE(other->Import(Named({kIdentity}), "test"));
  EXPECT_EQ(Import(Named({kIdentity}, kSimulatedNow - 1)), "0 added, 0 held; " + kIdentity + " endorsement.rollback");
}

TEST_F(Importing, ChangesNothingWhereTheStoreDoesNotKeepIt) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(Database().c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "DROP TABLE endorsement", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
  EXPECT_THAT(Import(Named({kInfo, kSigner})), HasSubstr("store."));
  EXPECT_EQ(Held(*cache), 0U);
}

TEST_F(Importing, BySeveralAtOnceAddsEachDocumentOnce) {
  const Documents all = GoodVendor().Documents(kSimulatedNow).value();
  std::vector<std::future<size_t>> imports;
  for (int i = 0; i < 8; ++i) imports.push_back(std::async(std::launch::async, [&] { return cache->Import(all, "test").value().added; }));
  size_t added = 0;
  for (auto& one : imports) added += one.get();
  EXPECT_EQ(added, Held(*cache));
  EXPECT_EQ(Held(*Open()), added);
}

class EndorsementRoutes : public Importing {
 protected:
  EndorsementRoutes() {
    OpenIdIssuer issuer;
    issuer.issuer = kIssuer;
    issuer.audiences = {"https://attest.example"};
    issuer.arm_audiences = {"https://arm.example"};
    issuer.keys = GoodKeys();
    bearer_ = *BearerAuthenticator::Create({issuer}, [](const OpenIdIssuer&) { return nullptr; }, [this] { return owner_.now; });
    gate_ = std::make_unique<Gate>(owner_.registry(), *bearer_, std::vector<ClaimMatch>{{kIssuer, "sub", "operator"}});
    AddEndorsementRoutes(*cache, *gate_, [] { return kSimulatedNow; }, router_);
  }
  HttpResponse Ask(const std::string& method, const std::string& path, std::string body = {}, const std::string& sub = "operator") const {
    const JsonObject claims{{"iss", kIssuer}, {"sub", sub}, {"aud", "https://arm.example"}, {"exp", owner_.now + 60}};
    HttpRequest request;
    request.method = method;
    request.target = "/vidimus/v1/endorsements" + path;
    request.headers = {{"authorization", "Bearer " + *SignJws({{"alg", "RS256"}, {"kid", "rsa"}}, claims, RsaKey())}};
    request.body = std::move(body);
    request.peer = "192.0.2.1";
    auto answer = std::make_shared<std::promise<HttpResponse>>();
    router_.Handle(std::move(request), [answer](HttpResponse response) { answer->set_value(std::move(response)); });
    return answer->get_future().get();
  }
  Json List(const std::string& query) const { return ParseJson(Ask("GET", query).body).value(); }
  static std::string Where(const HttpResponse& response) {
    return *ParseJson(response.body).value().Find("error")->Find("vidimus")->Find("where")->AsString();
  }

  TestService owner_;
  std::unique_ptr<BearerAuthenticator> bearer_;
  std::unique_ptr<Gate> gate_;
  Router router_;
};

std::string Bundled(const Documents& documents) {
  return WriteEndorsementBundles({}, documents, kSimulatedNow, {limits::kRequestBodyBytes, limits::kHistoryEntries}).value().at(0);
}

TEST_F(EndorsementRoutes, AreForOperatorsOnly) {
  for (const auto& [method, path] : {std::pair("GET", ""), {"GET", "/export"}, {"POST", ""}})
    EXPECT_EQ(Where(Ask(method, path, "", "someone")), "auth.role") << method << path;
}

TEST_F(EndorsementRoutes, SayOfAnImportWhatBecameOfIt) {
  Documents some = Named({kInfo, kSigner});
  const HttpResponse taken = Ask("POST", "", Bundled(some));
  EXPECT_EQ(taken.status, 200);
  EXPECT_EQ(taken.body, R"({"added":1,"held":0,"refused":[]})");
  some.push_back({"notes", {'x'}});
  const HttpResponse partly = Ask("POST", "", Bundled(some));
  EXPECT_EQ(partly.status, 200);
  EXPECT_THAT(partly.body, HasSubstr(R"("held":1,"refused":[{"document":"notes","code":"endorsement.unrecognised","message":)"));
  const HttpResponse refused = Ask("POST", "", Bundled({some.back()}));
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(Where(refused), "endorsement.unrecognised");
  EXPECT_EQ(Where(Ask("POST", "", "{}")), "bundle.truncated");
  EXPECT_EQ(Where(Ask("POST", "", Bundled(some).substr(1))), "bundle.format");
}

TEST_F(EndorsementRoutes, ListWhatOneAnswerHoldsAndThenTheRest) {
  const SimulatedIntel vendor = Spoiled([](SimulatedIntelSpec& spec) {
    spec.evaluation_data_numbers.clear();
    for (int64_t number = 1; number <= 250; ++number) spec.evaluation_data_numbers.push_back(number);
  });
  ASSERT_TRUE(cache->Import(vendor.Documents(kSimulatedNow).value(), "test"));
  const size_t count = Held(*cache);
  ASSERT_GT(count, limits::kHistoryEntries);
  const Json first = List(""), rest = List("?skip=1000"), last = List("?skip=" + std::to_string(count - limits::kHistoryEntries));
  EXPECT_EQ(first.Find("documents")->AsArray()->size(), limits::kHistoryEntries);
  ASSERT_NE(first.Find("next"), nullptr);
  EXPECT_EQ(*first.Find("next")->AsInt(), 1000);
  EXPECT_EQ(rest.Find("documents")->AsArray()->size(), count - limits::kHistoryEntries);
  EXPECT_EQ(rest.Find("next"), nullptr);
  EXPECT_EQ(last.Find("next"), nullptr) << "just as many as one answer holds";
  EXPECT_THAT(*List("?skip=99999").Find("documents")->AsArray(), IsEmpty());
}

TEST_F(EndorsementRoutes, SayWhatIsInForceAtTheTimeAskedFor) {
  ASSERT_EQ(Import(Named({kInfo, kSigner})), "1 added, 0 held");
  const auto state = [this](const std::string& query) { return *(*List(query).Find("documents")->AsArray())[0].Find("state")->AsString(); };
  EXPECT_EQ(state(""), "in force");
  EXPECT_EQ(state("?at=2020-01-01T00:00:00Z"), "not issued yet");
  EXPECT_EQ(state("?at=2030-01-01T00:00:00Z"), "expired");
  for (const char* query : {"?skip=x", "?skip=-1", "?skip=99999999999999999999999", "/export?history=1"})
    EXPECT_EQ(Where(Ask("GET", query)), "request.query") << query;
  EXPECT_EQ(Where(Ask("GET", "?at=today")), "time.format");
}

TEST_F(EndorsementRoutes, ExportWhatIsCurrentOrEverything) {
  ASSERT_EQ(Import(Joined(Named({kInfo, kSigner}, kSimulatedNow - 9), Named({kInfo}))), "2 added, 0 held");
  const auto exported = [this](const std::string& query) {
    const HttpResponse answer = Ask("GET", "/export" + query);
    EXPECT_THAT(answer.headers, ::testing::Contains(std::pair<std::string, std::string>("Content-Type", "application/jsonl")));
    const auto bundle = ReadEndorsementBundle(AsBytes(answer.body)).value();
    return IntelEndorsements::Load(bundle.documents, {GoodVendor().Anchor().value()}).value().Held().size();
  };
  EXPECT_EQ(exported(""), 1U);
  EXPECT_EQ(exported("?history=false"), 1U);
  EXPECT_EQ(exported("?history=true"), 2U);
}

}  // namespace
}  // namespace vidimus
