#include "store/postgres/values.h"

#include <array>

namespace vidimus {
namespace {

// OIDs of types, which pg_type.dat of PostgreSQL fixes.
constexpr Oid kBytea = 17, kBigint = 20, kText = 25;

std::string BigEndian(int64_t number) {
  std::string octets(8, '\0');
  auto rest = static_cast<uint64_t>(number);
  for (size_t i = octets.size(); i-- > 0; rest >>= 8) octets[i] = static_cast<char>(rest & 0xff);
  return octets;
}

int64_t FromBigEndian(std::string_view octets) {
  uint64_t number = 0;
  for (const char octet : octets) number = number << 8 | static_cast<uint8_t>(octet);
  return static_cast<int64_t>(number);
}

}  // namespace

PostgresValues::PostgresValues(const std::vector<DatabaseValue>& values) : formats_(values.size(), 1) {
  numbers_.reserve(values.size());  // so that none moves
  for (const DatabaseValue& value : values) {
    std::string_view octets;
    if (const auto* const number = std::get_if<int64_t>(&value)) octets = numbers_.emplace_back(BigEndian(*number));
    if (const auto* const text = std::get_if<std::string>(&value)) octets = *text;
    if (const auto* const bytes = std::get_if<ByteVector>(&value)) octets = AsText(*bytes);
    // An empty value needs an address too: without one it would be NULL.
    const char* const address = octets.data() == nullptr ? "" : octets.data();
    data_.push_back(std::holds_alternative<std::monostate>(value) ? nullptr : address);
    lengths_.push_back(static_cast<int>(octets.size()));
  }
}

Result<DatabaseRows> RowsOf(const PGresult* answer) {
  DatabaseRows rows(static_cast<size_t>(PQntuples(answer)));
  for (int r = 0; r < PQntuples(answer); ++r) {
    DatabaseRow& row = rows[static_cast<size_t>(r)];
    for (int c = 0; c < PQnfields(answer); ++c) {
      const std::string_view cell(PQgetvalue(answer, r, c), static_cast<size_t>(PQgetlength(answer, r, c)));
      if (PQgetisnull(answer, r, c) != 0) {
        row.emplace_back();
      } else if (PQftype(answer, c) == kBigint) {
        row.emplace_back(FromBigEndian(cell));
      } else if (PQftype(answer, c) == kText) {
        row.emplace_back(std::string(cell));
      } else if (PQftype(answer, c) == kBytea) {
        row.emplace_back(ByteVector(cell.begin(), cell.end()));
      } else {
        return Fail(
            ErrorCode::kIo, "store.query",
            "column " + std::to_string(c) + " is of type " + std::to_string(PQftype(answer, c)) + ", expected BIGINT, TEXT or BYTEA");
      }
    }
  }
  return rows;
}

}  // namespace vidimus
