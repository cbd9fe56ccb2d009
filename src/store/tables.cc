// StoreTransaction: the tables row by row.
#include "store/tables.h"

#include <array>

#include "store/rows.h"
#include "store/store.h"

namespace vidimus {
namespace {

using Kind = StoreColumn::Kind;

constexpr auto kInstance = std::to_array<StoreColumn>({{"name"},
                                                       {"generation", Kind::kInteger},
                                                       {"revision", Kind::kInteger},
                                                       {"trust_model"},
                                                       {"created_at", Kind::kInteger},
                                                       {"created_by"},
                                                       {"deleted_at", Kind::kIntegerOrNull},
                                                       {"deleted_by"},
                                                       {"issuer"},
                                                       {"resource"}});
constexpr auto kSettings = std::to_array<StoreColumn>(
    {{"name"}, {"generation", Kind::kInteger}, {"version", Kind::kInteger}, {"made_at", Kind::kInteger}, {"made_by"}, {"settings"}});
constexpr auto kPolicy = std::to_array<StoreColumn>({{"name"},
                                                     {"generation", Kind::kInteger},
                                                     {"type"},
                                                     {"version", Kind::kInteger},
                                                     {"made_at", Kind::kInteger},
                                                     {"made_by"},
                                                     {"action"},
                                                     {"of_version", Kind::kInteger},
                                                     {"replayed", Kind::kInteger},
                                                     {"policy_hash"},
                                                     {"policy"},
                                                     {"jws"}});
constexpr auto kSigner = std::to_array<StoreColumn>({{"name"},
                                                     {"generation", Kind::kInteger},
                                                     {"version", Kind::kInteger},
                                                     {"made_at", Kind::kInteger},
                                                     {"made_by"},
                                                     {"added", Kind::kInteger},
                                                     {"replayed", Kind::kInteger},
                                                     {"certificate", Kind::kOctets},
                                                     {"jws"}});
constexpr auto kKey = std::to_array<StoreColumn>({{"name"},
                                                  {"generation", Kind::kInteger},
                                                  {"kid"},
                                                  {"source"},
                                                  {"created_at", Kind::kInteger},
                                                  {"created_by"},
                                                  {"signs_from", Kind::kInteger},
                                                  {"published_until", Kind::kIntegerOrNull},
                                                  {"secret", Kind::kOctets},
                                                  {"certificate", Kind::kOctets}});

constexpr auto kEndorsement = std::to_array<StoreColumn>({{"digest"},
                                                          {"sequence", Kind::kInteger},
                                                          {"subject"},
                                                          {"issued_at", Kind::kInteger},
                                                          {"rank", Kind::kInteger},
                                                          {"fetched_at", Kind::kInteger},
                                                          {"source"},
                                                          {"issuer_chain"},
                                                          {"content", Kind::kOctets}});
constexpr auto kCounter = std::to_array<StoreColumn>({{"id", Kind::kInteger}, {"sequence", Kind::kInteger}});
constexpr auto kPlatform = std::to_array<StoreColumn>({{"name"},
                                                       {"generation", Kind::kInteger},
                                                       {"digest"},
                                                       {"tee"},
                                                       {"first_seen", Kind::kInteger},
                                                       {"last_seen", Kind::kInteger},
                                                       {"platform"}});

constexpr auto kTables = std::to_array<StoreTable>({{"instance", 2, kInstance},
                                                    {"settings_history", 3, kSettings},
                                                    {"policy_history", 4, kPolicy},
                                                    {"signer_change", 3, kSigner},
                                                    {"signing_key", 3, kKey},
                                                    {"endorsement", 1, kEndorsement, 2},
                                                    {"endorsement_counter", 1, kCounter, 2},
                                                    {"platform_seen", 3, kPlatform, 2}});

bool IsOfKind(Kind kind, const DatabaseValue& cell) {
  switch (kind) {
    case Kind::kInteger: return std::holds_alternative<int64_t>(cell);
    case Kind::kIntegerOrNull: return std::holds_alternative<int64_t>(cell) || std::holds_alternative<std::monostate>(cell);
    case Kind::kText: return std::holds_alternative<std::string>(cell);
    case Kind::kOctets: return std::holds_alternative<ByteVector>(cell);
  }
  return false;
}

// "name, generation, version".
std::string Names(std::span<const StoreColumn> columns) {
  std::string out;
  for (const StoreColumn& column : columns) out += (out.empty() ? "" : ", ") + std::string(column.name);
  return out;
}

// "$1, $2, $3".
std::string Parameters(size_t count) {
  std::string out;
  for (size_t i = 1; i <= count; ++i) out += (i == 1 ? "$" : ", $") + std::to_string(i);
  return out;
}

}  // namespace

std::span<const StoreTable> StoreTables() { return kTables; }

bool IsRowOf(const StoreTable& table, const StoreRow& row) {
  if (row.size() != table.columns.size()) return false;
  for (size_t i = 0; i < row.size(); ++i)
    if (!IsOfKind(table.columns[i].kind, row[i])) return false;
  return true;
}

Result<int64_t> StoreTransaction::CountRows(const StoreTable& table) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT count(*) FROM " + std::string(table.name), {}));
  if (rows.size() != 1) return Fail(ErrorCode::kIo, "store.query", "found " + std::to_string(rows.size()) + " counts, expected one");
  RowReader reader(std::move(rows[0]));
  const int64_t count = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  return count;
}

