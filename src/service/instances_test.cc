// Instances as operators make, change and delete them, and the keys that are theirs (design section 7).
#include "service/instances.h"

#include <gtest/gtest.h>

#include "crypto/issue.h"
#include "service/key_management.h"
#include "tests/support/test_service.h"

namespace vidimus {
namespace {

const Caller kCreator{"https://issuer", "someone", JsonObject{{"sub", "someone"}}};

std::vector<SignerCertificate> Signers(size_t count) {
  static const PrivateKey key = *PrivateKey::GenerateP256();
  std::vector<SignerCertificate> out;
  CertificateSpec spec;
  spec.subject = {{"CN", "signer"}};
  spec.not_after = 4'000'000'000;
  for (size_t i = 0; i < count; ++i) {
    spec.serial = {1, static_cast<uint8_t>(i)};
    out.push_back(*SignerCertificate::FromDer(*IssueCertificate(spec, key, {spec.subject, key})));
  }
  return out;
}

class ManagedInstances : public ::testing::Test {
 protected:
  static NewInstance Wanted(const std::string& name) {
    NewInstance out;
    out.name = name;
    return out;
  }
  Result<InstanceRecord> Create(const NewInstance& wanted) const { return owner_.instances().Create(wanted, kCreator); }
  std::string Where(const NewInstance& wanted) const {
    const auto made = Create(wanted);
    return made ? "" : std::string(made.error().where);
  }
  Result<InstanceRecord> Set(const InstanceKey& key, Instances::Change wanted) const {
    return owner_.instances().Update(key, [&](const Instances::Change&) { return Result<Instances::Change>(wanted); }, "x");
  }

