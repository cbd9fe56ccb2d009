// StoreTransaction: the machines that evidence came from. None of it passes Touch(), which would have every node read its instances again.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {

Status StoreTransaction::KeepPlatforms(const InstanceKey& key, const std::vector<PlatformRecord>& records, size_t most) {
  VIDIMUS_CHECK_OK(CheckText(key.name));
  for (const PlatformRecord& record : records) {
    for (const std::string* text : {&record.tee, &record.digest, &record.platform}) VIDIMUS_CHECK_OK(CheckText(*text));
    if (record.platform.size() > limits::kPlatformBytes)
      return Fail(ErrorCode::kLimit, "store.size",
                  "a platform: found " + std::to_string(record.platform.size()) + " octets, expected at most " +
                      std::to_string(limits::kPlatformBytes));
  }
  VIDIMUS_TRY(const auto alive, database_.Run("SELECT generation FROM instance WHERE name = $1 AND generation = $2 AND deleted_at IS NULL",
                                              {key.name, key.generation}));
  if (alive.empty())
    return Fail(ErrorCode::kMissing, "store.missing",
                "no instance \"" + key.name + "\" of generation " + std::to_string(key.generation) + ", or it was deleted");
  for (const PlatformRecord& record : records)
    VIDIMUS_CHECK_OK(
        database_.Run("INSERT INTO platform_seen (name, generation, digest, tee, first_seen, last_seen, platform)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name, generation, digest) DO UPDATE SET last_seen ="
                      " CASE WHEN platform_seen.last_seen > excluded.last_seen THEN platform_seen.last_seen ELSE excluded.last_seen END",
                      {key.name, key.generation, record.digest, record.tee, record.first_seen, record.last_seen, record.platform}));
  VIDIMUS_CHECK_OK(
      database_.Run("DELETE FROM platform_seen WHERE name = $1 AND generation = $2 AND digest NOT IN (SELECT digest FROM platform_seen"
                    " WHERE name = $1 AND generation = $2 ORDER BY last_seen DESC, digest LIMIT $3)",
                    {key.name, key.generation, static_cast<int64_t>(std::min(most, limits::kPlatformsSeen))}));
  return {};
}

Result<std::vector<PlatformRecord>> StoreTransaction::Platforms(const InstanceKey& key) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT tee, digest, platform, first_seen, last_seen FROM platform_seen"
                                       " WHERE name = $1 AND generation = $2 ORDER BY last_seen DESC, digest LIMIT $3",
                                       {key.name, key.generation, static_cast<int64_t>(limits::kPlatformsSeen)}));
  std::vector<PlatformRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    PlatformRecord record;
    record.tee = reader.Text();
    record.digest = reader.Text();
    record.platform = reader.Text();
    record.first_seen = reader.Integer();
    record.last_seen = reader.Integer();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  return records;
}

Status StoreTransaction::ForgetPlatformsBefore(UnixTime last_seen) {
  VIDIMUS_CHECK_OK(database_.Run("DELETE FROM platform_seen WHERE last_seen < $1", {last_seen}));
  return {};
}

}  // namespace vidimus
