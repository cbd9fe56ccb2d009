// Where the store's tests find databases, and what they keep there. For tests only.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "store/store.h"
#include "tests/support/postgres_server.h"

namespace vidimus::testing {

// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    char name[] = "/tmp/vidimus-store-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Null, and then the test has been marked: skipped, or failed where CI=true.
inline PostgresServer* NeedPostgres() {
  PostgresServer* const server = PostgresServer::Shared();
  const char* const ci = std::getenv("CI");
  const bool must = ci != nullptr && std::string(ci) == "true";
  if (server == nullptr && must) ADD_FAILURE() << "there is no PostgreSQL to test with";
  if (server == nullptr && !must) [] { GTEST_SKIP() << "*** NOT TESTED: there is no PostgreSQL: install postgresql-15 ***"; }();
  return server;
}

inline std::unique_ptr<Store> MustOpen(const std::string& url) {
  auto store = Store::Open(url);
  EXPECT_TRUE(store) << store.error().where << ": " << store.error().detail;
  return store ? *std::move(store) : nullptr;
}

inline void ExpectGood(const Status& status) { EXPECT_TRUE(status) << status.error().where << ": " << status.error().detail; }
inline void ExpectWhere(const Status& status, std::string_view where) {
  ASSERT_FALSE(status) << "expected " << where;
  EXPECT_EQ(status.error().where, where) << status.error().detail;
}

inline InstanceRecord TestInstance(const std::string& name, int64_t generation = 1) {
  InstanceRecord record;
  record.key = {name, generation};
  record.trust_model = TrustModel::kIsolated;
  record.issuer = "https://" + name + ".example.test";
  record.resource = R"({"location":"westus"})";
  record.settings = R"({"first":true})";
  record.created_at = 1'700'000'000;
  record.created_by = "operator";
  return record;
}

inline PolicyRecord TestPolicy(const std::string& jws, const std::string& type = "SgxEnclave") {
  PolicyRecord record;
  record.type = type;
  record.at = 1'700'000'100;
  record.by = "someone";
  record.jws = jws;
  record.text = "version= 1.0; authorizationrules{=> permit();}; issuancerules{};";
  record.hash = "hash of " + jws;
  return record;
}

inline SignerChangeRecord TestChange(bool added, uint8_t certificate, const std::string& jws) {
  SignerChangeRecord record;
  record.at = 1'700'000'200;
  record.by = "someone";
  record.added = added;
  record.certificate = {0x30, 0, certificate};
  record.jws = jws;
  return record;
}

inline KeyRecord TestKey(const std::string& kid, UnixTime signs_from = 0) {
  KeyRecord record;
  record.kid = kid;
  record.signs_from = signs_from;
  return record;
}

// Its digest is its content's first octets.
inline EndorsementRecord TestEndorsement(const std::string& digest, UnixTime issued_at, size_t size = 100,
                                         const std::string& subject = "tdx tcb 00806f050000 17") {
  EndorsementRecord record;
  record.digest = digest;
  record.subject = subject;
  record.issued_at = issued_at;
  record.content = ByteVector(digest.begin(), digest.end());
  record.content.resize(size, 0xff);
  record.issuer_chain = "chain of " + digest;
  record.fetched_at = 1'700'000'300;
  record.source = "first";
  return record;
}

inline PlatformRecord TestPlatform(const std::string& digest, UnixTime seen) {
  return {"tdx", digest, R"({"of":")" + digest + "\"}", seen, seen};
}

inline void MakeInstance(Store& store, const std::string& name, int64_t generation = 1) {
  ExpectGood(store.Write([&](StoreTransaction& transaction) { return transaction.CreateInstance(TestInstance(name, generation)); }));
}

// The parameter names the kind of database; each test has an empty one of its own.
class EachDatabase : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "postgresql") {
      PostgresServer* const server = NeedPostgres();
      if (server == nullptr) return;
      url_ = server->NewDatabase();
    } else {
      url_ = "sqlite:" + folder_.path("data.db");
    }
    store_ = MustOpen(url_);
    ASSERT_NE(store_, nullptr);
  }

  template <typename Work>
  Status Write(const Work& work) {
    return store_->Write(work);
  }
  std::optional<InstanceRecord> Find(const std::string& name) {
    std::optional<InstanceRecord> found;
    ExpectGood(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(found, transaction.FindInstance(name));
      return {};
    }));
    return found;
  }

  TestFolder folder_;
  std::string url_;
  std::unique_ptr<Store> store_;
  const InstanceKey key_{"shared", 1};
};

inline const std::string kDatabases[] = {"sqlite", "postgresql"};
inline std::string NameOfDatabase(const ::testing::TestParamInfo<std::string>& tested) { return tested.param; }

// The test is over when there is no such database, which SetUp has said.
#define VIDIMUS_NEED_STORE() \
  if (store_ == nullptr) return

}  // namespace vidimus::testing
