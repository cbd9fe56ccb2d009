// A backup holds one moment of a store; restored, it is that store again, in either database; and no spoiled file is restored at all.
#include "service/backup.h"

#include <atomic>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/master_key.h"
#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using namespace vidimus::testing;

const BackupProgress kQuiet = [](int64_t, int64_t) {};

class TextOutput : public BackupOutput {
 public:
  Status Restart() override {
    text.clear();
    return {};
  }
  Status Write(std::string_view more) override {
    text += more;
    return {};
  }
  std::string text;
};

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// The lines between the first and the last, in an order that no database chose.
std::vector<std::string> Rows(const std::string& backup) {
  std::vector<std::string> lines = Lines(backup);
  lines = {lines.begin() + 1, lines.end() - 1};
  std::sort(lines.begin(), lines.end());
  return lines;
}

// With a last line that fits.
std::string Sealed(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out + BackupEndLine(static_cast<int64_t>(lines.size()) - 1, Sha256(AsBytes(out)));
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

class Backups : public EachDatabase {
 protected:
  void Fill() {
    MakeInstance(*store_, "shared");
    MakeInstance(*store_, "again");
    ExpectGood(Write([&](StoreTransaction& store) { return store.DeleteInstance({"again", 1}, 5, "someone"); }));
    MakeInstance(*store_, "again", 2);
    PolicyRecord large = TestPolicy("large", "Tpm");
    large.text = std::string(limits::kPolicyBytes, '\x01');
    large.jws = std::string(limits::kPolicyJwsBytes, 'j');
    KeyRecord wrapped = TestKey("first"), token = TestKey("second", 7);
    wrapped.secret = *master_.Wrap(AsBytes("secret"), "context");
    wrapped.certificate = {1, 2, 3};
    token.source = KeyRecord::Source::kPkcs11;
    token.published_until = 8;
    ExpectGood(Write([&](StoreTransaction& store) -> Status {
      for (const PolicyRecord& policy : {TestPolicy("a"), TestPolicy("ä \"\n\t"), TestPolicy("a"), large})
        VIDIMUS_CHECK_OK(store.AppendPolicy(key_, policy));
      VIDIMUS_CHECK_OK(store.AppendSettings(key_, {0, 4, "someone", "{}"}));
      VIDIMUS_CHECK_OK(store.AppendSignerChange(key_, TestChange(true, 1, "jws")));
      VIDIMUS_CHECK_OK(store.AppendSignerChange(key_, TestChange(false, 1, "")));
      VIDIMUS_CHECK_OK(store.AddKey(key_, wrapped));
      VIDIMUS_CHECK_OK(store.AddEndorsement(TestEndorsement("largest", 9, limits::kEndorsementBytes), 5));
      VIDIMUS_CHECK_OK(store.KeepPlatforms(key_, {TestPlatform("aa", 3)}, 5));
      return store.AddKey({"again", 2}, token);
    }));
  }

  std::string BackupOf(Store& store) {
    TextOutput out;
    const auto header = WriteBackup(store, 1'700'000'000, "1.2.3", out, kQuiet);
    EXPECT_TRUE(header) << header.error().detail;
    return out.text;
  }

  Status Restore(const std::string& backup, Store& store) {
    std::istringstream in(backup);
    const auto restored = RestoreBackup(in, store, {master_.id()}, kQuiet);
    return restored ? Status() : tl::unexpected(restored.error());
  }

  // An empty one of that kind.
  std::unique_ptr<Store> NewStore(const std::string& kind) {
    if (kind == "postgresql") return MustOpen(PostgresServer::Shared()->NewDatabase());
    return MustOpen("sqlite:" + folder_.path(std::to_string(++files_) + ".db"));
  }

  const MasterKey master_ = *MasterKey::Generate();
  int files_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Databases, Backups, ::testing::ValuesIn(kDatabases), NameOfDatabase);

TEST_P(Backups, AreTheSameStoreAgainInEitherDatabase) {
  VIDIMUS_NEED_STORE();
  Fill();
  const std::string backup = BackupOf(*store_);
  for (const std::string& kind : kDatabases) {
    if (kind == "postgresql" && NeedPostgres() == nullptr) continue;
    const auto other = NewStore(kind);
    ASSERT_NE(other, nullptr);
    ExpectGood(Restore(backup, *other));
    EXPECT_EQ(Rows(BackupOf(*other)), Rows(backup));
    ExpectGood(other->Write([&](StoreTransaction& store) -> Status {
      VIDIMUS_TRY(const auto keys, store.Keys(key_));
      EXPECT_EQ(*master_.Unwrap(keys.at(0).secret, "context"), ByteVector({'s', 'e', 'c', 'r', 'e', 't'}));
      VIDIMUS_TRY(const PolicyRecord next, store.AppendPolicy(key_, TestPolicy("a")));
      EXPECT_EQ(next.version, 4);
      EXPECT_TRUE(next.replayed);  // so the hash that finds a JWS again was made
      VIDIMUS_TRY(const PolicyRecord fresh, store.AppendPolicy(key_, TestPolicy("b")));
      EXPECT_FALSE(fresh.replayed);
      VIDIMUS_TRY(const auto before, store.EndorsementsAfter(0, 5));
      EXPECT_EQ(before.at(0).content.size(), limits::kEndorsementBytes);
      VIDIMUS_CHECK_OK(store.AddEndorsement(TestEndorsement("another", 10), 5));
      VIDIMUS_TRY(const auto after, store.EndorsementsAfter(before.at(0).sequence, 5));
      EXPECT_EQ(after.size(), 1U);  // so the counter goes on
      return {};
    }));
  }
}

// Its first line as version 1 wrote it, which had no tables for endorsements and platforms.
TEST_P(Backups, OfTheFirstSchemaAreRestored) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  const std::string whole = BackupOf(*store_);
  std::vector<std::string> lines = Lines(whole);
  lines.pop_back();
  lines[0] =
      Replaced(Replaced(lines[0], "\"schema\":2", "\"schema\":1"), ",\"endorsement\":0,\"endorsement_counter\":0,\"platform_seen\":0", "");
  const auto other = NewStore(GetParam());
  ExpectGood(Restore(Sealed(lines), *other));
  EXPECT_EQ(Rows(BackupOf(*other)), Rows(whole));
}

TEST_P(Backups, SayWhatTheyHoldAndWhatTheyNeed) {
  VIDIMUS_NEED_STORE();
  Fill();
  std::istringstream in(BackupOf(*store_));
  BackupReader reader(in);
  const auto header = reader.Header();
  ASSERT_TRUE(header);
  const BackupHeader expected{1'700'000'000, "1.2.3", GetParam(), {master_.id()}, true, {3, 4, 4, 2, 2, 1, 1, 1}};
  EXPECT_EQ(*header, expected);
}

TEST_P(Backups, OfAnEmptyStoreRestoreAnEmptyStore) {
  VIDIMUS_NEED_STORE();
  const std::string backup = BackupOf(*store_);
  EXPECT_EQ(Lines(backup).size(), 2U);
  ExpectGood(Restore(backup, *NewStore("sqlite")));
}

TEST_P(Backups, AreRestoredIntoEmptyStoresOnly) {
  VIDIMUS_NEED_STORE();
  Fill();
  const std::string backup = BackupOf(*store_);
  ExpectWhere(Restore(backup, *store_), "backup.not_empty");
  EXPECT_EQ(BackupOf(*store_), backup);
}

TEST_P(Backups, NeedTheMasterKeysThatWrappedTheirKeys) {
  VIDIMUS_NEED_STORE();
  Fill();
  std::istringstream in(BackupOf(*store_));
  const auto other = NewStore("sqlite");
  const auto refused = RestoreBackup(in, *other, {"0123456789abcdef"}, kQuiet);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "backup.master_key");
  EXPECT_THAT(refused.error().detail, HasSubstr(master_.id()));
  const auto restored = RestoreBackup(in, *other, {"0123456789abcdef", master_.id()}, kQuiet);
  EXPECT_TRUE(restored) << restored.error().detail;
}

TEST_P(Backups, SeeOneMomentWhileOthersWrite) {
  VIDIMUS_NEED_STORE();
  for (int i = 0; i < 4; ++i) MakeInstance(*store_, "writer" + std::to_string(i));
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&, i] {
      const InstanceKey key{"writer" + std::to_string(i), 1};
      while (!stop) {
        ExpectGood(store_->Write([&](StoreTransaction& store) -> Status {
          VIDIMUS_CHECK_OK(store.AppendPolicy(key, TestPolicy("x")));
          return store.AppendSettings(key, {0, 0, "writer", "{}"});
        }));
        ++written;
      }
    });
  std::vector<std::string> backups;
  for (int target = 20; target <= 200; target += 60) {
    while (written < target) std::this_thread::yield();
    backups.push_back(BackupOf(*store_));
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  for (const std::string& backup : backups) {
    const auto other = NewStore("sqlite");
    ExpectGood(Restore(backup, *other));
    ExpectGood(other->Read([&](StoreTransaction& store) -> Status {
      for (int i = 0; i < 4; ++i) {
        const InstanceKey key{"writer" + std::to_string(i), 1};
        VIDIMUS_TRY(const auto policies, store.PolicyHistory(key, "SgxEnclave", 1000));
        VIDIMUS_TRY(const auto settings, store.SettingsHistory(key, 1000));
        EXPECT_EQ(settings.size(), policies.size() + 1);
        EXPECT_EQ(policies.empty() ? 0 : policies.front().version, static_cast<int64_t>(policies.size()));
      }
      return {};
    }));
  }
}

