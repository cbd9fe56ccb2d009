// StoreTransaction: policies.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {
namespace {

constexpr std::string_view kActions[] = {"set", "reset", "rollback"};  // in the order of PolicyRecord::Action

const std::string kColumns = "SELECT p.type, p.version, p.made_at, p.made_by, p.action, p.of_version, p.replayed, p.policy_hash";
const std::string kOfInstance = " FROM policy_history p WHERE p.name = $1 AND p.generation = $2";
const std::string kPolicies = kColumns + ", p.policy, p.jws" + kOfInstance;
const std::string kOutlines = kColumns + ", '', ''" + kOfInstance;

Result<std::vector<PolicyRecord>> PoliciesOf(DatabaseRows rows) {
  std::vector<PolicyRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    PolicyRecord record;
    record.type = reader.Text();
    record.version = reader.Integer();
    record.at = reader.Integer();
    record.by = reader.Text();
    record.action = reader.Name<PolicyRecord::Action>(kActions);
    record.of_version = reader.Integer();
    record.replayed = reader.Integer() != 0;
    record.hash = reader.Text();
    record.text = reader.Text();
    record.jws = reader.Text();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

Result<PolicyRecord> StoreTransaction::AppendPolicy(const InstanceKey& key, PolicyRecord record) {
  for (const std::string* text : {&record.type, &record.by, &record.jws, &record.text, &record.hash}) VIDIMUS_CHECK_OK(CheckText(*text));
  VIDIMUS_CHECK_OK(Touch(key));
  const int64_t hash = HashOf(record.jws);
  record.replayed = false;
  // A rollback repeats what the store holds; nobody sent it again. An unsecured JWS (RFC 7515 appendix A.5) proves nothing to replay.
  if (!record.jws.empty() && !record.jws.ends_with('.') && record.action != PolicyRecord::Action::kRollback) {
    VIDIMUS_TRY(const auto same, database_.Run("SELECT version FROM policy_history WHERE name = $1 AND generation = $2 AND type = $3"
                                               " AND jws_hash = $4 AND jws = $5 LIMIT 1",
                                               {key.name, key.generation, record.type, hash, record.jws}));
    record.replayed = !same.empty();
  }
  VIDIMUS_TRY(auto rows, database_.Run("INSERT INTO policy_history (name, generation, type, version, made_at, made_by, action, of_version,"
                                       " replayed, jws_hash, policy_hash, policy, jws) VALUES ($1, $2, $3,"
                                       " (SELECT coalesce(max(version), 0) + 1 FROM policy_history"
                                       " WHERE name = $1 AND generation = $2 AND type = $3),"
                                       " $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING version",
                                       {key.name, key.generation, record.type, record.at, record.by,
                                        std::string(kActions[static_cast<size_t>(record.action)]), record.of_version,
                                        static_cast<int64_t>(record.replayed), hash, record.hash, record.text, record.jws}));
  if (rows.size() != 1) return Fail(ErrorCode::kIo, "store.query", "found " + std::to_string(rows.size()) + " policies kept, expected one");
  RowReader reader(std::move(rows[0]));
  record.version = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  return record;
}

Result<std::vector<PolicyRecord>> StoreTransaction::CurrentPolicies(const InstanceKey& key) {
  VIDIMUS_TRY(auto rows, database_.Run(kPolicies + " AND p.version = (SELECT max(q.version) FROM policy_history q"
                                                   " WHERE q.name = $1 AND q.generation = $2 AND q.type = p.type)",
                                       {key.name, key.generation}));
  VIDIMUS_TRY(auto records, PoliciesOf(std::move(rows)));
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.type < b.type; });
  return records;
}

Result<std::optional<PolicyRecord>> StoreTransaction::FindPolicy(const InstanceKey& key, const std::string& type, int64_t version) {
  VIDIMUS_TRY(auto rows, database_.Run(kPolicies + " AND p.type = $3 AND p.version = $4", {key.name, key.generation, type, version}));
  VIDIMUS_TRY(auto records, PoliciesOf(std::move(rows)));
  if (records.empty()) return std::nullopt;
  return std::optional(std::move(records[0]));
}

Result<std::vector<PolicyRecord>> StoreTransaction::PolicyHistory(const InstanceKey& key, const std::string& type, size_t most) {
  VIDIMUS_TRY(auto rows, database_.Run(kOutlines + " AND p.type = $3 ORDER BY p.version DESC LIMIT $4",
                                       {key.name, key.generation, type, AtMost(most)}));
  return PoliciesOf(std::move(rows));
}

}  // namespace vidimus
