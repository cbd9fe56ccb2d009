// What every database must do alike: each test runs on SQLite and on PostgreSQL.
#include <limits>
#include <string>

#include <gmock/gmock.h>

#include "base/limits.h"
#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using namespace vidimus::testing;

using StoreSuite = EachDatabase;

INSTANTIATE_TEST_SUITE_P(Databases, StoreSuite, ::testing::ValuesIn(kDatabases), NameOfDatabase);

TEST_P(StoreSuite, KeepsAnInstanceWithItsFirstSettings) {
  VIDIMUS_NEED_STORE();
  EXPECT_EQ(store_->kind(), GetParam());
  EXPECT_FALSE(Find("shared"));
  MakeInstance(*store_, "shared");
  store_ = MustOpen(url_);
  const auto found = Find("shared");
  ASSERT_TRUE(found);
  const InstanceRecord made = TestInstance("shared");
  EXPECT_EQ(found->key, made.key);
  EXPECT_EQ(found->trust_model, TrustModel::kIsolated);
  EXPECT_EQ(found->issuer, made.issuer);
  EXPECT_EQ(found->resource, made.resource);
  EXPECT_EQ(found->settings, made.settings);
  EXPECT_EQ(found->created_at, made.created_at);
  EXPECT_EQ(found->created_by, "operator");
  EXPECT_EQ(found->deleted_at, std::nullopt);
  EXPECT_EQ(found->revision, 1);
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto history, transaction.SettingsHistory(key_, 10));
    EXPECT_THAT(history, SizeIs(1));
    EXPECT_EQ(history.at(0).version, 1);
    EXPECT_EQ(history.at(0).by, "operator");
    return {};
  }));
}

TEST_P(StoreSuite, ListsTheLatestLifeOfEveryNameByName) {
  VIDIMUS_NEED_STORE();
  for (const std::string name : {"b-b", "a", "bb", "b"}) MakeInstance(*store_, name);
  ExpectGood(Write([&](StoreTransaction& transaction) { return transaction.DeleteInstance({"a", 1}, 5, "x"); }));
  MakeInstance(*store_, "a", 2);
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto all, transaction.Instances());
    std::vector<std::string> names;
    for (const auto& record : all) names.push_back(record.key.name + std::to_string(record.key.generation));
    EXPECT_THAT(names, ElementsAre("a2", "b1", "b-b1", "bb1"));
    return {};
  }));
}

TEST_P(StoreSuite, RefusesAnInstanceThatIsOrWasThere) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared", 3);
  const auto create = [&](int64_t generation) {
    return Write([&](StoreTransaction& transaction) { return transaction.CreateInstance(TestInstance("shared", generation)); });
  };
  ExpectWhere(create(3), "store.exists");
  ExpectWhere(create(2), "store.exists");
  ExpectWhere(create(4), "store.exists");  // the third is alive
  ExpectGood(Write([&](StoreTransaction& transaction) { return transaction.DeleteInstance({"shared", 3}, 5, "x"); }));
  ExpectWhere(create(3), "store.exists");
  ExpectGood(create(4));
}

TEST_P(StoreSuite, LetsTwoLivesOfANameSeeNothingOfEachOther) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.AppendPolicy(key_, TestPolicy("old")));
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(true, 1, "old")));
    VIDIMUS_CHECK_OK(transaction.AddKey(key_, TestKey("old")));
    return transaction.DeleteInstance(key_, 77, "remover");
  }));
  const auto gone = Find("shared");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->deleted_at, 77);
  EXPECT_EQ(gone->deleted_by, "remover");
  MakeInstance(*store_, "shared", 2);
  const InstanceKey next{"shared", 2};
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto policies, transaction.CurrentPolicies(next));
    EXPECT_THAT(policies, IsEmpty());
    VIDIMUS_TRY(const auto signers, transaction.Signers(next));
    EXPECT_THAT(signers, IsEmpty());
    VIDIMUS_TRY(const auto keys, transaction.Keys(next));
    EXPECT_THAT(keys, IsEmpty());
    VIDIMUS_TRY(const auto kept, transaction.AppendPolicy(next, TestPolicy("old")));
    EXPECT_EQ(kept.version, 1);
    EXPECT_FALSE(kept.replayed);
    return {};
  }));
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {  // what was is still there to be audited
    VIDIMUS_TRY(const auto history, transaction.PolicyHistory(key_, "SgxEnclave", 10));
    EXPECT_THAT(history, SizeIs(1));
    return {};
  }));
}

