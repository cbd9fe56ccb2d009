// What only a server can do: be away, go away, freeze, come back, tell others.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/test_store.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using namespace vidimus::testing;

const InstanceKey kKey{"shared", 1};

// Counts calls of OnChange, and waits for them.
class Changes {
 public:
  void Heard() {
    const std::lock_guard lock(mutex_);
    ++count_;
    heard_.notify_all();
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  bool AwaitMoreThan(int count, milliseconds patience) {
    std::unique_lock lock(mutex_);
    return heard_.wait_for(lock, patience, [&] { return count_ > count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  int count_ = 0;
};

class PostgresStore : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = NeedPostgres();
    if (server_ == nullptr) return;
    url_ = server_->NewDatabase();
    store_ = MustOpen(url_);
    ASSERT_NE(store_, nullptr);
    MakeInstance(*store_, "shared");
  }
  void TearDown() override {
    store_.reset();
    if (server_ != nullptr) server_->Start();  // as the next test expects it
  }

  Status Append(const std::string& jws) {
    return store_->Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.AppendPolicy(kKey, TestPolicy(jws)));
      return {};
    });
  }
  std::vector<std::string> Kept() {
    std::vector<std::string> jws;
    ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const auto history, transaction.PolicyHistory(kKey, "SgxEnclave", 1000));
      for (const PolicyRecord& record : history) {
        VIDIMUS_TRY(const auto whole, transaction.FindPolicy(kKey, "SgxEnclave", record.version));
        jws.push_back(whole.value().jws);
      }
      return {};
    }));
    return jws;
  }

  PostgresServer* server_ = nullptr;
  std::string url_;
  std::unique_ptr<Store> store_;
};

TEST_F(PostgresStore, GoesOnAfterARestartWithoutBeingToldOfIt) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Append("before"));
  server_->Stop();
  server_->Start();
  ExpectGood(Append("after a stop"));  // on a connection that was dead
  server_->Kill();
  server_->Start();
  EXPECT_THAT(Kept(), ::testing::ElementsAre("after a stop", "before"));
  ExpectGood(Append("after a kill"));
}

TEST_F(PostgresStore, IsUnavailableWhileTheServerIsAndWorksAgainAfterwards) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Append("before"));
  for (const bool killed : {false, true}) {
    if (killed) server_->Kill();
    if (!killed) server_->Stop();
    ExpectWhere(Append("lost"), "store.unavailable");
    ExpectWhere(store_->Read([](StoreTransaction&) { return Status(); }), "store.unavailable");
    ExpectWhere(Store::Open(url_).transform([](auto) {}), "store.unavailable");
    server_->Start();
    ExpectGood(Append("again"));
  }
  EXPECT_THAT(Kept(), ::testing::ElementsAre("again", "again", "before"));
}

TEST_F(PostgresStore, UndoesWhatWasBegunWhenTheServerWent) {
  VIDIMUS_NEED_STORE();
  for (const bool killed : {false, true}) {
    ExpectWhere(store_->Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.AppendPolicy(kKey, TestPolicy("half")));
      if (killed) server_->Kill();
      if (!killed) server_->Stop();
      server_->Start();
      VIDIMUS_CHECK_OK(transaction.AppendPolicy(kKey, TestPolicy("other half")));
      return {};
    }),
                "store.unavailable");
    // Nor is COMMIT tried again elsewhere, where it would commit nothing and succeed.
    const Status unknown = store_->Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.AppendPolicy(kKey, TestPolicy("whole")));
      server_->Kill();
      server_->Start();
      return {};
    });
    ExpectWhere(unknown, "store.unavailable");
    EXPECT_THAT(unknown.error().detail, HasSubstr("it is not known whether the write took place"));
    EXPECT_THAT(Kept(), SizeIs(0));
  }
}

TEST_F(PostgresStore, HasEveryAcknowledgedWriteOfMomentsInWhichTheServerWasKilled) {
  VIDIMUS_NEED_STORE();
  std::atomic<bool> stop = false;
  std::vector<int64_t> acknowledged;  // the version of each policy, which also holds its number
  int refused = 0;
  std::thread writes([&] {
    while (!stop) {
      int64_t version = 0;
      const Status status = store_->Write([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_TRY(const auto latest, transaction.PolicyHistory(kKey, "SgxEnclave", 1));
        const int64_t next = latest.empty() ? 1 : latest[0].version + 1;
        VIDIMUS_TRY(const auto kept, transaction.AppendPolicy(kKey, TestPolicy(std::to_string(next))));
        version = kept.version;
        return {};
      });
      if (status) acknowledged.push_back(version);
      if (!status) ++refused, ExpectWhere(status, "store.unavailable");
    }
  });
  for (int round = 0; round < 4; ++round) {
    std::this_thread::sleep_for(milliseconds(150 + 37 * round));
    server_->Kill();
    server_->Start();
  }
  std::this_thread::sleep_for(milliseconds(100));
  stop = true;
  writes.join();
  EXPECT_GT(acknowledged.size(), 20U);
  EXPECT_GT(refused, 0);
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto latest, transaction.PolicyHistory(kKey, "SgxEnclave", 1));
    EXPECT_LE(latest.at(0).version, static_cast<int64_t>(acknowledged.size()) + 4);  // each kill leaves one in doubt at most
    for (const int64_t version : acknowledged) {
      VIDIMUS_TRY(const auto found, transaction.FindPolicy(kKey, "SgxEnclave", version));
      EXPECT_TRUE(found && found->jws == std::to_string(version)) << version;
    }
    return {};
  }));
}

