// What every database keeps of gathered documents and of platforms seen: each test runs on SQLite and on PostgreSQL.
#include <algorithm>
#include <future>
#include <span>
#include <string>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace vidimus::testing;

void ExecuteSqlite(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

class EndorsementSuite : public EachDatabase {
 protected:
  Status Add(const EndorsementRecord& record, size_t keep = 100) {
    return Write([&](StoreTransaction& store) { return store.AddEndorsement(record, keep); });
  }
  std::vector<EndorsementRecord> After(int64_t sequence, size_t most = 100) {
    std::vector<EndorsementRecord> out;
    ExpectGood(store_->Read([&](StoreTransaction& store) -> Status {
      VIDIMUS_TRY(out, store.EndorsementsAfter(sequence, most));
      return {};
    }));
    return out;
  }
  std::vector<std::string> Digests() {
    std::vector<std::string> out;
    for (const EndorsementRecord& record : After(0)) out.push_back(record.digest);
    return out;
  }
  int64_t Latest(Store& store) {
    int64_t out = -1;
    ExpectGood(store.Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(out, transaction.LatestEndorsement());
      return {};
    }));
    return out;
  }
  Status Keep(const std::vector<PlatformRecord>& records, size_t most = 100) {
    return Write([&](StoreTransaction& store) { return store.KeepPlatforms(key_, records, most); });
  }
  std::vector<PlatformRecord> Platforms(const InstanceKey& key) {
    std::vector<PlatformRecord> out;
    ExpectGood(store_->Read([&](StoreTransaction& store) -> Status {
      VIDIMUS_TRY(out, store.Platforms(key));
      return {};
    }));
    return out;
  }
  std::vector<std::string> PlatformDigests() {
    std::vector<std::string> out;
    for (const PlatformRecord& record : Platforms(key_)) out.push_back(record.digest);
    return out;
  }
  StoreRevision Revision() {
    StoreRevision out;
    ExpectGood(store_->Read([&](StoreTransaction& store) -> Status {
      VIDIMUS_TRY(out, store.Revision());
      return {};
    }));
    return out;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, EndorsementSuite, ::testing::ValuesIn(kDatabases), NameOfDatabase);

TEST_P(EndorsementSuite, KeepsADocumentWithAllThatIsKnownOfIt) {
  VIDIMUS_NEED_STORE();
  EXPECT_EQ(Latest(*store_), 0);
  EXPECT_THAT(After(0), IsEmpty());
  EndorsementRecord made = TestEndorsement("aa", 5);
  made.rank = 7;
  ExpectGood(Add(made));
  store_ = MustOpen(url_);
  const auto found = After(0);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].sequence, 1);
  EXPECT_EQ(found[0].digest, made.digest);
  EXPECT_EQ(found[0].subject, made.subject);
  EXPECT_EQ(found[0].issued_at, 5);
  EXPECT_EQ(found[0].rank, 7);
  EXPECT_EQ(found[0].content, made.content);
  EXPECT_EQ(found[0].issuer_chain, made.issuer_chain);
  EXPECT_EQ(found[0].fetched_at, made.fetched_at);
  EXPECT_EQ(found[0].source, "first");
}

TEST_P(EndorsementSuite, RenewsTheSameDocumentInsteadOfKeepingItTwice) {
  VIDIMUS_NEED_STORE();
  EndorsementRecord record = TestEndorsement("aa", 5);
  record.issuer_chain.clear();
  ExpectGood(Add(record));
  record.fetched_at = 1'700'000'999;
  record.source = "second";
  record.issuer_chain = "found";
  record.content = {1};  // the digest says that it is the same, so that what is there stays
  ExpectGood(Add(record));
  auto found = After(0);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].sequence, 2);
  EXPECT_EQ(found[0].fetched_at, 1'700'000'999);
  EXPECT_EQ(found[0].source, "second");
  EXPECT_EQ(found[0].issuer_chain, "found");
  EXPECT_THAT(found[0].content, SizeIs(100));
  record.issuer_chain = "another";
  ExpectGood(Add(record));
  found = After(0);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].issuer_chain, "found");
}

TEST_P(EndorsementSuite, CountsEveryWriteForOthersToFindIt) {
  VIDIMUS_NEED_STORE();
  const auto other = MustOpen(url_);
  ASSERT_NE(other, nullptr);
  for (const std::string digest : {"aa", "bb", "cc"}) ExpectGood(Add(TestEndorsement(digest, 1)));
  EXPECT_EQ(Latest(*other), 3);
  EXPECT_THAT(After(3), IsEmpty());
  ExpectGood(other->Write([](StoreTransaction& store) { return store.AddEndorsement(TestEndorsement("aa", 1), 100); }));
  EXPECT_EQ(Latest(*store_), 4);
  EXPECT_THAT(Digests(), ElementsAre("bb", "cc", "aa"));
  EXPECT_THAT(After(2, 1), SizeIs(1));
  EXPECT_EQ(After(2, 1).at(0).digest, "cc");
  EXPECT_THAT(After(0, 0), IsEmpty());
}