TEST_P(StoreSuite, RefusesWritesToAnInstanceThatIsMissingOrDeleted) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "gone");
  ExpectGood(Write([&](StoreTransaction& transaction) { return transaction.DeleteInstance({"gone", 1}, 5, "x"); }));
  for (const InstanceKey& key : {InstanceKey{"never", 1}, InstanceKey{"gone", 1}, InstanceKey{"gone", 2}}) {
    const auto refuses = [&](auto write) {
      ExpectWhere(Write([&](StoreTransaction& transaction) -> Status {
                    VIDIMUS_CHECK_OK(write(transaction));
                    return {};
                  }),
                  "store.missing");
    };
    refuses([&](StoreTransaction& to) { return to.DeleteInstance(key, 1, "x"); });
    refuses([&](StoreTransaction& to) { return to.SetResource(key, "{}"); });
    refuses([&](StoreTransaction& to) { return to.AppendSettings(key, {}); });
    refuses([&](StoreTransaction& to) { return to.AppendPolicy(key, TestPolicy("a")); });
    refuses([&](StoreTransaction& to) { return to.AppendSignerChange(key, TestChange(true, 1, "a")); });
    refuses([&](StoreTransaction& to) { return to.AddKey(key, TestKey("a")); });
    refuses([&](StoreTransaction& to) { return to.UpdateKey(key, TestKey("a")); });
  }
}

TEST_P(StoreSuite, KeepsTheHistoryOfSettingsNewestFirstAndGivesItWithinTheLimit) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    for (size_t i = 2; i <= limits::kHistoryEntries + 1; ++i)
      VIDIMUS_CHECK_OK(transaction.AppendSettings(key_, {0, static_cast<int64_t>(i), "someone", std::to_string(i)}));
    return {};
  }));
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto two, transaction.SettingsHistory(key_, 2));
    EXPECT_THAT(two, SizeIs(2));
    EXPECT_EQ(two.at(0).settings, std::to_string(limits::kHistoryEntries + 1));
    EXPECT_EQ(two.at(0).version, static_cast<int64_t>(limits::kHistoryEntries + 1));
    EXPECT_EQ(two.at(1).at, static_cast<int64_t>(limits::kHistoryEntries));
    VIDIMUS_TRY(const auto limit, transaction.SettingsHistory(key_, limits::kHistoryEntries));
    EXPECT_THAT(limit, SizeIs(limits::kHistoryEntries));
    VIDIMUS_TRY(const auto past, transaction.SettingsHistory(key_, limits::kHistoryEntries + 1));
    EXPECT_THAT(past, SizeIs(limits::kHistoryEntries));
    VIDIMUS_TRY(const auto none, transaction.SettingsHistory(key_, 0));
    EXPECT_THAT(none, IsEmpty());
    return {};
  }));
  const auto found = Find("shared");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->settings, std::to_string(limits::kHistoryEntries + 1));
}

TEST_P(StoreSuite, CountsPoliciesByTypeAndGivesTheLatest) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.AppendPolicy(key_, TestPolicy("first")));
    VIDIMUS_CHECK_OK(transaction.AppendPolicy(key_, TestPolicy("other", "OpenEnclave")));
    PolicyRecord back = TestPolicy("first");
    back.action = PolicyRecord::Action::kRollback;
    back.of_version = 1;
    VIDIMUS_TRY(const auto kept, transaction.AppendPolicy(key_, back));
    EXPECT_EQ(kept.version, 2);
    PolicyRecord reset;
    reset.type = "SgxEnclave";
    reset.action = PolicyRecord::Action::kReset;
    VIDIMUS_TRY(const auto third, transaction.AppendPolicy(key_, reset));
    EXPECT_EQ(third.version, 3);
    return {};
  }));
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto current, transaction.CurrentPolicies(key_));
    EXPECT_THAT(current, SizeIs(2));
    EXPECT_EQ(current.at(0).type, "OpenEnclave");
    EXPECT_EQ(current.at(0).jws, "other");
    EXPECT_EQ(current.at(0).hash, "hash of other");
    EXPECT_EQ(current.at(1).action, PolicyRecord::Action::kReset);
    EXPECT_EQ(current.at(1).text, "");
    VIDIMUS_TRY(const auto second, transaction.FindPolicy(key_, "SgxEnclave", 2));
    EXPECT_EQ(second.value().of_version, 1);
    EXPECT_EQ(second.value().action, PolicyRecord::Action::kRollback);
    EXPECT_FALSE(second.value().replayed);
    EXPECT_EQ(second.value().by, "someone");
    EXPECT_EQ(second.value().at, 1'700'000'100);
    VIDIMUS_TRY(const auto none, transaction.FindPolicy(key_, "SgxEnclave", 4));
    EXPECT_FALSE(none);
    VIDIMUS_TRY(const auto history, transaction.PolicyHistory(key_, "SgxEnclave", 2));
    EXPECT_THAT(history, SizeIs(2));
    EXPECT_EQ(history.at(0).version, 3);
    EXPECT_EQ(history.at(1).version, 2);
    return {};
  }));
}

