// The tables, and how those of an older Vidimus become those of this one.
#pragma once

#include "store/database.h"

namespace vidimus {

// Makes or migrates the tables in one transaction. Error: store.version for tables of a newer Vidimus.
Status Migrate(Database& database);

// Writes nothing. Errors: store.absent without tables; store.older and store.version for those of another Vidimus
Status RequireNewestSchema(Database& database);

}  // namespace vidimus
