// What only a file can do: be missing, be something else, be full, be killed over.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using namespace vidimus::testing;

void Execute(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

void ExpectRefused(const std::string& url, std::string_view where, const std::string& words) {
  const auto store = Store::Open(url);
  ASSERT_FALSE(store) << url;
  EXPECT_EQ(store.error().where, where) << store.error().detail;
  EXPECT_THAT(store.error().detail, HasSubstr(words));
}

// A file system of two megabytes, which needs the right to mount one.
class SmallDisk {
 public:
  SmallDisk() : path_(folder_.path("disk")) {
    std::filesystem::create_directory(path_);
    mounted_ = Mount(0, "size=2m");
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool Mount(unsigned long flags, const char* size) const { return mount("none", path_.c_str(), "tmpfs", flags, size) == 0; }
  bool mounted() const { return mounted_; }
  const std::string& path() const { return path_; }

 private:
  const TestFolder folder_;
  const std::string path_;
  bool mounted_ = false;
};

TEST(SqliteStore, MakesItsFilesForTheirOwnerOnly) {
  const TestFolder folder;
  const mode_t former = umask(0);
  const auto store = MustOpen("sqlite:" + folder.path("data.db"));
  umask(former);
  MakeInstance(*store, "a");
  for (const std::string name : {"data.db", "data.db-wal", "data.db-shm"}) {
    struct stat found{};
    ASSERT_EQ(stat(folder.path(name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << name;
  }
}

TEST(SqliteStore, RefusesUrlsThatNameNoDatabase) {
  const TestFolder folder;
  std::ofstream(folder.path("text")) << std::string(5000, 'x');
  ExpectRefused("sqlite:" + folder.path("text"), "store.url", "is not an SQLite database");
  ExpectRefused("sqlite:" + folder.path(""), "store.url", "is not a file");
  ExpectRefused("sqlite:" + folder.path("none/data.db"), "store.url", "make it");
  ExpectRefused("sqlite:" + folder.path("text/data.db"), "store.url", "make it");
  ExpectRefused("sqlite:", "store.url", "no path");
  ExpectRefused("sqlite::memory:", "store.url", "no path");
  ExpectRefused("", "store.url", "expected \"sqlite:PATH\"");
  ExpectRefused(folder.path("data.db"), "store.url", "expected \"sqlite:PATH\"");
  ExpectRefused("mysql://user:secret@host/", "store.url", "expected \"sqlite:PATH\"");
  EXPECT_THAT(Store::Open("mysql://user:secret@host/").error().detail, ::testing::Not(HasSubstr("secret")));
}

TEST(SqliteStore, RefusesTablesOfANewerVersionAndLeavesThemAlone) {
  const TestFolder folder;
  const std::string path = folder.path("data.db");
  {
    MakeInstance(*MustOpen("sqlite:" + path), "a");
  }
  Execute(path, "UPDATE vidimus_schema SET version = 3");
  ExpectRefused("sqlite:" + path, "store.version", "found tables of version 3, expected at most 2");
  Execute(path, "UPDATE vidimus_schema SET version = 0");
  ExpectRefused("sqlite:" + path, "store.version", "no number above 0");
  Execute(path, "UPDATE vidimus_schema SET version = 2");
  EXPECT_NE(MustOpen("sqlite:" + path), nullptr);
}

TEST(SqliteStore, SaysWhenARowHoldsWhatItDoesNotWrite) {
  const TestFolder folder;
  const std::string path = folder.path("data.db");
  const auto store = MustOpen("sqlite:" + path);
  MakeInstance(*store, "a");
  for (const std::string change : {"trust_model = 'other'", "created_at = 'yesterday'", "issuer = x'00'"}) {
    Execute(path, "UPDATE instance SET " + change);
    ExpectWhere(store->Read([](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.FindInstance("a"));
      return {};
    }),
                "store.query");
    Execute(path, "UPDATE instance SET trust_model = 'aad', created_at = 1, issuer = ''");
  }
}

TEST(SqliteStore, UndoesAWriteThatDropsAnErrorOfTheDatabase) {
  const TestFolder folder;
  const std::string path = folder.path("data.db");
  const auto store = MustOpen("sqlite:" + path);
  MakeInstance(*store, "a");
  Execute(path, "CREATE TRIGGER refuse BEFORE INSERT ON signer_change BEGIN SELECT RAISE(ABORT, 'no'); END");
  ExpectWhere(store->Write([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_CHECK_OK(transaction.AppendPolicy({"a", 1}, TestPolicy("a")));
    EXPECT_FALSE(transaction.AppendSignerChange({"a", 1}, TestChange(true, 1, "")));
    return {};
  }),
              "store.query");
  ExpectGood(store->Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto policies, transaction.CurrentPolicies({"a", 1}));
    EXPECT_THAT(policies, ::testing::SizeIs(0));
    return {};
  }));
}

TEST(SqliteStore, WaitsForAnotherProcessThatWrites) {
  const TestFolder folder;
  const std::string path = folder.path("data.db");
  const auto store = MustOpen("sqlite:" + path);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  std::thread releases([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  });
  MakeInstance(*store, "a");
  releases.join();
  sqlite3_close(other);
}

// RLIMIT_FSIZE makes every write past that size fail, as a full disk does, for this process. SQLite is asked for room by a large policy.
TEST(SqliteStore, RefusesWritesWhileThereIsNoRoomAndGoesOnWhenThereIs) {
  const TestFolder folder;
  const auto store = MustOpen("sqlite:" + folder.path("data.db"));
  MakeInstance(*store, "a");
  const auto append = [&](const std::string& jws) {
    return store->Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_CHECK_OK(transaction.AppendPolicy({"a", 1}, TestPolicy(jws)));
      return {};
    });
  };
  rlimit former{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &former), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{1'000'000, former.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status full = append(std::string(1'500'000, 'j'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &former), 0);
  std::signal(SIGXFSZ, handler);
  ExpectWhere(full, "store.unavailable");
  ExpectGood(append("small"));
  ExpectGood(store->Read([](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(const auto history, transaction.PolicyHistory({"a", 1}, "SgxEnclave", 10));
    EXPECT_THAT(history, ::testing::SizeIs(1));
    return {};
  }));
}