TEST(Sha256Stream, IsSha256OfAllThatWasAdded) {
  Sha256Stream stream;
  EXPECT_EQ(stream.Digest(), Sha256(Bytes()));
  stream.Add(AsBytes("a"));
  EXPECT_EQ(stream.Digest(), Sha256(AsBytes("a")));
  stream.Add(AsBytes("bc"));
  EXPECT_EQ(stream.Digest(), Sha256(AsBytes("abc")));
}

TEST_P(Backups, ThatCannotBeWrittenFail) {
  VIDIMUS_NEED_STORE();
  class FullDisk : public TextOutput {
    Status Write(std::string_view) override { return Fail(ErrorCode::kIo, "file.write", "full"); }
  } disk;
  const auto refused = WriteBackup(*store_, 0, "", disk, kQuiet);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "file.write");
}

// One small good file, and each way to spoil it. On each database: what is refused late must leave nothing there.
class SpoiledBackups : public Backups {
 protected:
  void SetUp() override {
    Backups::SetUp();
    if (store_ == nullptr) return;
    MakeInstance(*store_, "shared");
    ExpectGood(Write([&](StoreTransaction& store) -> Status {
      VIDIMUS_CHECK_OK(store.AppendPolicy(key_, TestPolicy("a")));
      return store.AppendPolicy(key_, TestPolicy("b")) ? Status() : Status();
    }));
    good_ = BackupOf(*store_);
    lines_ = Lines(good_);
    lines_.pop_back();
    target_ = NewStore(GetParam());
  }
  void ExpectRefused(const std::string& backup, std::string_view where, const std::string& said = "") {
    const Status refused = Restore(backup, *target_);
    ASSERT_FALSE(refused) << "expected " << where;
    EXPECT_EQ(refused.error().where, where) << refused.error().detail;
    EXPECT_THAT(refused.error().detail, HasSubstr(said));
    EXPECT_EQ(Lines(BackupOf(*target_)).size(), 2U) << "something was kept";
  }
  // The good file with a line in which something is exchanged, sealed again: who makes a file can do that.
  std::string With(size_t line, const std::string& what, const std::string& by) const {
    std::vector<std::string> lines = lines_;
    lines.at(line) = Replaced(lines.at(line), what, by);
    return Sealed(lines);
  }

