// StoreTransaction: the certificates that may sign policies.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {

// What the changes in their order have left.
Result<std::vector<SignerRecord>> StoreTransaction::Signers(const InstanceKey& key) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT added, made_at, made_by, certificate FROM signer_change"
                                       " WHERE name = $1 AND generation = $2 ORDER BY version",
                                       {key.name, key.generation}));
  std::vector<SignerRecord> signers;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    SignerRecord signer;
    const bool added = reader.Integer() != 0;
    signer.added_at = reader.Integer();
    signer.added_by = reader.Text();
    signer.certificate = reader.Octets();
    VIDIMUS_CHECK_OK(reader.Done());
    const auto same =
        std::find_if(signers.begin(), signers.end(), [&](const SignerRecord& other) { return other.certificate == signer.certificate; });
    if (added && same == signers.end()) signers.push_back(std::move(signer));
    if (!added && same != signers.end()) signers.erase(same);
  }
  return signers;
}

Result<std::vector<ByteVector>> StoreTransaction::SignersEver(const InstanceKey& key) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT DISTINCT certificate FROM signer_change WHERE name = $1 AND generation = $2 AND added <> 0",
                                       {key.name, key.generation}));
  std::vector<ByteVector> certificates;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    certificates.push_back(reader.Octets());
    VIDIMUS_CHECK_OK(reader.Done());
  }
  return certificates;
}

Status StoreTransaction::AppendSignerChange(const InstanceKey& key, SignerChangeRecord record) {
  VIDIMUS_CHECK_OK(CheckText(record.by));
  VIDIMUS_CHECK_OK(CheckText(record.jws));
  VIDIMUS_CHECK_OK(Touch(key));
  const int64_t hash = HashOf(record.jws);
  record.replayed = false;
  if (!record.jws.empty()) {
    VIDIMUS_TRY(const auto same, database_.Run("SELECT version FROM signer_change WHERE name = $1 AND generation = $2 AND jws_hash = $3"
                                               " AND jws = $4 LIMIT 1",
                                               {key.name, key.generation, hash, record.jws}));
    record.replayed = !same.empty();
  }
  VIDIMUS_CHECK_OK(
      database_.Run("INSERT INTO signer_change (name, generation, version, made_at, made_by, added, replayed, jws_hash,"
                    " certificate, jws) VALUES ($1, $2,"
                    " (SELECT coalesce(max(version), 0) + 1 FROM signer_change WHERE name = $1 AND generation = $2),"
                    " $3, $4, $5, $6, $7, $8, $9)",
                    {key.name, key.generation, record.at, record.by, static_cast<int64_t>(record.added),
                     static_cast<int64_t>(record.replayed), hash, record.certificate, record.jws}));
  return {};
}

Result<std::vector<SignerChangeRecord>> StoreTransaction::SignerHistory(const InstanceKey& key, size_t most) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT version, made_at, made_by, added, replayed, certificate, jws FROM signer_change"
                                       " WHERE name = $1 AND generation = $2 ORDER BY version DESC LIMIT $3",
                                       {key.name, key.generation, AtMost(most)}));
  std::vector<SignerChangeRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    SignerChangeRecord record;
    record.version = reader.Integer();
    record.at = reader.Integer();
    record.by = reader.Text();
    record.added = reader.Integer() != 0;
    record.replayed = reader.Integer() != 0;
    record.certificate = reader.Octets();
    record.jws = reader.Text();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace vidimus