TEST_P(EndorsementSuite, KeepsTheNewestOfASubject) {
  VIDIMUS_NEED_STORE();
  EndorsementRecord second_crl = TestEndorsement("bb", 10);
  second_crl.rank = 2;
  ExpectGood(Add(TestEndorsement("aa", 10), 2));
  ExpectGood(Add(second_crl, 2));
  ExpectGood(Add(TestEndorsement("of another", 1, 100, "sgx tcb 00606a000000 17"), 2));
  EXPECT_THAT(Digests(), ElementsAre("aa", "bb", "of another"));
  ExpectGood(Add(TestEndorsement("cc", 11), 2));  // of the two of 10 the one of the greater number stays
  EXPECT_THAT(Digests(), ElementsAre("bb", "of another", "cc"));
  ExpectGood(Add(TestEndorsement("old", 9), 2));
  EXPECT_THAT(Digests(), ElementsAre("bb", "of another", "cc"));
  ExpectGood(Add(TestEndorsement("dd", 12), 0));
  EXPECT_THAT(Digests(), ElementsAre("of another", "dd"));
  EXPECT_EQ(Latest(*store_), 6);
}

TEST_P(EndorsementSuite, GivesNoSequenceAgainWhenTheLastDocumentIsGone) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Add(TestEndorsement("new", 10), 1));
  ExpectGood(Add(TestEndorsement("old", 9), 1));  // gone at once
  EXPECT_EQ(Latest(*store_), 2);
  ExpectGood(Add(TestEndorsement("newer", 11), 1));
  EXPECT_EQ(After(2).at(0).digest, "newer");
}

TEST_P(EndorsementSuite, TakesADocumentAtTheLimitAndNoneBeyond) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Add(TestEndorsement("at", 1, limits::kEndorsementBytes)));
  ExpectWhere(Add(TestEndorsement("past", 2, limits::kEndorsementBytes + 1)), "store.size");
  EndorsementRecord chain = TestEndorsement("chain", 3);
  chain.issuer_chain = std::string(limits::kIssuerChainBytes, 'c');
  ExpectGood(Add(chain));
  chain.digest = "longer";
  chain.issuer_chain += 'c';
  ExpectWhere(Add(chain), "store.size");
  EXPECT_THAT(Digests(), ElementsAre("at", "chain"));
  EXPECT_EQ(Latest(*store_), 2);
}

TEST_P(EndorsementSuite, HasRoomForSoManyDocumentsAndNoMore) {
  VIDIMUS_NEED_STORE();
  const std::span<const StoreTable> tables = StoreTables();
  const auto table = std::find_if(tables.begin(), tables.end(), [](const StoreTable& one) { return one.name == "endorsement"; });
  ExpectGood(Write([&](StoreTransaction& store) -> Status {
    for (size_t i = 1; i < limits::kStoredEndorsements; ++i) {
      const auto number = static_cast<int64_t>(i);
      VIDIMUS_CHECK_OK(store.InsertRow(*table, {std::to_string(i), -number, std::to_string(i), number, int64_t{0}, int64_t{0},
                                                std::string("x"), std::string(), ByteVector{1}}));
    }
    return {};
  }));
  ExpectGood(Add(TestEndorsement("the last", 1, 10, "1")));
  ExpectWhere(Add(TestEndorsement("one more", 1, 10, "new")), "store.full");
  ExpectGood(Add(TestEndorsement("the last", 1, 10, "1")));
  ExpectGood(Add(TestEndorsement("instead", 2, 10, "1"), 1));  // which makes room for itself
}

TEST_P(EndorsementSuite, RefusesTextThatNotEveryDatabaseKeeps) {
  VIDIMUS_NEED_STORE();
  for (std::string EndorsementRecord::* text :
       {&EndorsementRecord::digest, &EndorsementRecord::subject, &EndorsementRecord::issuer_chain, &EndorsementRecord::source}) {
    EndorsementRecord record = TestEndorsement("aa", 1);
    record.*text = std::string("a\0b", 3);
    ExpectWhere(Add(record), "store.query");
  }
  EXPECT_THAT(After(0), IsEmpty());
}

TEST_P(EndorsementSuite, KeepsWhatTwoNodesWriteAtOnceOnce) {
  VIDIMUS_NEED_STORE();
  const auto other = MustOpen(url_);
  ASSERT_NE(other, nullptr);
  constexpr int kEach = 20;
  const auto write = [](Store& store, const std::string& own) {
    for (int i = 0; i < kEach; ++i) {
      ExpectGood(store.Write([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_CHECK_OK(transaction.AddEndorsement(TestEndorsement("both" + std::to_string(i), i), 100));
        return transaction.AddEndorsement(TestEndorsement(own + std::to_string(i), i, 100, own), 100);
      }));
    }
  };
  auto one = std::async(std::launch::async, [&] { write(*store_, "one"); });
  auto two = std::async(std::launch::async, [&] { write(*other, "two"); });
  one.get();
  two.get();
  const auto found = After(0, 1000);
  EXPECT_THAT(found, SizeIs(3 * kEach));
  EXPECT_EQ(Latest(*store_), 4 * kEach);
  for (size_t i = 1; i < found.size(); ++i) EXPECT_LT(found[i - 1].sequence, found[i].sequence);
}