TEST(SqliteStore, KeepsWhatItAcknowledgedOnADiskThatFillsUp) {
  const SmallDisk small;
  if (!small.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  const std::string& disk = small.path();
  {
    const auto store = MustOpen("sqlite:" + disk + "/data.db");
    MakeInstance(*store, "a");
    int kept = 0;
    Status status;
    const auto append = [&] {
      return store->Write([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_CHECK_OK(transaction.AppendPolicy({"a", 1}, TestPolicy(std::to_string(kept) + std::string(20'000, 'j'))));
        return {};
      });
    };
    for (; kept < 1000 && status; ++kept) status = append();
    --kept;  // the last was refused
    ExpectWhere(status, "store.unavailable");
    EXPECT_THAT(status.error().detail, HasSubstr("room"));
    const auto count = [&](Store& from) {
      size_t found = 0;
      ExpectGood(from.Read([&](StoreTransaction& transaction) -> Status {
        VIDIMUS_TRY(const auto history, transaction.PolicyHistory({"a", 1}, "SgxEnclave", 1000));
        found = history.size();
        return {};
      }));
      return found;
    };
    EXPECT_EQ(count(*store), static_cast<size_t>(kept));
    ASSERT_TRUE(small.Mount(MS_REMOUNT, "size=20m"));
    ExpectGood(append());
    EXPECT_EQ(count(*MustOpen("sqlite:" + disk + "/data.db")), static_cast<size_t>(kept + 1));
  }
}

TEST(SqliteStore, RefusesADiskThatCannotBeWritten) {
  const SmallDisk small;
  if (!small.mounted()) GTEST_SKIP() << "no right to mount a small disk";
  const std::string& disk = small.path();
  {
    MakeInstance(*MustOpen("sqlite:" + disk + "/data.db"), "a");
  }
  ASSERT_TRUE(small.Mount(MS_REMOUNT | MS_RDONLY, nullptr));
  ExpectRefused("sqlite:" + disk + "/data.db", "store.unavailable", "writ");
  ExpectRefused("sqlite:" + disk + "/other.db", "store.unavailable", "cannot be made");
}

// Starts the writer, lets it live until it has acknowledged a number of writes and a moment more, kills it; the last it acknowledged.
int64_t WriteAndBeKilled(const std::string& url, int writes, std::chrono::microseconds moment) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(VIDIMUS_STORE_WRITER, VIDIMUS_STORE_WRITER, url.c_str(), "500", nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string lines;
  char buffer[4096];
  ssize_t size = 0;
  while (std::count(lines.begin(), lines.end(), '\n') < writes && (size = read(ends[0], buffer, sizeof buffer)) > 0)
    lines.append(buffer, static_cast<size_t>(size));
  std::this_thread::sleep_for(moment);
  kill(child, SIGKILL);
  while ((size = read(ends[0], buffer, sizeof buffer)) > 0) lines.append(buffer, static_cast<size_t>(size));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  lines.resize(lines.rfind('\n') == std::string::npos ? 0 : lines.rfind('\n'));
  const size_t start = lines.rfind('\n') == std::string::npos ? 0 : lines.rfind('\n') + 1;
  int64_t last = 0;
  std::from_chars(lines.data() + start, lines.data() + lines.size(), last);
  return last;
}

TEST(SqliteStore, HasEveryAcknowledgedWriteOfAProcessThatWasKilledAndNoHalfOne) {
  const TestFolder folder;
  const std::string url = "sqlite:" + folder.path("data.db");
  {
    MakeInstance(*MustOpen(url), "killed");
  }
  const InstanceKey key{"killed", 1};
  for (int round = 0; round < 8; ++round) {
    const int64_t acknowledged = WriteAndBeKilled(url, 1 + 7 * round, std::chrono::microseconds(137 * round * round));
    EXPECT_GT(acknowledged, 0) << round;
    ExpectGood(MustOpen(url)->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const auto policies, transaction.PolicyHistory(key, "SgxEnclave", 1000));
      VIDIMUS_TRY(const auto settings, transaction.SettingsHistory(key, 1000));
      EXPECT_GE(static_cast<int64_t>(policies.size()), acknowledged);
      EXPECT_LE(static_cast<int64_t>(policies.size()), acknowledged + 1);  // the one in the making
      EXPECT_EQ(settings.size(), policies.size() + 1);                     // the first is the instance's
      for (size_t i = 0; i < policies.size(); ++i) {
        const std::string number = std::to_string(policies.size() - i);
        VIDIMUS_TRY(const auto whole, transaction.FindPolicy(key, "SgxEnclave", policies[i].version));
        EXPECT_EQ(whole.value().jws, number);
        EXPECT_EQ(whole.value().text, number + std::string(3000, 'x'));
        EXPECT_EQ(settings.at(i).settings, number);
      }
      return {};
    }));
  }
}

}  // namespace
}  // namespace vidimus
