// Who may change an instance's policies and signers, and what the store then has (maa-rest-api section 3, design section 7).
#include "service/policies.h"

#include <gmock/gmock.h>

#include "crypto/issue.h"
#include "policy/default_policies.h"
#include "service/key_management.h"
#include "service/policy_signers.h"
#include "tests/support/test_service.h"
#include "token/jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

constexpr AttestationType kType = AttestationType::kSgxEnclave;
const std::string kPermit = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";
const std::string kDeny = "version=1.0; authorizationrules{=> deny();}; issuancerules{};";
const std::string kReset = "eyJhbGciOiJub25lIn0..";

struct Signer {
  PrivateKey key = *PrivateKey::GenerateRsa(2048);
  SignerCertificate certificate = Make(key);

  static SignerCertificate Make(const PrivateKey& key) {
    CertificateSpec spec;
    spec.subject = {{"CN", "signer"}};
    spec.serial = {1};
    spec.not_after = 4'000'000'000;
    return *SignerCertificate::FromDer(*IssueCertificate(spec, key, {spec.subject, key}));
  }
  std::string Sign(const std::string& text) const { return *SignPolicy(text, key, {certificate.der()}); }
  std::string SignChange(const SignerCertificate& of) const {
    return *SignJws({{"alg", "RS256"}}, {{"policyCertificate", SignerJwk(of)}}, key);
  }
};

class ManagedPolicies : public ::testing::Test {
 protected:
  InstanceKey Default() const { return owner_.instance()->record.key; }
  InstanceKey Isolated(const std::vector<SignerCertificate>& signers) {
    NewInstance wanted;
    wanted.name = "isolated";
    wanted.signers = signers;
    return owner_.instances().Create(wanted, {"https://issuer", "someone", JsonObject{{"sub", "someone"}}})->key;
  }
  std::string Where(const InstanceKey& key, const std::string& body) const {
    const auto set = policies_.Set(key, kType, body, "test");
    return set ? "set" : std::string(set.error().error.where);
  }
  std::string Stored(const InstanceKey& key) const { return *policies_.Get(key, kType)->members().front().second.AsString(); }
  std::string InForce(const std::string& name) const {
    const auto& policy = owner_.instance(name)->policies.at(kType);
    return policy ? (*policy)->hash : std::string(policy.error().where);
  }

  testing::TestService owner_;
  Policies policies_{owner_.management()};
  PolicySigners signers_{owner_.management()};
};

TEST_F(ManagedPolicies, AreKeptAsTheyWereSentAndDecideAtOnce) {
  EXPECT_EQ(Stored(Default()), UnsecuredPolicy(DefaultPolicy(kType)));
  EXPECT_EQ(Where(Default(), " \"" + UnsecuredPolicy(kDeny) + "\"\n"), "set");
  EXPECT_EQ(Stored(Default()), UnsecuredPolicy(kDeny));
  EXPECT_EQ(InForce("default"), PolicyHash(kDeny));
  ASSERT_TRUE(policies_.Reset(Default(), kType, kReset, "test"));
  EXPECT_EQ(Stored(Default()), UnsecuredPolicy(DefaultPolicy(kType)));
  EXPECT_EQ(InForce("default"), PolicyHash(DefaultPolicy(kType)));
}

TEST_F(ManagedPolicies, AreNotChangedByWhatIsNoPolicy) {
  EXPECT_EQ(Where(Default(), "not a JWS"), "token.jws.format");
  EXPECT_EQ(Where(Default(), kReset), "token.jws.payload");
  const auto set = policies_.Set(Default(), kType, UnsecuredPolicy("version=1.0;nonsense"), "test");
  ASSERT_FALSE(set);
  EXPECT_FALSE(set.error().diagnostics.empty());
  EXPECT_EQ(policies_.Reset(Default(), kType, UnsecuredPolicy(kPermit), "test").error().where, "policy.jws");
  EXPECT_TRUE(policies_.History(Default(), kType)->empty());
}

