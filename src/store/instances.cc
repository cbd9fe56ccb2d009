// StoreTransaction: instances and their settings.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {
namespace {

constexpr std::string_view kTrustModels[] = {"aad", "isolated", "shared"};  // in the order of TrustModel

// The settings are the latest of their history.
constexpr std::string_view kLatestLives =
    "SELECT i.name, i.generation, i.revision, i.trust_model, i.created_at, i.created_by, i.deleted_at, i.deleted_by, i.issuer, i.resource,"
    " s.settings FROM instance i JOIN settings_history s ON s.name = i.name AND s.generation = i.generation"
    " WHERE i.generation = (SELECT max(j.generation) FROM instance j WHERE j.name = i.name) AND s.version ="
    " (SELECT max(t.version) FROM settings_history t WHERE t.name = i.name AND t.generation = i.generation)";

Result<InstanceRecord> InstanceOf(DatabaseRow row) {
  RowReader reader(std::move(row));
  InstanceRecord record;
  record.key.name = reader.Text();
  record.key.generation = reader.Integer();
  record.revision = reader.Integer();
  record.trust_model = reader.Name<TrustModel>(kTrustModels);
  record.created_at = reader.Integer();
  record.created_by = reader.Text();
  record.deleted_at = reader.IntegerOrNull();
  record.deleted_by = reader.Text();
  record.issuer = reader.Text();
  record.resource = reader.Text();
  record.settings = reader.Text();
  VIDIMUS_CHECK_OK(reader.Done());
  return record;
}

Status InsertSettings(DatabaseTransaction& database, const InstanceKey& key, const SettingsRecord& record) {
  VIDIMUS_CHECK_OK(CheckText(record.by));
  VIDIMUS_CHECK_OK(CheckText(record.settings));
  VIDIMUS_CHECK_OK(
      database.Run("INSERT INTO settings_history (name, generation, version, made_at, made_by, settings) VALUES ($1, $2,"
                   " (SELECT coalesce(max(version), 0) + 1 FROM settings_history WHERE name = $1 AND generation = $2),"
                   " $3, $4, $5)",
                   {key.name, key.generation, record.at, record.by, record.settings}));
  return {};
}

}  // namespace

// Every write of an instance passes here first. That one row is what makes transactions that concern the same instance disturb each
// other, such as two that each remove another one of the last two signers.
Status StoreTransaction::Touch(const InstanceKey& key) {
  VIDIMUS_CHECK_OK(CheckText(key.name));
  VIDIMUS_TRY(const auto rows, database_.Run("UPDATE instance SET revision = revision + 1"
                                             " WHERE name = $1 AND generation = $2 AND deleted_at IS NULL RETURNING revision",
                                             {key.name, key.generation}));
  if (rows.empty())
    return Fail(ErrorCode::kMissing, "store.missing",
                "no instance \"" + key.name + "\" of generation " + std::to_string(key.generation) + ", or it was deleted");
  return {};
}

Result<std::optional<InstanceRecord>> StoreTransaction::FindInstance(const std::string& name) {
  if (!CheckText(name)) return std::nullopt;
  VIDIMUS_TRY(auto rows, database_.Run(std::string(kLatestLives) + " AND i.name = $1", {name}));
  if (rows.empty()) return std::nullopt;
  VIDIMUS_TRY(auto record, InstanceOf(std::move(rows[0])));
  return std::optional(std::move(record));
}

Result<std::vector<InstanceRecord>> StoreTransaction::Instances() {
  VIDIMUS_TRY(auto rows, database_.Run(kLatestLives, {}));
  std::vector<InstanceRecord> records;
  records.reserve(rows.size());
  for (DatabaseRow& row : rows) {
    VIDIMUS_TRY(auto record, InstanceOf(std::move(row)));
    records.push_back(std::move(record));
  }
  // Here, since databases order text by their own locale.
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.key.name < b.key.name; });
  return records;
}

Result<StoreRevision> StoreTransaction::Revision() {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT count(*), CAST(coalesce(sum(revision), 0) AS BIGINT) FROM instance", {}));
  if (rows.size() != 1) return Fail(ErrorCode::kIo, "store.query", "found " + std::to_string(rows.size()) + " sums, expected one");
  RowReader reader(std::move(rows[0]));
  StoreRevision revision;
  revision.instances = reader.Integer();
  revision.changes = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  return revision;
}

Status StoreTransaction::CreateInstance(const InstanceRecord& record) {
  const InstanceKey& key = record.key;
  for (const std::string* text : {&key.name, &record.created_by, &record.issuer, &record.resource, &record.settings})
    VIDIMUS_CHECK_OK(CheckText(*text));
  VIDIMUS_TRY(const auto former,
              database_.Run("SELECT generation FROM instance WHERE name = $1 AND (generation >= $2 OR deleted_at IS NULL)",
                            {key.name, key.generation}));
  if (!former.empty())
    return Fail(ErrorCode::kUsage, "store.exists",
                "an instance \"" + key.name + "\" is there, or generation " + std::to_string(key.generation) + " of it was");
  const auto model = static_cast<size_t>(record.trust_model);
  VIDIMUS_CHECK_OK(database_.Run(
      "INSERT INTO instance (name, generation, revision, trust_model, created_at, created_by, deleted_by, issuer,"
      " resource) VALUES ($1, $2, 1, $3, $4, $5, '', $6, $7)",
      {key.name, key.generation, std::string(kTrustModels[model]), record.created_at, record.created_by, record.issuer, record.resource}));
  return InsertSettings(database_, key, {0, record.created_at, record.created_by, record.settings});
}

Status StoreTransaction::DeleteInstance(const InstanceKey& key, UnixTime at, const std::string& by) {
  VIDIMUS_CHECK_OK(CheckText(by));
  VIDIMUS_CHECK_OK(Touch(key));
  VIDIMUS_CHECK_OK(database_.Run("UPDATE instance SET deleted_at = $3, deleted_by = $4 WHERE name = $1 AND generation = $2",
                                 {key.name, key.generation, at, by}));
  return {};
}

Status StoreTransaction::SetResource(const InstanceKey& key, const std::string& resource) {
  VIDIMUS_CHECK_OK(CheckText(resource));
  VIDIMUS_CHECK_OK(Touch(key));
  VIDIMUS_CHECK_OK(
      database_.Run("UPDATE instance SET resource = $3 WHERE name = $1 AND generation = $2", {key.name, key.generation, resource}));
  return {};
}

Status StoreTransaction::SetIssuer(const InstanceKey& key, const std::string& issuer) {
  VIDIMUS_CHECK_OK(CheckText(issuer));
  VIDIMUS_CHECK_OK(Touch(key));
  VIDIMUS_CHECK_OK(
      database_.Run("UPDATE instance SET issuer = $3 WHERE name = $1 AND generation = $2", {key.name, key.generation, issuer}));
  return {};
}

Status StoreTransaction::AppendSettings(const InstanceKey& key, const SettingsRecord& record) {
  VIDIMUS_CHECK_OK(Touch(key));
  return InsertSettings(database_, key, record);
}

Result<std::vector<SettingsRecord>> StoreTransaction::SettingsHistory(const InstanceKey& key, size_t most) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT version, made_at, made_by, settings FROM settings_history"
                                       " WHERE name = $1 AND generation = $2 ORDER BY version DESC LIMIT $3",
                                       {key.name, key.generation, AtMost(most)}));
  std::vector<SettingsRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    SettingsRecord record;
    record.version = reader.Integer();
    record.at = reader.Integer();
    record.by = reader.Text();
    record.settings = reader.Text();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace vidimus
