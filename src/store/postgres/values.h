// Values as they cross libpq, in its binary format.
#pragma once

#include <libpq-fe.h>

#include "store/database.h"

namespace vidimus {

// Parameters of one statement. Holds addresses in `values`, which must outlive it.
class PostgresValues {
 public:
  explicit PostgresValues(const std::vector<DatabaseValue>& values);

  int count() const { return static_cast<int>(data_.size()); }
  const char* const* data() const { return data_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<std::string> numbers_;
  std::vector<const char*> data_;
  std::vector<int> lengths_, formats_;
};

// Error: store.query for a column that is none of BIGINT, TEXT and BYTEA.
Result<DatabaseRows> RowsOf(const PGresult* answer);

}  // namespace vidimus
