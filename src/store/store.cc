#include "store/store.h"

#include "store/postgres/postgres_database.h"
#include "store/postgres/url.h"
#include "store/schema.h"
#include "store/sqlite/sqlite_database.h"

namespace vidimus {
namespace {

Result<std::unique_ptr<Database>> OpenDatabase(const std::string& url, SqliteFile file) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with(kSqlite)) return OpenSqlite(url.substr(kSqlite.size()), file);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return OpenPostgres(url);
  // Not quoted: it may hold a password.
  return Fail(ErrorCode::kUsage, "store.url", "found another beginning, expected \"sqlite:PATH\" or \"postgresql://…\"");
}

}  // namespace

std::string ShownStoreUrl(const std::string& url) { return url.starts_with("sqlite:") ? url : ShownPostgresUrl(url); }

Store::Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::Open(const std::string& url) {
  VIDIMUS_TRY(auto database, OpenDatabase(url, SqliteFile::kMadeWhenAbsent));
  VIDIMUS_CHECK_OK(Migrate(*database));
  return std::unique_ptr<Store>(new Store(std::move(database)));
}

Result<std::unique_ptr<Store>> Store::OpenExisting(const std::string& url) {
  VIDIMUS_TRY(auto database, OpenDatabase(url, SqliteFile::kThere));
  VIDIMUS_CHECK_OK(RequireNewestSchema(*database));
  return std::unique_ptr<Store>(new Store(std::move(database)));
}

Status Store::Write(const std::function<Status(StoreTransaction&)>& work) {
  return database_->Transact(Database::Mode::kWrite, [&](DatabaseTransaction& database) {
    StoreTransaction transaction(database);
    return work(transaction);
  });
}

Status Store::Read(const std::function<Status(StoreTransaction&)>& work) {
  return database_->Transact(Database::Mode::kRead, [&](DatabaseTransaction& database) {
    StoreTransaction transaction(database);
    return work(transaction);
  });
}

void Store::OnChange(std::function<void()> changed) { database_->OnChange(std::move(changed)); }

std::string_view Store::kind() const { return database_->kind(); }

}  // namespace vidimus