TEST_F(ManagedPolicies, AreListedAndSetAgainFromTheirHistory) {
  EXPECT_EQ(Where(Default(), UnsecuredPolicy(kPermit)), "set");
  EXPECT_EQ(Where(Default(), UnsecuredPolicy(kDeny)), "set");
  ASSERT_TRUE(policies_.Reset(Default(), kType, kReset, "test"));
  const auto back = policies_.Rollback(Default(), kType, 1, "someone");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->version, 4);
  EXPECT_EQ(back->of_version, 1);
  EXPECT_EQ(InForce("default"), PolicyHash(kPermit));
  EXPECT_EQ(policies_.Version(Default(), kType, 2)->text, kDeny);
  EXPECT_EQ(policies_.History(Default(), kType)->size(), 4U);
  for (const int64_t version : {int64_t{0}, int64_t{3}, int64_t{5}, int64_t{-1}})  // 3 is the reset
    EXPECT_EQ(policies_.Rollback(Default(), kType, version, "x").error().error.where, "policy.version") << version;
}

TEST_F(ManagedPolicies, OfAnAadInstanceMayBeSignedByAnyoneButNotBadly) {
  const Signer signer, other;
  EXPECT_EQ(Where(Default(), signer.Sign(kPermit)), "set");
  std::string spoiled = signer.Sign(kDeny);
  spoiled[spoiled.size() - 10] = spoiled[spoiled.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Where(Default(), spoiled), "policy.signer.signature");
  EXPECT_EQ(signers_.Add(Default(), signer.SignChange(other.certificate), "x").error().where, "policy.disallowed");
}

TEST_F(ManagedPolicies, OfAnIsolatedInstanceTakeOneOfItsSigners) {
  const Signer signer, other;
  const InstanceKey key = Isolated({signer.certificate});
  EXPECT_EQ(Where(key, UnsecuredPolicy(kPermit)), "policy.signer.unsigned");
  EXPECT_EQ(Where(key, other.Sign(kPermit)), "policy.signer.untrusted");
  EXPECT_EQ(policies_.Reset(key, kType, kReset, "x").error().where, "policy.signer.unsigned");
  EXPECT_EQ(Where(key, signer.Sign(kPermit)), "set");
  EXPECT_EQ(InForce("isolated"), PolicyHash(kPermit));
}

TEST_F(ManagedPolicies, OfARemovedSignerStayInForceButDoNotComeBack) {
  const Signer first, second;
  const InstanceKey key = Isolated({first.certificate, second.certificate});
  EXPECT_EQ(Where(key, first.Sign(kPermit)), "set");
  ASSERT_TRUE(signers_.Remove(key, second.SignChange(first.certificate), "x"));
  EXPECT_EQ(InForce("isolated"), PolicyHash(kPermit));
  EXPECT_EQ(Where(key, second.Sign(kDeny)), "set");
  EXPECT_EQ(policies_.Rollback(key, kType, 1, "x").error().error.where, "policy.signer.untrusted");
  EXPECT_EQ(InForce("isolated"), PolicyHash(kDeny));
}

TEST_F(ManagedPolicies, OfARemovedSignerStayInForceHoweverManyChangesFollow) {
  const Signer first, second;
  const InstanceKey key = Isolated({first.certificate, second.certificate});
  EXPECT_EQ(Where(key, first.Sign(kPermit)), "set");
  ASSERT_TRUE(signers_.Remove(key, second.SignChange(first.certificate), "x"));
  SignerChangeRecord again;
  again.added = true;
  again.certificate = second.certificate.der();
  const auto written = owner_.management().Write(key, [&](StoreTransaction& store, const InstanceRecord&) -> Status {
    for (size_t i = 0; i <= limits::kHistoryEntries; ++i) VIDIMUS_CHECK_OK(store.AppendSignerChange(key, again));
    return {};
  });
  ASSERT_TRUE(written);
  EXPECT_EQ(InForce("isolated"), PolicyHash(kPermit));
}

