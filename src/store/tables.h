// The tables as they are kept, row by row: what backups are made of. Each row of one is kept again as it was, in whichever database.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "store/database.h"

namespace vidimus {

struct StoreColumn {
  enum class Kind { kInteger, kIntegerOrNull, kText, kOctets };

  std::string_view name;
  Kind kind = Kind::kText;
};

// What can be computed from the rest of a row, the hash of a JWS, is no column here.
struct StoreTable {
  std::string_view name;
  size_t keys;  // so many of the first columns are the primary key
  std::span<const StoreColumn> columns;
  int64_t since = 1;  // the schema that brought it; no later one has altered it
};

// A cell for each column of its table.
using StoreRow = DatabaseRow;

// In an order in which they can be filled.
std::span<const StoreTable> StoreTables();

// Of the tables that this Vidimus reads and writes.
int64_t NewestSchema();

// Whether each cell is of the kind of its column.
bool IsRowOf(const StoreTable& table, const StoreRow& row);

}  // namespace vidimus