Result<std::vector<StoreRow>> StoreTransaction::RowsAfter(const StoreTable& table, const StoreRow* last, size_t most) {
  const std::string keys = Names(table.columns.first(table.keys));
  std::string sql = "SELECT " + Names(table.columns) + " FROM " + std::string(table.name);
  std::vector<DatabaseValue> parameters;
  if (last != nullptr) {
    parameters.assign(last->begin(), last->begin() + static_cast<std::ptrdiff_t>(table.keys));
    sql += " WHERE (" + keys + ") > (" + Parameters(table.keys) + ")";
  }
  parameters.emplace_back(static_cast<int64_t>(most));
  VIDIMUS_TRY(auto rows, database_.Run(sql + " ORDER BY " + keys + " LIMIT $" + std::to_string(parameters.size()), parameters));
  for (const StoreRow& row : rows)
    if (!IsRowOf(table, row))
      return Fail(ErrorCode::kIo, "store.query", "a row of " + std::string(table.name) + " holds what Vidimus does not write");
  return rows;
}

Status StoreTransaction::InsertRow(const StoreTable& table, const StoreRow& row) {
  if (!IsRowOf(table, row))
    return Fail(ErrorCode::kUsage, "store.query", "a row to be kept does not fit the columns of " + std::string(table.name));
  std::string names = Names(table.columns);
  std::vector<DatabaseValue> cells = row;
  for (size_t i = 0; i < row.size(); ++i) {
    const auto* const text = std::get_if<std::string>(&row[i]);
    if (text == nullptr) continue;
    VIDIMUS_CHECK_OK(CheckText(*text));
    if (table.columns[i].name != "jws") continue;
    names += ", jws_hash";
    cells.emplace_back(HashOf(*text));
  }
  // Not left to the database, which would have the transaction tried again.
  VIDIMUS_TRY(const auto kept, database_.Run("INSERT INTO " + std::string(table.name) + " (" + names + ") VALUES (" +
                                                 Parameters(cells.size()) + ") ON CONFLICT (" + Names(table.columns.first(table.keys)) +
                                                 ") DO NOTHING RETURNING " + std::string(table.columns.front().name),
                                             cells));
  if (kept.empty())
    return Fail(ErrorCode::kUsage, "store.exists", "a row of " + std::string(table.name) + " with that key is there already");
  return {};
}

}  // namespace vidimus