TEST_F(ManagedPolicies, AreNotJudgedByWhenTheStoreHasAnotherTextThanTheirJws) {
  EXPECT_EQ(Where(Default(), UnsecuredPolicy(kDeny)), "set");
  PolicyRecord forged;
  forged.type = "SgxEnclave";
  forged.jws = UnsecuredPolicy(kDeny);
  forged.text = kPermit;
  forged.hash = PolicyHash(kPermit);
  const auto written = owner_.management().Write(
      Default(), [&](StoreTransaction& store, const InstanceRecord&) { return store.AppendPolicy(Default(), forged); });
  ASSERT_TRUE(written);
  EXPECT_EQ(InForce("default"), "policy.stored");
}

TEST_F(ManagedPolicies, HaveSignersOfWhichTheLastCannotGo) {
  const Signer first, second;
  const InstanceKey key = Isolated({first.certificate});
  EXPECT_EQ(signers_.Remove(key, first.SignChange(first.certificate), "x").error().where, "policy.signer.last");
  EXPECT_TRUE(signers_.Remove(key, first.SignChange(second.certificate), "x"));  // one that is not there: IsAbsent
  EXPECT_EQ(signers_.Add(key, second.SignChange(second.certificate), "x").error().where, "policy.signer.untrusted");
  EXPECT_TRUE(signers_.Add(key, first.SignChange(second.certificate), "x"));
  EXPECT_TRUE(signers_.Add(key, first.SignChange(second.certificate), "x"));  // there already: IsPresent
  EXPECT_EQ(owner_.instance("isolated")->signers.size(), 2U);
  EXPECT_TRUE(signers_.Remove(key, second.SignChange(first.certificate), "x"));
  EXPECT_EQ(signers_.Remove(key, second.SignChange(second.certificate), "x").error().where, "policy.signer.last");
}

TEST_F(ManagedPolicies, BelongToOneLifeOfAName) {
  const Signer signer;
  const InstanceKey first = Isolated({signer.certificate});
  EXPECT_EQ(Where(first, signer.Sign(kPermit)), "set");
  const std::string kid = owner_.instance("isolated")->keys.SignerAt(owner_.now).kid();
  ASSERT_TRUE(*owner_.instances().Delete("isolated", "x"));
  EXPECT_FALSE(*owner_.instances().Delete("isolated", "x"));
  EXPECT_EQ(owner_.registry().Find("isolated").error().where, "instance.unknown");
  EXPECT_EQ(Where(first, signer.Sign(kPermit)), "instance.unknown");
  const InstanceKey second = Isolated({});
  EXPECT_EQ(second.generation, 2);
  EXPECT_EQ(Stored(second), UnsecuredPolicy(DefaultPolicy(kType)));
  EXPECT_NE(owner_.instance("isolated")->keys.SignerAt(owner_.now).kid(), kid);
  EXPECT_EQ(Where(first, signer.Sign(kPermit)), "instance.unknown");  // of the former life
}

TEST_F(ManagedPolicies, KeysOfAnInstanceRotateInTheStoreAndInTheSnapshot) {
  const KeyManagement keys(owner_.management());
  const std::string before = owner_.instance()->keys.SignerAt(owner_.now).kid();
  const auto report = keys.Rotate(Default(), false, "x");
  ASSERT_TRUE(report);
  EXPECT_EQ(owner_.instance()->keys.PublishedAt(owner_.now).size(), 2U);
  EXPECT_EQ(owner_.instance()->keys.SignerAt(owner_.now).kid(), before);
  EXPECT_EQ(owner_.instance()->keys.SignerAt(report->added.signs_from).kid(), report->added.kid);
  EXPECT_EQ(keys.Rotate(Default(), false, "x").error().where, "keys.pending");
  ASSERT_TRUE(keys.Rotate(Default(), true, "x"));
  EXPECT_EQ(owner_.instance()->keys.PublishedAt(owner_.now).size(), 1U);
}

}  // namespace
}  // namespace vidimus