TEST_F(PostgresStore, WaitsForASilentServerNoLongerThanItsLimits) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Append("before"));
  server_->Freeze(true);
  const auto start = steady_clock::now();
  const Status status = Append("lost");
  const auto waited = steady_clock::now() - start;
  server_->Freeze(false);
  ExpectWhere(status, "store.unavailable");
  EXPECT_LT(waited, seconds(limits::kStoreStatementSeconds + 2));
  ExpectGood(Append("after"));
}

TEST_F(PostgresStore, TellsOtherNodesOfAWriteWithinASecond) {
  VIDIMUS_NEED_STORE();
  const auto other = MustOpen(url_);
  ASSERT_NE(other, nullptr);
  Changes changes;
  other->OnChange([&] { changes.Heard(); });
  ASSERT_TRUE(changes.AwaitMoreThan(0, seconds(10)));  // once it listens
  for (int i = 0; i < 3; ++i) {
    const int before = changes.count();
    ExpectGood(Append(std::to_string(i)));
    EXPECT_TRUE(changes.AwaitMoreThan(before, seconds(1)));
  }
  const int before = changes.count();
  ExpectWhere(store_->Write([](StoreTransaction&) -> Status { return Fail(ErrorCode::kUsage, "test.refused", "no"); }), "test.refused");
  ExpectGood(store_->Read([](StoreTransaction&) { return Status(); }));
  EXPECT_FALSE(changes.AwaitMoreThan(before, milliseconds(100)));  // nothing was written
}

TEST_F(PostgresStore, TellsOfWhatWasNotHeardOnceItHearsAgain) {
  VIDIMUS_NEED_STORE();
  const auto other = MustOpen(url_);
  ASSERT_NE(other, nullptr);
  Changes changes;
  other->OnChange([&] { changes.Heard(); });
  ASSERT_TRUE(changes.AwaitMoreThan(0, seconds(10)));
  const int before = changes.count();
  server_->Kill();
  server_->Start();
  EXPECT_TRUE(changes.AwaitMoreThan(before, seconds(10)));
  const int again = changes.count();
  ExpectGood(Append("new"));
  EXPECT_TRUE(changes.AwaitMoreThan(again, seconds(1)));
}

TEST_F(PostgresStore, StopsListeningAtOnce) {
  VIDIMUS_NEED_STORE();
  for (const bool running : {true, false}) {
    auto other = MustOpen(url_);
    Changes changes;
    other->OnChange([&] { changes.Heard(); });
    ASSERT_TRUE(changes.AwaitMoreThan(0, seconds(10)));
    if (!running) server_->Freeze(true);
    const auto start = steady_clock::now();
    other.reset();
    EXPECT_LT(steady_clock::now() - start, seconds(1));
    if (!running) server_->Freeze(false);
  }
}

TEST_F(PostgresStore, RefusesTablesOfANewerVersion) {
  VIDIMUS_NEED_STORE();
  server_->Execute(url_, "UPDATE vidimus_schema SET version = 7");
  const auto newer = Store::Open(url_);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().where, "store.version");
  EXPECT_THAT(newer.error().detail, HasSubstr("found tables of version 7, expected at most 2"));
}

TEST_F(PostgresStore, HonoursWhatTheUrlSets) {
  VIDIMUS_NEED_STORE();
  const auto demands = Store::Open(url_ + "&application_name=other&sslmode=require&host=127.0.0.1&port=1");
  ASSERT_FALSE(demands);
  EXPECT_EQ(demands.error().where, "store.unavailable");
  EXPECT_THAT(demands.error().detail, HasSubstr("port 1 failed"));
  server_->Execute(url_, "CREATE SCHEMA apart");
  const auto apart = MustOpen(url_ + "&options=-csearch_path%3Dapart");
  ASSERT_NE(apart, nullptr);
  ExpectGood(apart->Read([](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto revision, transaction.Revision());
    EXPECT_EQ(revision.instances, 0);
    return {};
  }));
}

