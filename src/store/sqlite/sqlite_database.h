// Database on an SQLite file: one writer, readers that do not wait for it.
#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace vidimus {

// `path`: made, for its owner only, when it is not there; its folder must be. Errors: store.url, store.unavailable, store.contention
Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path);

}  // namespace vidimus
