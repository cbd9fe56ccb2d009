// StoreTransaction: the keys that sign tokens.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {
namespace {

constexpr std::string_view kSources[] = {"wrapped", "pkcs11"};  // in the order of KeyRecord::Source

}  // namespace

Result<std::vector<KeyRecord>> StoreTransaction::Keys(const InstanceKey& key) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT kid, source, created_at, created_by, signs_from, published_until, secret, certificate"
                                       " FROM signing_key WHERE name = $1 AND generation = $2",
                                       {key.name, key.generation}));
  std::vector<KeyRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    KeyRecord record;
    record.kid = reader.Text();
    record.source = reader.Name<KeyRecord::Source>(kSources);
    record.created_at = reader.Integer();
    record.created_by = reader.Text();
    record.signs_from = reader.Integer();
    record.published_until = reader.IntegerOrNull();
    record.secret = reader.Octets();
    record.certificate = reader.Octets();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return std::tie(a.signs_from, a.kid) < std::tie(b.signs_from, b.kid); });
  return records;
}

Status StoreTransaction::AddKey(const InstanceKey& key, const KeyRecord& record) {
  VIDIMUS_CHECK_OK(CheckText(record.kid));
  VIDIMUS_CHECK_OK(CheckText(record.created_by));
  VIDIMUS_CHECK_OK(Touch(key));
  VIDIMUS_TRY(
      const auto rows,
      database_.Run("INSERT INTO signing_key (name, generation, kid, source, created_at, created_by, signs_from, published_until,"
                    " secret, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                    " ON CONFLICT (name, generation, kid) DO NOTHING RETURNING kid",
                    {key.name, key.generation, record.kid, std::string(kSources[static_cast<size_t>(record.source)]), record.created_at,
                     record.created_by, record.signs_from, ValueOf(record.published_until), record.secret, record.certificate}));
  if (rows.empty()) return Fail(ErrorCode::kUsage, "store.exists", "a key \"" + record.kid + "\" is there already");
  return {};
}

Status StoreTransaction::UpdateKey(const InstanceKey& key, const KeyRecord& record) {
  VIDIMUS_CHECK_OK(CheckText(record.kid));
  VIDIMUS_CHECK_OK(Touch(key));
  VIDIMUS_TRY(const auto rows, database_.Run("UPDATE signing_key SET secret = $4, signs_from = $5, published_until = $6, certificate = $7"
                                             " WHERE name = $1 AND generation = $2 AND kid = $3 RETURNING kid",
                                             {key.name, key.generation, record.kid, record.secret, record.signs_from,
                                              ValueOf(record.published_until), record.certificate}));
  if (rows.empty()) return Fail(ErrorCode::kMissing, "store.missing", "no key \"" + record.kid + "\"");
  return {};
}

}  // namespace vidimus