// Something listens there, accepts the connection, and says nothing.
TEST(PostgresUrl, GivesUpAHostThatDoesNotAnswerAfterTheTimeThatTheUrlGrants) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto start = steady_clock::now();
  const auto store = Store::Open("postgresql://u:hidden@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/x?connect_timeout=1");
  const auto waited = steady_clock::now() - start;
  close(listener);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().where, "store.unavailable");
  EXPECT_THAT(store.error().detail, HasSubstr("no connection in time"));
  EXPECT_GE(waited, milliseconds(900));
  EXPECT_LT(waited, seconds(4));
}

TEST_F(PostgresStore, ShowsNoPasswordInAnyError) {
  VIDIMUS_NEED_STORE();
  const std::string host = url_.substr(url_.find("?host="));
  for (const std::string& url :
       {"postgresql://vidimus:hidden@/postgres" + host, "postgresql://vidimus:hidden@/none" + host,
        std::string("postgresql://vidimus:hidden@127.0.0.1:1/x"), "postgresql://vidimus:hid/hidden@/none" + host,
        "postgresql://vidimus:hid@hidden@/none" + host, std::string("postgresql://vidimus:%zzhidden@h/x"),
        std::string("postgresql://vidimus:hid?hidden@h/x"), std::string("postgresql://vidimus:hidden@[::1/x"),
        std::string("postgresql://vidimus:hidden@h:99999/x"), std::string("postgresql://vidimus:hidden@h/x?a=b")}) {
    const auto store = Store::Open(url);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().detail, Not(HasSubstr("hid"))) << url;
    EXPECT_TRUE(store.error().where == "store.url" || store.error().where == "store.unavailable") << store.error().where;
  }
}

TEST_F(PostgresStore, IsDurableWhateverTheRoleIsSetTo) {
  VIDIMUS_NEED_STORE();
  server_->Execute(url_, "ALTER ROLE vidimus SET synchronous_commit = off");
  const auto fresh = MustOpen(url_);
  server_->Execute(url_,
                   "CREATE TABLE seen (value TEXT); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen"
                   " VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$; CREATE TRIGGER see AFTER UPDATE ON instance FOR"
                   " EACH ROW EXECUTE FUNCTION see()");
  ExpectGood(fresh->Write([](StoreTransaction& transaction) { return transaction.SetResource(kKey, "{}"); }));
  server_->Execute(url_, "SELECT 1 / (SELECT count(*) FROM seen WHERE value = 'on')");  // an error when there is none
  server_->Execute(url_, "ALTER ROLE vidimus RESET synchronous_commit");
}

TEST_F(PostgresStore, GivesUpATransactionThatAlwaysConflictsAsContention) {
  VIDIMUS_NEED_STORE();
  server_->Execute(url_,
                   "CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'always' USING ERRCODE ="
                   " '40001'; END $$; CREATE TRIGGER conflict BEFORE UPDATE ON instance FOR EACH ROW EXECUTE FUNCTION conflict()");
  int tries = 0;
  const Status status = store_->Write([&](StoreTransaction& transaction) {
    ++tries;
    return transaction.SetResource(kKey, "{}");
  });
  ExpectWhere(status, "store.contention");
  EXPECT_EQ(status.error().code, ErrorCode::kBusy);
  EXPECT_EQ(tries, limits::kStoreAttempts);
}

// Nothing that a caller may ask for is refused by the database itself, but by what its owner added.
TEST_F(PostgresStore, UndoesAWriteThatDropsAnErrorOfTheDatabase) {
  VIDIMUS_NEED_STORE();
  server_->Execute(url_, "ALTER TABLE signer_change ADD CHECK (version < 0)");
  int64_t later = 0;
  ExpectWhere(store_->Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto kept, transaction.AppendPolicy(kKey, TestPolicy("a")));
    EXPECT_EQ(kept.version, 1);
    EXPECT_FALSE(transaction.AppendSignerChange(kKey, TestChange(true, 1, "")));
    if (transaction.Revision()) ++later;
    return {};
  }),
              "store.query");
  EXPECT_EQ(later, 0);
  EXPECT_THAT(Kept(), SizeIs(0));
}

// A connection is taken by each of more threads than there are connections.
TEST_F(PostgresStore, SharesItsConnections) {
  VIDIMUS_NEED_STORE();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3 * limits::kStoreConnections; ++i) {
    threads.emplace_back([&] {
      ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_CHECK_OK(transaction.Revision());
        std::this_thread::sleep_for(milliseconds(20));
        return {};
      }));
    });
  }
  std::this_thread::sleep_for(milliseconds(10));
  for (std::thread& thread : threads) thread.join();
  server_->Execute(url_,
                   "SELECT 1 / (CASE WHEN (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vidimus' AND datname ="
                   " current_database()) <= " +
                       std::to_string(limits::kStoreConnections) + " THEN 1 ELSE 0 END)");
}

}  // namespace
}  // namespace vidimus
