// Database on a PostgreSQL server, which several nodes may share.
#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace vidimus {

// `url` as libpq reads it; what it sets goes before what is set here. Connects when needed, and again after failures.
// Error: store.url, which never quotes the URL.
Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url);

}  // namespace vidimus