  std::string good_;
  std::vector<std::string> lines_;  // header, instance, settings, two policies
  std::unique_ptr<Store> target_;
};

INSTANTIATE_TEST_SUITE_P(Databases, SpoiledBackups, ::testing::ValuesIn(kDatabases), NameOfDatabase);

TEST_P(SpoiledBackups, NoPrefixIsRestored) {
  VIDIMUS_NEED_STORE();
  for (size_t size = 0; size < good_.size(); ++size) {
    const Status refused = Restore(good_.substr(0, size), *target_);
    ASSERT_FALSE(refused) << size;
    ASSERT_EQ(refused.error().where, "backup.truncated") << size << ": " << refused.error().detail;
  }
  ExpectRefused("", "backup.truncated", "after 0 whole lines");
  ExpectGood(Restore(good_, *target_));
}

TEST_P(SpoiledBackups, NoFlippedBitIsRestored) {
  VIDIMUS_NEED_STORE();
  for (size_t at = 0; at < good_.size(); ++at) {
    std::string spoiled = good_;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 1 << at % 8);
    ASSERT_FALSE(Restore(spoiled, *target_)) << at;
  }
  ExpectRefused(Replaced(good_, "hash of a", "hash of c"), "backup.digest",
                "expected " + HexEncode(Sha256(AsBytes(good_.substr(0, good_.rfind("{\"end"))))));
}

