// One connection to an SQLite file, used by one thread at a time, with its prepared statements.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "store/database.h"

namespace vidimus {

class SqliteConnection {
 public:
  enum class Role { kReader, kWriter };

  // Opens a file that is there. Errors: store.url for a file that is no database; store.unavailable; store.contention
  static Result<std::unique_ptr<SqliteConnection>> Open(const std::string& path, Role role);

  Result<DatabaseRows> Run(std::string_view sql, const std::vector<DatabaseValue>& parameters);
  // Undoes what was begun and not committed.
  void Abandon();

 private:
  struct Free {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Free>;

  SqliteConnection(std::string path, Role role) : path_(std::move(path)), role_(role) {}
  Status Configure();
  Status UseWriteAheadLog();
  Result<sqlite3_stmt*> Prepared(std::string_view sql);
  Result<DatabaseRows> Step(sqlite3_stmt* statement);
  tl::unexpected<Error> Failed(std::string_view doing) const;

  const std::string path_;
  const Role role_;
  std::unique_ptr<sqlite3, Free> handle_;  // outlives the statements
  std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace vidimus
