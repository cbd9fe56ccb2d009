// Database on an SQLite file: one writer, readers that do not wait for it.
#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace vidimus {

enum class SqliteFile { kMadeWhenAbsent, kThere };

// A file is made for its owner only; its folder must be there. Errors: store.url, store.unavailable, store.contention; store.absent for
// a file that is not there and must be
Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path, SqliteFile file);

}  // namespace vidimus