TEST_P(SpoiledBackups, OtherVersionsAreNamed) {
  VIDIMUS_NEED_STORE();
  ExpectRefused(With(0, "\"vidimus_backup\":1", "\"vidimus_backup\":2"), "backup.version", "format 2, expected 1");
  ExpectRefused(With(0, "\"schema\":2", "\"schema\":3"), "backup.version", "schema 3, expected 1 to 2");
  ExpectRefused(With(0, "\"schema\":2", "\"schema\":0"), "backup.version", "schema 0, expected 1 to 2");
  ExpectRefused(With(0, "\"schema\":2", "\"schema\":1"), "backup.format", "members");  // it counts tables that 1 did not have
  ExpectRefused(With(0, "\"vidimus_backup\":1,", ""), "backup.format", "no backup");
  ExpectRefused(With(0, "\"pkcs11\"", "\"pkcs12\""), "backup.format", "pkcs11");
  ExpectRefused(With(0, "\"pkcs11\"", "\"more\":1,\"pkcs11\""), "backup.format", "members");
  ExpectRefused(With(0, "[]", "[\"x\"]"), "backup.format", "16 hexadecimal digits");
}

TEST_P(SpoiledBackups, LinesThatAreNoRowsAreNamed) {
  VIDIMUS_NEED_STORE();
  ExpectRefused(With(1, "{\"instance\"", "{\"instances\""), "backup.format", "line 2");
  ExpectRefused(With(1, "\"revision\":3", "\"revision\":\"1\""), "backup.format", "instance.revision: found string");
  ExpectRefused(With(1, "\"revision\":3", "\"revision\":3.5"), "backup.format", "instance.revision");
  ExpectRefused(With(1, "\"revision\":3,", ""), "backup.format", "no \"revision\"");
  ExpectRefused(With(1, "\"revision\":3", "\"revision\":3,\"x\":1"), "backup.format", "members");
  ExpectRefused(With(1, "\"name\":\"shared\"", "\"name\":{\"base64url\":\"=\"}"), "backup.format", "instance.name");
  ExpectRefused(With(1, "\"name\":\"shared\"", "\"name\":null"), "backup.format", "expected a text");
  ExpectRefused(With(2, "}}", "}"), "backup.format", "line 3");
  ExpectRefused(With(2, "{\"settings_history\"", "{\"end\":1,\"settings_history\""), "backup.format", "one member");
  ExpectRefused(With(3, "\"made_by\":\"", "\"made_by\":\"\\u0000"), "store.query", "NUL");
  ExpectRefused(good_ + "{}\n", "backup.truncated");
}

