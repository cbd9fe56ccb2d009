// Token-signing keys: kept wrapped, published before they sign and for as long as their tokens may be in use.
#include "service/signing_keys.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace vidimus {
namespace {

using ::testing::ElementsAre;

constexpr UnixTime kNow = 1'700'000'000;
constexpr int64_t kLead = 86'400, kLifetime = 28'800;

KeyRecord Key(const std::string& kid, UnixTime signs_from) {
  KeyRecord out;
  out.kid = kid;
  out.signs_from = signs_from;
  return out;
}

TEST(Rotation, PublishesTheNewKeyItsLeadBeforeItSigns) {
  const auto rotation = PlanRotation({Key("old", 0)}, Key("new", 0), kNow, kLead, kLifetime, false);
  ASSERT_TRUE(rotation);
  EXPECT_EQ(rotation->added.signs_from, kNow + kLead);
  EXPECT_FALSE(rotation->added.published_until);
}

TEST(Rotation, KeepsTheOldKeyPublishedForTheLongerOfLifetimeAndLead) {
  EXPECT_EQ(PlanRotation({Key("old", 0)}, Key("new", 0), kNow, kLead, kLifetime, false)->changed.at(0).published_until, kNow + 2 * kLead);
  EXPECT_EQ(PlanRotation({Key("old", 0)}, Key("new", 0), kNow, 60, kLifetime, false)->changed.at(0).published_until, kNow + 60 + kLifetime);
}

TEST(Rotation, LeavesKeysThatWereWithdrawnBeforeAlone) {
  KeyRecord former = Key("former", 0);
  former.published_until = kNow + 5;
  const auto rotation = PlanRotation({former, Key("old", 10)}, Key("new", 0), kNow, kLead, kLifetime, false);
  ASSERT_EQ(rotation->changed.size(), 1U);
  EXPECT_EQ(rotation->changed[0].kid, "old");
}

TEST(Rotation, WaitsForTheTurnOfTheKeyBefore) {
  const std::vector<KeyRecord> keys = {Key("old", 0), Key("next", kNow + 1)};
  EXPECT_EQ(PlanRotation(keys, Key("new", 0), kNow, kLead, kLifetime, false).error().where, "keys.pending");
  EXPECT_TRUE(PlanRotation(keys, Key("new", 0), kNow + 1, kLead, kLifetime, false));
}

TEST(Rotation, InAnEmergencySignsAtOnceAndWithdrawsAllOthersAtOnce) {
  const auto rotation = PlanRotation({Key("old", 0), Key("next", kNow + 1)}, Key("new", 0), kNow, kLead, kLifetime, true);
  ASSERT_TRUE(rotation);
  EXPECT_EQ(rotation->added.signs_from, kNow);
  ASSERT_EQ(rotation->changed.size(), 2U);
  for (const KeyRecord& key : rotation->changed) EXPECT_EQ(key.published_until, kNow) << key.kid;
}

TEST(Rotation, HasALimitOfPublishedKeys) {
  std::vector<KeyRecord> keys;
  for (size_t i = 0; i + 1 < limits::kSigningKeys; ++i) {
    keys.push_back(Key(std::to_string(i), static_cast<UnixTime>(i)));
    keys.back().published_until = kNow + 1;
  }
  EXPECT_TRUE(PlanRotation(keys, Key("new", 0), kNow, kLead, kLifetime, false));
  keys.push_back(Key("last", 100));
  EXPECT_EQ(PlanRotation(keys, Key("new", 0), kNow, kLead, kLifetime, false).error().where, "keys.limit");
  EXPECT_TRUE(PlanRotation(keys, Key("new", 0), kNow + 1, kLead, kLifetime, false));  // they are no longer published
  const auto emergency = PlanRotation(keys, Key("new", 0), kNow, kLead, kLifetime, true);
  ASSERT_TRUE(emergency);  // which leaves one
  EXPECT_EQ(emergency->changed.size(), limits::kSigningKeys);
}

class KeysOfAnInstance : public ::testing::Test {
 protected:
  KeysOfAnInstance() : vault_(*MasterKey::Generate(), std::nullopt, std::nullopt) {
    instance_.key = {"mine", 1};
    instance_.issuer = "https://mine.example.com";
  }
  KeyRecord Made(UnixTime signs_from) {
    KeyRecord out = *vault_.Make(instance_.key, instance_.issuer, 2048, KeyRecord::Source::kWrapped);
    out.signs_from = signs_from;
    return out;
  }
  static std::vector<std::string> Kids(const JsonArray& keys) {
    std::vector<std::string> out;
    for (const Json& key : keys) out.push_back(*key.Find("kid")->AsString());
    return out;
  }