TEST_P(StoreSuite, TellsAJwsThatWasAcceptedBeforeForThatInstanceAndType) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  MakeInstance(*store_, "other");
  const std::string large(limits::kPolicyJwsBytes, 'j');
  const auto replayed = [&](const InstanceKey& key, const std::string& jws, const std::string& type) {
    bool told = false;
    ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const auto kept, transaction.AppendPolicy(key, TestPolicy(jws, type)));
      told = kept.replayed;
      VIDIMUS_TRY(const auto read, transaction.FindPolicy(key, type, kept.version));
      EXPECT_EQ(read.value().replayed, told);
      EXPECT_EQ(read.value().jws, jws);
      return {};
    }));
    return told;
  };
  EXPECT_FALSE(replayed(key_, large, "SgxEnclave"));
  EXPECT_FALSE(replayed(key_, large + "k", "SgxEnclave"));
  EXPECT_FALSE(replayed(key_, large, "OpenEnclave"));
  EXPECT_FALSE(replayed({"other", 1}, large, "SgxEnclave"));
  EXPECT_TRUE(replayed(key_, large, "SgxEnclave"));
  for (const std::string nothing_proved : {"", "e30.e30."})
    for (int i = 0; i < 2; ++i) EXPECT_FALSE(replayed(key_, nothing_proved, "SgxEnclave"));
}

TEST_P(StoreSuite, GivesTheSignersThatTheChangesLeaveInTheirOrder) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(true, 1, "")));
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(true, 2, "add")));
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(true, 3, "b")));
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(true, 1, "")));  // is there: recorded only
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(false, 2, "d")));
    VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key_, TestChange(false, 9, "e")));  // is not: recorded only
    return transaction.AppendSignerChange(key_, TestChange(true, 2, "add"));
  }));
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto signers, transaction.Signers(key_));
    std::vector<int> order;
    for (const auto& signer : signers) order.push_back(signer.certificate.back());
    EXPECT_THAT(order, ElementsAre(1, 3, 2));
    EXPECT_EQ(signers.at(0).added_at, 1'700'000'200);
    EXPECT_EQ(signers.at(0).added_by, "someone");
    VIDIMUS_TRY(const auto ever, transaction.SignersEver(key_));
    EXPECT_THAT(ever, UnorderedElementsAre(ByteVector{0x30, 0, 1}, ByteVector{0x30, 0, 2}, ByteVector{0x30, 0, 3}));
    VIDIMUS_TRY(const auto history, transaction.SignerHistory(key_, 4));
    EXPECT_THAT(history, SizeIs(4));
    EXPECT_EQ(history.at(0).version, 7);
    EXPECT_TRUE(history.at(0).replayed);
    EXPECT_TRUE(history.at(0).added);
    EXPECT_FALSE(history.at(1).added);
    EXPECT_EQ(history.at(1).jws, "e");
    EXPECT_FALSE(history.at(3).replayed);  // an empty JWS is none
    return {};
  }));
}