  testing::TestService owner_;
};

TEST_F(ManagedInstances, BelongToWhoCreatesThem) {
  NewInstance wanted = Wanted("Mine");
  const JsonArray asked{JsonObject{{"issuer", "https://i"}, {"claim", "a"}, {"value", "b"}, {"role", "reader"}}};
  wanted.settings = JsonObject{{"grants", asked}};
  const auto made = Create(wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->key, (InstanceKey{"mine", 1}));
  EXPECT_EQ(made->issuer, "https://mine.attest.localhost:8443");
  EXPECT_EQ(made->trust_model, TrustModel::kAad);
  const auto& grants = owner_.instance("mine")->settings.grants;
  ASSERT_EQ(grants.size(), 2U);
  EXPECT_EQ(grants.front(), (Grant{{"https://issuer", "sub", "someone"}, Role::kOwner}));
  EXPECT_EQ(owner_.instance("mine")->keys.PublishedAt(owner_.now).size(), 1U);
}

TEST_F(ManagedInstances, AreNamedByTheObjectIdWhereThereIsOne) {
  EXPECT_EQ(Identity({"https://i", "pairwise", JsonObject{{"oid", "object"}}}), (ClaimMatch{"https://i", "oid", "object"}));
  EXPECT_EQ(Identity({"https://i", "pairwise", JsonObject{{"oid", 1}}}), (ClaimMatch{"https://i", "sub", "pairwise"}));
}

TEST_F(ManagedInstances, HaveNamesThatFitAHost) {
  for (const std::string name : {"", "ab", "a_b", "a.b", "-abc", "abc-", "a/b", "abcdefghijklmnopqrstuvwxy", "ä-ä"})
    EXPECT_EQ(Where(Wanted(name)), "instance.name") << name;
  EXPECT_EQ(Where(Wanted("default")), "instance.reserved");
  EXPECT_EQ(Where(Wanted("abcdefghijklmnopqrstuvwx")), "");
  EXPECT_EQ(Where(Wanted("mine")), "");
  EXPECT_EQ(Where(Wanted("MINE")), "instance.exists");
  EXPECT_EQ(owner_.instances().Delete("default", "x").error().where, "instance.reserved");
}

TEST_F(ManagedInstances, MayBeSoManyAndNoMore) {
  const Instances few(owner_.management(), 3);  // the default is one
  ASSERT_TRUE(few.Create(Wanted("one"), kCreator));
  ASSERT_TRUE(few.Create(Wanted("two"), kCreator));
  EXPECT_EQ(few.Create(Wanted("three"), kCreator).error().where, "instance.limit");
  EXPECT_EQ(owner_.registry().Find("three").error().where, "instance.unknown");
}

TEST_F(ManagedInstances, BeginWithSoManySignersAndNoMore) {
  NewInstance wanted = Wanted("most");
  wanted.signers = Signers(limits::kPolicySigners);
  ASSERT_TRUE(Create(wanted));
  EXPECT_EQ(owner_.instance("most")->signers.size(), limits::kPolicySigners);
  EXPECT_EQ(owner_.instance("most")->record.trust_model, TrustModel::kIsolated);
  wanted = Wanted("more");
  wanted.signers = Signers(limits::kPolicySigners + 1);
  EXPECT_EQ(Where(wanted), "policy.signer.limit");
}

TEST_F(ManagedInstances, KeepAResourceUpToALimitOfSize) {
  const size_t frame = WriteJson(JsonObject{{"a", ""}}).size();
  const auto resource = [&](size_t size) { return JsonObject{{"a", std::string(size - frame, 'x')}}; };
  NewInstance wanted = Wanted("large");
  wanted.resource = resource(limits::kResourceBytes + 1);
  EXPECT_EQ(Where(wanted), "instance.resource");
  wanted.resource = resource(limits::kResourceBytes);
  const auto made = Create(wanted);
  ASSERT_TRUE(made);
  EXPECT_EQ(Set(made->key, {resource(limits::kResourceBytes + 1), JsonObject{}}).error().where, "instance.resource");
  EXPECT_TRUE(Set(made->key, {resource(limits::kResourceBytes), JsonObject{}}));
}

TEST_F(ManagedInstances, KeepTheirSettingsWhenAChangeIsRefused) {
  const InstanceKey key = Create(Wanted("mine"))->key;
  EXPECT_EQ(Set(key, {{}, JsonObject{{"tokenLifetime", 1}}}).error().where, "settings.value");
  EXPECT_EQ(owner_.instances().SettingsHistory(key)->size(), 1U);
  ASSERT_TRUE(Set(key, {{}, JsonObject{{"tokenLifetime", 60}}}));
  EXPECT_EQ(owner_.instance("mine")->settings.token_lifetime, 60);
  EXPECT_EQ(owner_.instances().SettingsHistory(key)->front().by, "x");
  EXPECT_EQ(owner_.instances().SettingsHistory(key)->size(), 2U);
  ASSERT_TRUE(*owner_.instances().Delete("mine", "x"));
  EXPECT_EQ(Set(key, {{}, JsonObject{}}).error().where, "instance.unknown");
}

TEST_F(ManagedInstances, FollowTheConfigurationsIssuerWithCertificatesThatNameIt) {
  const std::string kid = owner_.instance()->keys.SignerAt(owner_.now).kid();
  const Json before = owner_.instance()->keys.PublishedAt(owner_.now).front();
  ASSERT_TRUE(owner_.instances().EnsureDefault("https://moved.example", JsonObject{}));
  EXPECT_EQ(owner_.instance()->record.issuer, "https://moved.example");
  EXPECT_EQ(owner_.instance()->keys.SignerAt(owner_.now).kid(), kid);
  EXPECT_NE(WriteJson(owner_.instance()->keys.PublishedAt(owner_.now).front()), WriteJson(before));
}

TEST(MasterKeyRotation, WrapsEveryLivingKeyAnewAndThenNeedsTheFormerOneNoMore) {
  const MasterKey former = *MasterKey::Generate(), current = *MasterKey::Generate();
  testing::TestService owner("https://localhost:8443", former);
  for (const std::string name : {"mine", "gone"}) {
    NewInstance wanted;
    wanted.name = name;
    ASSERT_TRUE(owner.instances().Create(wanted, kCreator));
  }
  ASSERT_TRUE(*owner.instances().Delete("gone", "x"));
  const KeyVault both(current, former, std::nullopt), alone(current, std::nullopt, std::nullopt);
  const Management management{owner.management().store, owner.registry(), both};
  const auto keys_of = [&](const std::string& name) { return *KeyManagement(management).List(owner.instance(name)->record.key); };
  const InstanceKey mine = owner.instance("mine")->record.key;
  const KeyRecord before = keys_of("mine").front();
  EXPECT_EQ(alone.Open(mine, before).error().where, "crypto.master_key.other");

  EXPECT_EQ(KeyManagement({owner.management().store, owner.registry(), alone}).Rewrap().error().where, "crypto.master_key.other");
  EXPECT_EQ(*KeyManagement(management).Rewrap(), 2U);  // that of the default instance too
  EXPECT_EQ(*KeyManagement(management).Rewrap(), 0U);  // nothing is left to do
  const auto after = *KeyManagement(management).List(mine);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after.front().kid, before.kid);
  EXPECT_EQ(after.front().certificate, before.certificate);
  EXPECT_TRUE(alone.Open(mine, after.front()));
}

}  // namespace
}  // namespace vidimus
