// The tables, and how those of an older Vidimus become those of this one.
#pragma once

#include "store/database.h"

namespace vidimus {

// Makes or migrates the tables in one transaction. Error: store.version for tables of a newer Vidimus.
Status Migrate(Database& database);

}  // namespace vidimus