  KeyVault vault_;
  InstanceRecord instance_;
};

TEST_F(KeysOfAnInstance, AreKeptWrappedForOneInstanceAndOneKid) {
  const KeyRecord record = Made(0);
  EXPECT_TRUE(vault_.Open(instance_.key, record));
  EXPECT_EQ(std::search_n(record.secret.begin(), record.secret.end(), 5, '-'), record.secret.end());  // no PEM
  EXPECT_EQ(vault_.Open({"other", 1}, record).error().where, "crypto.master_key.unwrap");
  EXPECT_EQ(vault_.Open({"mine", 2}, record).error().where, "crypto.master_key.unwrap");
  KeyRecord renamed = record;
  renamed.kid = Made(0).kid;
  EXPECT_EQ(vault_.Open(instance_.key, renamed).error().where, "crypto.master_key.unwrap");
}

TEST_F(KeysOfAnInstance, SignInTheirTurnAndArePublishedBeforeAndAfterIt) {
  KeyRecord first = Made(100), second = Made(200);
  first.published_until = 300;
  const SigningKeys keys = *SigningKeys::Open(vault_, instance_, {second, first}, 100, false);
  EXPECT_EQ(keys.SignerAt(199).kid(), first.kid);
  EXPECT_EQ(keys.SignerAt(200).kid(), second.kid);
  EXPECT_EQ(keys.SignerAt(0).kid(), first.kid);  // a clock that went back
  EXPECT_THAT(Kids(keys.PublishedAt(100)), ElementsAre(first.kid, second.kid));
  EXPECT_THAT(Kids(keys.PublishedAt(299)), ElementsAre(first.kid, second.kid));
  EXPECT_THAT(Kids(keys.PublishedAt(300)), ElementsAre(second.kid));
}

TEST_F(KeysOfAnInstance, MustBeAtLeastOne) { EXPECT_EQ(SigningKeys::Open(vault_, instance_, {}, 0, false).error().where, "keys.none"); }

TEST_F(KeysOfAnInstance, NeedATokenWhenTheyAreInOne) {
  EXPECT_EQ(vault_.Make(instance_.key, instance_.issuer, 2048, KeyRecord::Source::kPkcs11).error().where, "keys.pkcs11");
}

TEST_F(KeysOfAnInstance, OpenByTheFormerMasterKeyUntilTheyAreWrappedAnew) {
  const MasterKey former = *MasterKey::Generate(), current = *MasterKey::Generate();
  const KeyRecord record =
      *KeyVault(former, std::nullopt, std::nullopt).Make(instance_.key, instance_.issuer, 2048, KeyRecord::Source::kWrapped);
  EXPECT_EQ(KeyVault(current, std::nullopt, std::nullopt).Open(instance_.key, record).error().where, "crypto.master_key.other");
  const KeyVault both(current, former, std::nullopt);
  EXPECT_TRUE(both.Open(instance_.key, record));
  const auto rewrapped = both.Rewrapped(instance_.key, record);
  ASSERT_TRUE(rewrapped && *rewrapped);
  EXPECT_TRUE(KeyVault(current, std::nullopt, std::nullopt).Open(instance_.key, **rewrapped));
  EXPECT_FALSE(*both.Rewrapped(instance_.key, **rewrapped));  // nothing left to do
}

}  // namespace
}  // namespace vidimus