TEST_P(SpoiledBackups, RowsInAnotherNumberOrOrderThanSaidAreRefused) {
  VIDIMUS_NEED_STORE();
  ExpectRefused(With(0, "\"instance\":1", "\"instance\":2"), "backup.rows");
  ExpectRefused(With(0, "\"instance\":1", "\"instance\":0"), "backup.rows", "more rows of instance");
  ExpectRefused(With(0, "\"instance\":1", "\"instance\":-1"), "backup.format");
  ExpectRefused(With(0, "\"instance\":1", "\"instance\":9223372036854775807"), "backup.rows");
  ExpectRefused(Sealed({lines_[0], lines_[1], lines_[3], lines_[2], lines_[4]}), "backup.format", "after it");
  ExpectRefused(Sealed({lines_[0], lines_[1], lines_[2], lines_[3], lines_[3]}), "store.exists");
}

TEST_P(SpoiledBackups, WhatTheServiceCouldNotReadIsNotKept) {
  VIDIMUS_NEED_STORE();
  ExpectRefused(With(1, "\"isolated\"", "\"open\""), "backup.content");
  ExpectRefused(With(4, "\"action\":\"set\"", "\"action\":\"put\""), "backup.content", "\"shared\"");
  ExpectRefused(Sealed({Replaced(lines_[0], "\"settings_history\":1", "\"settings_history\":0"), lines_[1], lines_[3], lines_[4]}),
                "backup.content", "settings of 0 instances, expected of 1");
  ExpectRefused(With(3, "\"name\":\"shared\"", "\"name\":\"others\""), "store.query");  // a policy of no instance
}

TEST_P(SpoiledBackups, EndorsementsThatTheCounterDoesNotKnowAreNotKept) {
  VIDIMUS_NEED_STORE();
  ExpectGood(Write([&](StoreTransaction& store) { return store.AddEndorsement(TestEndorsement("a", 1), 5); }));
  lines_ = Lines(BackupOf(*store_));
  lines_.pop_back();
  ASSERT_THAT(lines_.at(5), HasSubstr("\"sequence\":1"));
  ExpectRefused(With(5, "\"sequence\":1", "\"sequence\":2"), "backup.content", "sequence 2, expected at most 1");
  ExpectGood(Restore(Sealed(lines_), *target_));
}

TEST_P(SpoiledBackups, LinesMayBeAsLongAsTheLimitAndNoLonger) {
  VIDIMUS_NEED_STORE();
  std::vector<std::string> lines = lines_;
  const std::string name = "\"made_by\":\"";
  const size_t room = limits::kBackupLineBytes - lines[4].size() - 1;
  lines[4] = Replaced(lines[4], name, name + std::string(room + 1, 'x'));
  ExpectRefused(Sealed(lines), "backup.line", "line 5");
  lines[4] = Replaced(lines[4], "x", "");
  ExpectGood(Restore(Sealed(lines), *target_));
  TextOutput out;
  ExpectGood(Write([&](StoreTransaction& store) -> Status {
    PolicyRecord record = TestPolicy("c");
    record.by = std::string(60 * 1024, '\x01');
    record.jws = std::string(limits::kBackupLineBytes, 'j');
    return store.AppendPolicy(key_, record) ? Status() : Status();
  }));
  const auto refused = WriteBackup(*store_, 0, "", out, kQuiet);  // rather than a file that could not be restored
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "backup.line");
}

}  // namespace
}  // namespace vidimus