TEST_P(EndorsementSuite, KeepsPlatformsAndWhenTheyWereSeen) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  MakeInstance(*store_, "other");
  EXPECT_THAT(Platforms(key_), IsEmpty());
  ExpectGood(Keep({TestPlatform("aa", 5), TestPlatform("bb", 6)}));
  ExpectGood(Keep({TestPlatform("aa", 9), TestPlatform("bb", 4)}));  // the latter was told late
  store_ = MustOpen(url_);
  const auto found = Platforms(key_);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].digest, "aa");
  EXPECT_EQ(found[0].tee, "tdx");
  EXPECT_EQ(found[0].platform, R"({"of":"aa"})");
  EXPECT_EQ(found[0].first_seen, 5);
  EXPECT_EQ(found[0].last_seen, 9);
  EXPECT_EQ(found[1].last_seen, 6);
  EXPECT_THAT(Platforms({"other", 1}), IsEmpty());
  EXPECT_THAT(Platforms({"shared", 2}), IsEmpty());
}

TEST_P(EndorsementSuite, KeepsThePlatformsThatWereSeenLast) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  ExpectGood(Keep({TestPlatform("aa", 5), TestPlatform("bb", 6), TestPlatform("cc", 4)}, 2));
  EXPECT_THAT(PlatformDigests(), ElementsAre("bb", "aa"));
  ExpectGood(Keep({TestPlatform("dd", 7)}, 2));
  EXPECT_THAT(PlatformDigests(), ElementsAre("dd", "bb"));
  ExpectGood(Write([](StoreTransaction& store) { return store.ForgetPlatformsBefore(7); }));
  EXPECT_THAT(PlatformDigests(), ElementsAre("dd"));
}

TEST_P(EndorsementSuite, KeepsSoManyPlatformsOfSuchASizeAndNoMore) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  std::vector<PlatformRecord> many;
  for (size_t i = 0; i <= limits::kPlatformsSeen; ++i) many.push_back(TestPlatform(std::to_string(i), static_cast<int64_t>(i)));
  ExpectGood(Keep({many.begin(), many.end() - 1}, 2 * limits::kPlatformsSeen));
  EXPECT_THAT(PlatformDigests(), SizeIs(limits::kPlatformsSeen));
  ExpectGood(Keep({many.back()}, 2 * limits::kPlatformsSeen));
  EXPECT_THAT(PlatformDigests(), SizeIs(limits::kPlatformsSeen));
  EXPECT_EQ(PlatformDigests().back(), "1");
  PlatformRecord large = TestPlatform("large", 9);
  large.platform = std::string(limits::kPlatformBytes, 'p');
  ExpectGood(Keep({large}));
  large.platform += 'p';
  ExpectWhere(Keep({large}), "store.size");
  large.platform = std::string("a\0b", 3);
  ExpectWhere(Keep({large}), "store.query");
}

TEST_P(EndorsementSuite, KeepsNoPlatformOfAnInstanceThatIsMissingOrDeleted) {
  VIDIMUS_NEED_STORE();
  ExpectWhere(Keep({TestPlatform("aa", 5)}), "store.missing");
  MakeInstance(*store_, "shared");
  ExpectGood(Keep({TestPlatform("aa", 5)}));
  ExpectGood(Write([&](StoreTransaction& store) { return store.DeleteInstance(key_, 5, "x"); }));
  ExpectWhere(Keep({TestPlatform("bb", 6)}), "store.missing");
  EXPECT_THAT(PlatformDigests(), ElementsAre("aa"));
  ExpectGood(Write([](StoreTransaction& store) { return store.ForgetPlatformsBefore(6); }));
  EXPECT_THAT(PlatformDigests(), IsEmpty());
}

TEST_P(EndorsementSuite, HasNoInstanceReadAgainForAny) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  const StoreRevision before = Revision();
  ExpectGood(Add(TestEndorsement("aa", 5)));
  ExpectGood(Keep({TestPlatform("aa", 5)}));
  ExpectGood(Write([](StoreTransaction& store) { return store.ForgetPlatformsBefore(6); }));
  EXPECT_EQ(Revision(), before);
}

TEST_P(EndorsementSuite, FindsItsTablesInAStoreThatTheFirstSchemaMade) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  const std::string back =
      "DROP TABLE endorsement; DROP TABLE endorsement_counter; DROP TABLE platform_seen; UPDATE vidimus_schema SET version = 1";
  if (GetParam() == "postgresql") {
    NeedPostgres()->Execute(url_, back);
  } else {
    store_.reset();
    ExecuteSqlite(folder_.path("data.db"), back);
  }
  store_ = MustOpen(url_);
  ASSERT_NE(store_, nullptr);
  EXPECT_TRUE(Find("shared"));
  ExpectGood(Add(TestEndorsement("aa", 5)));
  ExpectGood(Keep({TestPlatform("aa", 5)}));
}

}  // namespace
}  // namespace vidimus
