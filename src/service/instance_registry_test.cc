// Which instance a request is for, and what the snapshot shows of the store (design section 7).
#include "service/instance_registry.h"

#include <gtest/gtest.h>

#include <thread>

#include "service/instances.h"
#include "store/test_store.h"

namespace vidimus {
namespace {

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : store_(*Store::Open("sqlite:" + folder_.path("db"))) {
    settings_.addresses.default_name = "default";
    settings_.addresses.url = *InstanceUrlTemplate::Parse("https://{name}.attest.example:8443");
    settings_.addresses.endpoints = {{"own", "mine"}};
    settings_.addresses.urls = {{"mine", "https://mine.example"}};
    settings_.clock = [] { return UnixTime{1'780'000'000}; };
    Start();
    EXPECT_TRUE(Instances(*management_).EnsureDefault("https://attest.example:8443", JsonObject{}));
    Make("mine");
    Make("other");
  }
  void Start() {
    management_.reset();
    registry_.reset();
    registry_ = *InstanceRegistry::Start(*store_, vault_, settings_);
    management_ = std::make_unique<Management>(Management{*store_, *registry_, vault_});
  }
  void Make(const std::string& name) {
    NewInstance wanted;
    wanted.name = name;
    const auto made = Instances(*management_).Create(wanted, {"https://i", "someone", JsonObject{}});
    EXPECT_TRUE(made) << made.error().detail;
  }
  // The name of what is selected, or why nothing is.
  std::string Selected(const std::string& endpoint, const std::string& host) const {
    const auto found = registry_->Select(endpoint, host);
    return found ? (*found)->record.key.name : std::string(found.error().where);
  }

  testing::TestFolder folder_;
  std::unique_ptr<Store> store_;
  KeyVault vault_{*MasterKey::Generate(), std::nullopt, std::nullopt};
  InstanceRegistry::Settings settings_;
  std::unique_ptr<InstanceRegistry> registry_;
  std::unique_ptr<Management> management_;
};

TEST_F(RegistryTest, SelectsByTheHostWithinItsDomain) {
  EXPECT_EQ(Selected("", "mine.attest.example:8443"), "mine");
  EXPECT_EQ(Selected("", "OTHER.Attest.Example."), "other");
  EXPECT_EQ(Selected("", "gone.attest.example"), "instance.unknown");
  EXPECT_EQ(Selected("", "x.mine.attest.example"), "instance.unknown");
}

TEST_F(RegistryTest, AnswersOtherHostsWithTheDefaultInstance) {
  for (const std::string host : {"attest.example", "localhost:1", "[::1]:8443", "mine.attest.example.evil", "mineattest.example", ""})
    EXPECT_EQ(Selected("", host), "default") << host;
}

TEST_F(RegistryTest, RefusesWhatIsNoHost) {
  for (const std::string host :
       {"mine.attest.example@other.attest.example", "mine.attest.example:x", "a b", ".attest.example", "%6dine.attest.example"})
    EXPECT_EQ(Selected("", host), "request.host") << host;
}

TEST_F(RegistryTest, SelectsByAnEndpointOfItsOwnWhateverTheHostSays) {
  EXPECT_EQ(Selected("own", "other.attest.example"), "mine");
  EXPECT_EQ(Selected("own", "a b"), "mine");
  EXPECT_EQ(Selected("another", "other.attest.example"), "other");
}

TEST_F(RegistryTest, KnowsOnlyTheDefaultInstanceWithoutATemplate) {
  settings_.addresses.url.reset();
  Start();
  EXPECT_EQ(Selected("", "mine.attest.example:8443"), "default");
}

TEST_F(RegistryTest, SeesWhatAnotherNodeHasWritten) {
  auto node = *InstanceRegistry::Start(*store_, vault_, settings_);
  Make("third");
  ASSERT_TRUE(node->Refresh());
  EXPECT_TRUE(node->Find("third"));
  ASSERT_TRUE(*Instances(*management_).Delete("third", "x"));
  ASSERT_TRUE(node->Refresh());
  EXPECT_EQ(node->Find("third").error().where, "instance.unknown");
}

TEST_F(RegistryTest, LooksByItselfWithinThePollingTime) {
  auto node = *InstanceRegistry::Start(*store_, vault_, settings_);
  Make("third");
  bool seen = false;
  for (int i = 0; i < 100 && !seen; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::kStorePollMilliseconds / 10));
    seen = node->Find("third").has_value();
  }
  EXPECT_TRUE(seen);
}

TEST_F(RegistryTest, KeepsWhatDidNotChange) {
  const auto before = *registry_->Find("mine");
  Make("third");
  EXPECT_EQ(*registry_->Find("mine"), before);  // the very object, and with it its caches
  ASSERT_TRUE(Instances(*management_)
                  .Update(
                      before->record.key,
                      [](Instances::Change change) {
                        change.settings = JsonObject{{"draftPolicies", false}};
                        return Result<Instances::Change>(change);
                      },
                      "x"));
  const auto after = *registry_->Find("mine");
  EXPECT_NE(after, before);
  EXPECT_FALSE(after->settings.draft_policies);
  EXPECT_TRUE(before->settings.draft_policies);  // as requests that began before see it
  EXPECT_EQ(after->memory, before->memory);
}

TEST_F(RegistryTest, GivesANameBegunAnewNothingOfBefore) {
  const auto before = *registry_->Find("mine");
  ASSERT_TRUE(*Instances(*management_).Delete("mine", "x"));
  Make("mine");
  const auto after = *registry_->Find("mine");
  EXPECT_EQ(after->record.key.generation, before->record.key.generation + 1);
  EXPECT_NE(after->memory, before->memory);
  EXPECT_NE(after->keys.SignerAt(registry_->now()).kid(), before->keys.SignerAt(registry_->now()).kid());
}

TEST_F(RegistryTest, ShowsOneThatCannotBeLoadedAsUnusableAndServesTheOthers) {
  ASSERT_TRUE(store_->Write([](StoreTransaction& store) { return store.AppendSettings({"mine", 1}, {0, 1, "x", R"({"unknown":1})"}); }));
  ASSERT_TRUE(registry_->Refresh());
  EXPECT_EQ(Selected("", "mine.attest.example"), "instance.unusable");
  EXPECT_EQ(registry_->Find("mine").error().detail.find("unknown"), std::string::npos);  // what it was is the log's
  EXPECT_EQ(Selected("", "other.attest.example"), "other");
  const RegistryHealth health = registry_->health();
  EXPECT_EQ(health.instances, 3U);
  EXPECT_EQ(health.unusable, 1U);
  EXPECT_TRUE(health.up_to_date);
  ASSERT_TRUE(store_->Write([](StoreTransaction& store) { return store.AppendSettings({"mine", 1}, {0, 2, "x", "{}"}); }));
  ASSERT_TRUE(registry_->Refresh());
  EXPECT_EQ(Selected("", "mine.attest.example"), "mine");
}

TEST_F(RegistryTest, OpensNoKeyOfAnotherMasterKey) {
  const KeyVault other(*MasterKey::Generate(), std::nullopt, std::nullopt);
  const auto node = *InstanceRegistry::Start(*store_, other, settings_);
  EXPECT_EQ(node->Find("mine").error().where, "instance.unusable");
  EXPECT_EQ(node->health().unusable, 3U);
}

TEST_F(RegistryTest, JudgesNothingByASnapshotThatIsTooOld) {
  settings_.max_staleness = std::chrono::milliseconds(-1);
  Start();
  EXPECT_EQ(Selected("", "mine.attest.example"), "store.stale");
  EXPECT_EQ(registry_->Find("mine").error().code, ErrorCode::kBusy);
  EXPECT_TRUE(registry_->health().stale);
}

}  // namespace
}  // namespace vidimus
