// Rows as backups take them, and stores that are only looked at.
#include "store/tables.h"

#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "store/test_store.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace vidimus::testing;

using StoreTablesTest = EachDatabase;

INSTANTIATE_TEST_SUITE_P(Databases, StoreTablesTest, ::testing::ValuesIn(kDatabases), NameOfDatabase);

TEST(StoreTables, NameEveryColumnThatThereIsButWhatIsComputed) {
  const TestFolder folder;
  ASSERT_NE(MustOpen("sqlite:" + folder.path("data.db")), nullptr);
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(folder.path("data.db").c_str(), &handle), SQLITE_OK);
  std::set<std::string> found, named = {"vidimus_schema.id", "vidimus_schema.version", "policy_history.jws_hash", "signer_change.jws_hash"};
  const auto keep = [](void* into, int, char** cells, char**) {
    static_cast<std::set<std::string>*>(into)->insert(cells[0]);
    return 0;
  };
  EXPECT_EQ(
      sqlite3_exec(handle, "SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
                   keep, &found, nullptr),
      SQLITE_OK);
  sqlite3_close(handle);
  for (const StoreTable& table : StoreTables())
    for (const StoreColumn& column : table.columns) named.insert(std::string(table.name) + "." + std::string(column.name));
  EXPECT_EQ(found, named);
}

TEST_P(StoreTablesTest, GiveTheirRowsPageByPage) {
  VIDIMUS_NEED_STORE();
  for (int i = 0; i < 5; ++i) MakeInstance(*store_, "name" + std::to_string(i));
  ExpectGood(store_->Read([&](StoreTransaction& store) -> Status {
    const StoreTable& table = StoreTables().front();
    VIDIMUS_TRY(const int64_t count, store.CountRows(table));
    EXPECT_EQ(count, 5);
    std::set<std::string> names;
    std::vector<StoreRow> page;
    for (const size_t expected : {2U, 2U, 1U, 0U}) {
      const std::vector<StoreRow> former = std::move(page);
      VIDIMUS_TRY(page, store.RowsAfter(table, former.empty() ? nullptr : &former.back(), 2));
      EXPECT_EQ(page.size(), expected);
      for (const StoreRow& row : page) names.insert(std::get<std::string>(row[0]));
      if (page.empty()) break;
    }
    EXPECT_EQ(names.size(), 5U);
    return {};
  }));
}

TEST_P(StoreTablesTest, TakeNoRowThatDoesNotFit) {
  VIDIMUS_NEED_STORE();
  MakeInstance(*store_, "shared");
  const StoreTable& table = StoreTables().front();
  std::vector<StoreRow> rows;
  ExpectGood(store_->Read([&](StoreTransaction& store) -> Status {
    VIDIMUS_TRY(rows, store.RowsAfter(table, nullptr, 1));
    return {};
  }));
  const auto insert = [&](const StoreRow& row) { return Write([&](StoreTransaction& store) { return store.InsertRow(table, row); }); };
  ExpectWhere(insert(rows.at(0)), "store.exists");
  StoreRow other = rows[0];
  other[0] = std::string("a\0b", 3);
  ExpectWhere(insert(other), "store.query");
  other[0] = int64_t{1};
  ExpectWhere(insert(other), "store.query");
  other.pop_back();
  ExpectWhere(insert(other), "store.query");
  other = rows[0];
  other[0] = std::string("other");
  ExpectGood(insert(other));
  EXPECT_TRUE(Find("shared"));
}

TEST_P(StoreTablesTest, AreNotMadeByWhoOnlyLooks) {
  VIDIMUS_NEED_STORE();
  const auto looked = Store::OpenExisting(url_);
  ASSERT_TRUE(looked) << looked.error().detail;
  const std::string none = GetParam() == "sqlite" ? "sqlite:" + folder_.path("none.db") : PostgresServer::Shared()->NewDatabase();
  for (int i = 0; i < 2; ++i) {
    const auto absent = Store::OpenExisting(none);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().where, "store.absent") << absent.error().detail;
  }
}

TEST(ExistingStore, IsOfThisVersionOrSaysWhichWay) {
  const TestFolder folder;
  const std::string path = folder.path("data.db");
  ASSERT_NE(MustOpen("sqlite:" + path), nullptr);
  std::ofstream(folder.path("empty.db")).close();
  const auto where = [&](const std::string& file, const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
    const auto opened = Store::OpenExisting("sqlite:" + file);
    return opened ? "opened" : std::string(opened.error().where);
  };
  EXPECT_EQ(where(path, "SELECT 1"), "opened");
  EXPECT_EQ(where(path, "UPDATE vidimus_schema SET version = 3"), "store.version");
  EXPECT_EQ(where(path, "UPDATE vidimus_schema SET version = 1"), "store.older");
  EXPECT_EQ(where(path, "UPDATE vidimus_schema SET version = 2"), "opened");
  EXPECT_EQ(where(path, "DELETE FROM vidimus_schema"), "store.absent");
  EXPECT_EQ(where(folder.path("empty.db"), "SELECT 1"), "store.absent");
}

TEST(ShownStoreUrl, HasNoPassword) {
  EXPECT_EQ(ShownStoreUrl("sqlite:/var/lib/x.db"), "sqlite:/var/lib/x.db");
  for (const std::string url :
       {"postgresql://u:secret@host:5433/base?sslmode=require", "postgresql://host/base?user=u&password=secret",
        "postgresql://u:sec@ret@h/b", "postgresql://u:secret?@host/base", "postgresql://u:secret/x@host/base", "nonsense:secret"}) {
    const std::string shown = ShownStoreUrl(url);
    EXPECT_TRUE(shown.starts_with("postgresql")) << shown;
    EXPECT_THAT(shown, Not(HasSubstr("sec"))) << url;
  }
  EXPECT_THAT(ShownStoreUrl("postgresql://u:secret@host:5433/base"), HasSubstr("user=u"));
  EXPECT_THAT(ShownStoreUrl("postgresql://u:secret@host:5433/base"), HasSubstr("host=host"));
}

}  // namespace
}  // namespace vidimus
