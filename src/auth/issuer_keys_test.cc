// When an issuer is looked at, and what is held meanwhile (OpenID Connect Discovery 1.0 section 4).
#include "auth/issuer_keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "auth/auth_fixture.h"
#include "base/limits.h"

namespace vidimus {
namespace {

using namespace vidimus::testing;

class IssuerKeysTest : public ::testing::Test {
 protected:
  IssuerKeysTest() {
    web_.Serve(kDiscoveryUrl, GoodDiscovery());
    web_.Serve(kKeysUrl, GoodKeys());
    keys_ = std::make_unique<IssuerKeys>(kIssuer, kDiscoveryUrl, std::make_unique<WebFetcher>(web_),
                                         [this] { return std::chrono::steady_clock::time_point(std::chrono::seconds(now_.load())); });
  }
  ~IssuerKeysTest() override { web_.Hang(false); }

  // What a look that is waited for finds.
  IssuerKeys::Set Look() {
    auto promise = std::make_shared<std::promise<IssuerKeys::Set>>();
    EXPECT_EQ(keys_->Look([promise](const IssuerKeys::Set& held) { promise->set_value(held); }), IssuerKeys::Looking::kQueued);
    return promise->get_future().get();
  }
  IssuerKeys::Looking LookIgnoring() {
    return keys_->Look([](const IssuerKeys::Set&) {});
  }
  // Spoils one document: a look then finds nothing.
  void ExpectNothing(const std::string& url, const std::string& body, int status = 200) {
    web_.Serve(url, body, status);
    EXPECT_EQ(Look(), nullptr);
  }