TEST_P(StoreSuite, KeepsKeysAndUpdatesWhatMayChange) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ByteVector octets(256);
  for (size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<uint8_t>(i);
  KeyRecord first = TestKey("b", std::numeric_limits<int64_t>::max());
  first.source = KeyRecord::Source::kPkcs11;
  first.secret = octets;
  first.certificate = {1};
  ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.AddKey(key_, first));
    return transaction.AddKey(key_, TestKey("a", std::numeric_limits<int64_t>::min()));
  }));
  ExpectWhere(Write([&](StoreTransaction& transaction) { return transaction.AddKey(key_, first); }), "store.exists");
  ExpectWhere(Write([&](StoreTransaction& transaction) { return transaction.UpdateKey(key_, TestKey("c")); }), "store.missing");
  const auto keys = [&] {
    std::vector<KeyRecord> read;
    ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(read, transaction.Keys(key_));
      return {};
    }));
    return read;
  };
  auto read = keys();
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].kid, "a");
  EXPECT_THAT(read[0].secret, IsEmpty());
  EXPECT_EQ(read[1].secret, octets);
  EXPECT_EQ(read[1].source, KeyRecord::Source::kPkcs11);
  EXPECT_EQ(read[1].published_until, std::nullopt);
  first.signs_from = 1;
  first.published_until = 2;
  first.secret = {7};
  ExpectGood(Write([&](StoreTransaction& transaction) { return transaction.UpdateKey(key_, first); }));
  read = keys();
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[1].signs_from, 1);
  EXPECT_EQ(read[1].published_until, 2);
  EXPECT_EQ(read[1].secret, ByteVector{7});
  EXPECT_EQ(read[1].certificate, ByteVector{1});
}

TEST_P(StoreSuite, UndoesAllOfAWriteThatFails) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectWhere(Write([&](StoreTransaction& transaction) -> Status {
                VIDIMUS_CHECK_OK(transaction.SetResource(key_, "{}"));
                return Fail(ErrorCode::kUsage, "test.refused", "no");
              }),
              "test.refused");
  const auto found = Find("shared");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->resource, TestInstance("shared").resource);
  EXPECT_EQ(found->revision, 1);
}

TEST_P(StoreSuite, RefusesWritesWithinARead) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectWhere(store_->Read([&](StoreTransaction& transaction) { return transaction.SetResource(key_, "{}"); }), "store.read_only");
  // Nor does one pass whose error is dropped.
  ExpectWhere(store_->Read([&](StoreTransaction& transaction) {
    (void)transaction.SetResource(key_, "{}");
    return Status();
  }),
              "store.read_only");
  EXPECT_EQ(Find("shared")->revision, 1);
}

TEST_P(StoreSuite, RefusesTextThatNotEveryDatabaseKeeps) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff"), std::string("\xc0\x80")}) {
    ExpectWhere(Write([&](StoreTransaction& transaction) { return transaction.SetResource(key_, text); }), "store.query");
    EXPECT_FALSE(Find(text));
  }
  ExpectGood(
      Write([&](StoreTransaction& transaction) { return transaction.SetResource(key_, "\xF0\x9F\x94\x91 '; DROP TABLE instance;"); }));
  EXPECT_EQ(Find("shared")->resource, "\xF0\x9F\x94\x91 '; DROP TABLE instance;");
}

TEST_P(StoreSuite, GrowsRevisionsWithEveryWriteAndOnlyThen) {
  VIDIMUS_NEED_STORE();
  const auto revision = [&] {
    StoreRevision read;
    ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(read, transaction.Revision());
      return {};
    }));
    return read;
  };
  EXPECT_EQ(revision(), StoreRevision());
  MakeInstance(*store_, "shared");
  EXPECT_EQ(revision(), (StoreRevision{1, 1}));
  EXPECT_EQ(revision(), (StoreRevision{1, 1}));
  int64_t changes = 1;
  const auto grows = [&](auto write) {
    ExpectGood(Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(write(transaction));
      return {};
    }));
    EXPECT_EQ(revision(), (StoreRevision{1, ++changes}));
    EXPECT_EQ(Find("shared")->revision, changes);
  };
  grows([&](StoreTransaction& to) { return to.SetResource(key_, "{}"); });
  grows([&](StoreTransaction& to) { return to.AppendSettings(key_, {}); });
  grows([&](StoreTransaction& to) { return to.AppendPolicy(key_, TestPolicy("a")); });
  grows([&](StoreTransaction& to) { return to.AppendSignerChange(key_, TestChange(true, 1, "a")); });
  grows([&](StoreTransaction& to) { return to.AddKey(key_, TestKey("a")); });
  grows([&](StoreTransaction& to) { return to.UpdateKey(key_, TestKey("a")); });
  grows([&](StoreTransaction& to) { return to.DeleteInstance(key_, 1, "x"); });
}

}  // namespace
}  // namespace vidimus
