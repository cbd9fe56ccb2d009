// What several threads, Store objects and starts at once may do to each other: nothing.
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::SizeIs;
using namespace vidimus::testing;

using StoreConcurrency = EachDatabase;

INSTANTIATE_TEST_SUITE_P(Databases, StoreConcurrency, ::testing::ValuesIn(kDatabases), NameOfDatabase);

Result<size_t> CountSigners(StoreTransaction& transaction, const InstanceKey& key) {
  VIDIMUS_TRY(const auto signers, transaction.Signers(key));
  return signers.size();
}

// Removes one when more than one remains, as the service does.
Status RemoveOne(Store& store, const InstanceKey& key, uint8_t certificate) {
  return store.Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const size_t count, CountSigners(transaction, key));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that the two surely overlap
    if (count < 2) return Fail(ErrorCode::kUnacceptable, "test.last_signer", "the last one stays");
    return transaction.AppendSignerChange(key, TestChange(false, certificate, ""));
  });
}

// Nobody may remove both of two signers by removing each another one at once: then nobody could sign anything any more.
TEST_P(StoreConcurrency, LeavesOneOfTwoSignersThatTwoWritersRemoveAtOnce) {
  VIDIMUS_NEED_STORE();
  const auto second = MustOpen(url_);
  ASSERT_NE(second, nullptr);
  for (Store* const other : {store_.get(), second.get()}) {
    for (int round = 0; round < 5; ++round) {
      const InstanceKey key{"round-" + std::to_string(round) + (other == second.get() ? "-two" : "-one"), 1};
      MakeInstance(*store_, key.name);
      ExpectGood(store_->Write([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_CHECK_OK(transaction.AppendSignerChange(key, TestChange(true, 1, "")));
        return transaction.AppendSignerChange(key, TestChange(true, 2, ""));
      }));
      auto one = std::async(std::launch::async, [&] { return RemoveOne(*store_, key, 1); });
      auto two = std::async(std::launch::async, [&] { return RemoveOne(*other, key, 2); });
      const Status first = one.get(), last = two.get();
      EXPECT_NE(first.has_value(), last.has_value());
      ExpectWhere(first ? last : first, "test.last_signer");
      ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_TRY(const size_t left, CountSigners(transaction, key));
        EXPECT_EQ(left, 1U);
        return {};
      }));
    }
  }
}

TEST_P(StoreConcurrency, NumbersThePoliciesOfManyThreadsWithoutGaps) {
  VIDIMUS_NEED_STORE();
  constexpr int kThreads = 12, kEach = 10;
  const InstanceKey key{"shared", 1};
  MakeInstance(*store_, "shared");
  const auto second = MustOpen(url_);
  ASSERT_NE(second, nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Store& store = t % 2 == 0 ? *store_ : *second;
      for (int i = 0; i < kEach; ++i) {
        ExpectGood(store.Write([&](StoreTransaction& transaction) -> Status {
          VIDIMUS_CHECK_OK(transaction.AppendPolicy(key, TestPolicy(std::to_string(t) + "/" + std::to_string(i))));
          return {};
        }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto history, transaction.PolicyHistory(key, "SgxEnclave", 1000));
    EXPECT_THAT(history, SizeIs(kThreads * kEach));
    int64_t expected = kThreads * kEach;
    std::vector<std::string> sent;
    for (const PolicyRecord& record : history) {
      EXPECT_EQ(record.version, expected--);
      EXPECT_FALSE(record.replayed);
      VIDIMUS_TRY(const auto whole, transaction.FindPolicy(key, "SgxEnclave", record.version));
      sent.push_back(whole.value().jws);
    }
    std::sort(sent.begin(), sent.end());
    EXPECT_EQ(std::unique(sent.begin(), sent.end()), sent.end());
    VIDIMUS_TRY(const auto revision, transaction.Revision());
    EXPECT_EQ(revision.changes, 1 + kThreads * kEach);
    return {};
  }));
}

TEST_P(StoreConcurrency, CreatesAnInstanceOnceHoweverManyTry) {
  VIDIMUS_NEED_STORE();
  const auto second = MustOpen(url_);
  ASSERT_NE(second, nullptr);
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Store& store = t % 2 == 0 ? *store_ : *second;
      const Status status = store.Write([](StoreTransaction& transaction) { return transaction.CreateInstance(TestInstance("shared")); });
      if (status) ++made;
      if (!status) ExpectWhere(status, "store.exists");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
}

TEST_P(StoreConcurrency, LetsReadsGoOnBesideAWriteAndSeeNothingOfIt) {
  VIDIMUS_NEED_STORE();
  const InstanceKey key{"shared", 1};
  MakeInstance(*store_, "shared");
  const auto revision = [&] {
    int64_t read = 0;
    ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const auto found, transaction.FindInstance("shared"));
      read = found.value().revision;
      return {};
    }));
    return read;
  };
  ExpectGood(store_->Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.SetResource(key, "{}"));
    auto beside = std::async(std::launch::async, revision);
    EXPECT_EQ(beside.wait_for(std::chrono::seconds(5)), std::future_status::ready);
    EXPECT_EQ(beside.get(), 1);
    return {};
  }));
  EXPECT_EQ(revision(), 2);
}

TEST_P(StoreConcurrency, SeesOneMomentInOneRead) {
  VIDIMUS_NEED_STORE();
  const InstanceKey key{"shared", 1};
  MakeInstance(*store_, "shared");
  ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto before, transaction.Revision());
    auto write = std::async(std::launch::async,
                            [&] { return store_->Write([&](StoreTransaction& other) { return other.SetResource(key, "{}"); }); });
    ExpectGood(write.get());
    VIDIMUS_TRY(const auto after, transaction.Revision());
    EXPECT_EQ(before, after);
    return {};
  }));
}

TEST_P(StoreConcurrency, IsMadeOnceByFourThatStartAtOnce) {
  if (store_ == nullptr) return;
  const std::string url = GetParam() == "sqlite" ? "sqlite:" + folder_.path("fresh.db") : NeedPostgres()->NewDatabase();
  std::vector<std::future<std::unique_ptr<Store>>> starts;
  for (int i = 0; i < 4; ++i) starts.push_back(std::async(std::launch::async, [&] { return MustOpen(url); }));
  for (auto& start : starts) {
    const auto store = start.get();
    ASSERT_NE(store, nullptr);
    ExpectGood(store->Read([](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.Revision());
      return {};
    }));
  }
}

}  // namespace
}  // namespace vidimus