  Web web_;
  std::atomic<int64_t> now_ = 1000;
  std::unique_ptr<IssuerKeys> keys_;
};

TEST_F(IssuerKeysTest, HoldsNothingAndAsksNothingBeforeTheFirstLook) {
  EXPECT_EQ(keys_->Held(), nullptr);
  EXPECT_TRUE(web_.Asked().empty());
}

TEST_F(IssuerKeysTest, HoldsWhatALookFound) {
  const IssuerKeys::Set found = Look();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->size(), 2U);
  EXPECT_EQ(keys_->Held(), found);
  EXPECT_EQ(web_.Asked(), (std::vector<std::string>{kDiscoveryUrl, kKeysUrl}));
}

TEST_F(IssuerKeysTest, RefusesMetadataOfAnotherIssuer) {
  ExpectNothing(kDiscoveryUrl, WriteJson(JsonObject{{"issuer", kIssuer + "/"}, {"jwks_uri", kKeysUrl}}));
  EXPECT_EQ(web_.Fetched(kKeysUrl), 0U);
}

TEST_F(IssuerKeysTest, RefusesKeysThatAreNotAtAnHttpsUrl) {
  ExpectNothing(kDiscoveryUrl, WriteJson(JsonObject{{"issuer", kIssuer}, {"jwks_uri", "http://keys.example.com/keys"}}));
  EXPECT_EQ(web_.Asked(), std::vector<std::string>{kDiscoveryUrl});
}

TEST_F(IssuerKeysTest, RefusesAnotherStatus) { ExpectNothing(kKeysUrl, GoodKeys(), 301); }
TEST_F(IssuerKeysTest, RefusesMetadataThatIsNoJson) { ExpectNothing(kDiscoveryUrl, "<html>"); }
TEST_F(IssuerKeysTest, RefusesASetWithoutAUsableKey) { ExpectNothing(kKeysUrl, KeySet({})); }

TEST_F(IssuerKeysTest, TakesMetadataAtTheLimitOfSize) {
  std::string discovery = GoodDiscovery();
  discovery.resize(limits::kOpenIdDocumentBytes, ' ');
  web_.Serve(kDiscoveryUrl, discovery);
  EXPECT_NE(Look(), nullptr);
}

TEST_F(IssuerKeysTest, RefusesMetadataOverTheLimitOfSize) {
  std::string discovery = GoodDiscovery();
  discovery.resize(limits::kOpenIdDocumentBytes + 1, ' ');
  ExpectNothing(kDiscoveryUrl, discovery);
}

TEST_F(IssuerKeysTest, RefusesAKeySetOverTheLimitOfSize) {
  std::string keys = GoodKeys();
  keys.resize(limits::kOpenIdDocumentBytes + 1, ' ');
  ExpectNothing(kKeysUrl, keys);
}

TEST_F(IssuerKeysTest, LooksAgainOnlyAfterTheRetryTime) {
  Look();
  now_ += limits::kOpenIdRetrySeconds - 1;
  EXPECT_EQ(LookIgnoring(), IssuerKeys::Looking::kTooSoon);
  now_ += 1;
  EXPECT_NE(Look(), nullptr);
  EXPECT_EQ(web_.Fetched(kKeysUrl), 2U);
}

TEST_F(IssuerKeysTest, WaitsTheRetryTimeAfterAFailureToo) {
  ExpectNothing(kKeysUrl, "", 500);
  EXPECT_EQ(LookIgnoring(), IssuerKeys::Looking::kTooSoon);
}

TEST_F(IssuerKeysTest, RefreshesOldKeysInTheBackgroundAndKeepsThemIfThatFails) {
  const IssuerKeys::Set first = Look();
  now_ += limits::kOpenIdKeysSeconds - 1;
  EXPECT_EQ(keys_->Held(), first);
  EXPECT_EQ(web_.Asked().size(), 2U);
  now_ += 1;
  web_.Serve(kKeysUrl, "", 500);
  EXPECT_EQ(keys_->Held(), first);
  web_.AwaitFetches(4);
  now_ += limits::kOpenIdRetrySeconds;
  web_.Serve(kKeysUrl, KeySet({EcJwk(EcKey(), "new")}));
  IssuerKeys::Set second;
  for (int i = 0; i < 2000 && (second == nullptr || second == first); ++i) {
    second = keys_->Held();
    EXPECT_NE(second, nullptr);
    now_ += 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_NE(second, first);
  EXPECT_EQ(second->front().kid, "new");
}

TEST_F(IssuerKeysTest, FindsANewKeyOnceWhileTheOldOneWorks) {
  Look();
  now_ += limits::kOpenIdRetrySeconds;
  web_.Serve(kKeysUrl, KeySet({RsaJwk(RsaKey(), "rsa"), RsaJwk(RsaKey(), "new")}));
  web_.Hang(true);
  std::atomic<int> found = 0;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(keys_->Look([&](const IssuerKeys::Set& held) { found += held->back().kid == "new" ? 1 : 0; }), IssuerKeys::Looking::kQueued);
  web_.AwaitFetches(3);
  ASSERT_NE(keys_->Held(), nullptr) << "the old keys go on while the new ones are fetched";
  EXPECT_EQ(keys_->Held()->front().kid, "rsa");
  web_.Hang(false);
  for (int i = 0; i < 2000 && found < 10; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(found, 10);
  EXPECT_EQ(web_.Fetched(kKeysUrl), 2U);
}

TEST_F(IssuerKeysTest, LetsAtMostTheLimitWait) {
  web_.Hang(true);
  std::atomic<size_t> answered = 0;
  const auto count = [&](const IssuerKeys::Set& held) { answered += held != nullptr ? 1 : 0; };
  for (size_t i = 0; i < limits::kOpenIdWaiting; ++i) ASSERT_EQ(keys_->Look(count), IssuerKeys::Looking::kQueued);
  EXPECT_EQ(keys_->Look(count), IssuerKeys::Looking::kFull);
  web_.Hang(false);
  keys_->Held();
  for (int i = 0; i < 2000 && answered < limits::kOpenIdWaiting; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(answered, limits::kOpenIdWaiting);
  EXPECT_EQ(web_.Asked().size(), 2U);
}

TEST_F(IssuerKeysTest, AnswersAllWhoWaitWhenItStopsAlthoughTheIssuerHangs) {
  web_.Hang(true);
  size_t answered = 0;
  const auto count = [&](const IssuerKeys::Set& held) { answered += held == nullptr ? 1 : 0; };
  for (int i = 0; i < 3; ++i) keys_->Look(count);
  web_.AwaitFetches(1);
  keys_->Stop();
  EXPECT_EQ(answered, 3U);
  EXPECT_EQ(keys_->Look(count), IssuerKeys::Looking::kTooSoon);
  web_.Hang(false);
  keys_.reset();
  EXPECT_EQ(web_.Asked().size(), 1U) << "nothing more is fetched once it stops";
}

}  // namespace
}  // namespace vidimus
