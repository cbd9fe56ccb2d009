#include "store/schema.h"

#include <array>
#include <span>
#include <string>

#include "store/tables.h"

namespace vidimus {
namespace {

// History tables are only ever inserted into. Small columns stand first: SQLite reads a row from its beginning. The hash of a JWS leads
// to those that may equal it; a JWS itself is too long for an index of PostgreSQL.
constexpr auto kVersion1 = std::to_array<std::string_view>({
    "CREATE TABLE instance (name TEXT NOT NULL, generation BIGINT NOT NULL, revision BIGINT NOT NULL, trust_model TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, created_by TEXT NOT NULL, deleted_at BIGINT, deleted_by TEXT NOT NULL, issuer TEXT NOT NULL,"
    " resource TEXT NOT NULL, PRIMARY KEY (name, generation))",
    "CREATE INDEX instance_revision ON instance (revision)",

    "CREATE TABLE settings_history (name TEXT NOT NULL, generation BIGINT NOT NULL, version BIGINT NOT NULL, made_at BIGINT NOT NULL,"
    " made_by TEXT NOT NULL, settings TEXT NOT NULL, PRIMARY KEY (name, generation, version),"
    " FOREIGN KEY (name, generation) REFERENCES instance (name, generation))",

    "CREATE TABLE policy_history (name TEXT NOT NULL, generation BIGINT NOT NULL, type TEXT NOT NULL, version BIGINT NOT NULL,"
    " made_at BIGINT NOT NULL, made_by TEXT NOT NULL, action TEXT NOT NULL, of_version BIGINT NOT NULL, replayed BIGINT NOT NULL,"
    " jws_hash BIGINT NOT NULL, policy_hash TEXT NOT NULL, policy TEXT NOT NULL, jws TEXT NOT NULL,"
    " PRIMARY KEY (name, generation, type, version), FOREIGN KEY (name, generation) REFERENCES instance (name, generation))",
    "CREATE INDEX policy_history_jws ON policy_history (name, generation, type, jws_hash)",

    "CREATE TABLE signer_change (name TEXT NOT NULL, generation BIGINT NOT NULL, version BIGINT NOT NULL, made_at BIGINT NOT NULL,"
    " made_by TEXT NOT NULL, added BIGINT NOT NULL, replayed BIGINT NOT NULL, jws_hash BIGINT NOT NULL, certificate BYTEA NOT NULL,"
    " jws TEXT NOT NULL, PRIMARY KEY (name, generation, version),"
    " FOREIGN KEY (name, generation) REFERENCES instance (name, generation))",
    "CREATE INDEX signer_change_jws ON signer_change (name, generation, jws_hash)",

    "CREATE TABLE signing_key (name TEXT NOT NULL, generation BIGINT NOT NULL, kid TEXT NOT NULL, source TEXT NOT NULL,"
    " created_at BIGINT NOT NULL, created_by TEXT NOT NULL, signs_from BIGINT NOT NULL, published_until BIGINT, secret BYTEA NOT NULL,"
    " certificate BYTEA NOT NULL, PRIMARY KEY (name, generation, kid),"
    " FOREIGN KEY (name, generation) REFERENCES instance (name, generation))",
});

// The counter is a row of its own, since a sequence must not come again after the document that had it is gone.
constexpr auto kVersion2 = std::to_array<std::string_view>({
    "CREATE TABLE endorsement (digest TEXT NOT NULL, sequence BIGINT NOT NULL, subject TEXT NOT NULL, issued_at BIGINT NOT NULL,"
    " rank BIGINT NOT NULL, fetched_at BIGINT NOT NULL, source TEXT NOT NULL, issuer_chain TEXT NOT NULL, content BYTEA NOT NULL,"
    " PRIMARY KEY (digest))",
    "CREATE INDEX endorsement_sequence ON endorsement (sequence)",
    "CREATE INDEX endorsement_subject ON endorsement (subject, issued_at)",
    "CREATE TABLE endorsement_counter (id BIGINT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (id))",

    "CREATE TABLE platform_seen (name TEXT NOT NULL, generation BIGINT NOT NULL, digest TEXT NOT NULL, tee TEXT NOT NULL,"
    " first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, platform TEXT NOT NULL, PRIMARY KEY (name, generation, digest),"
    " FOREIGN KEY (name, generation) REFERENCES instance (name, generation))",
    "CREATE INDEX platform_seen_last ON platform_seen (last_seen)",
});

// The steps from each version to the next; the first starts from nothing. What was released is never altered, only followed.
const std::array<std::span<const std::string_view>, 2> kMigrations = {kVersion1, kVersion2};

constexpr auto kNewest = static_cast<int64_t>(kMigrations.size());

// 0 where no version is written down.
Result<int64_t> VersionIn(DatabaseTransaction& database) {
  VIDIMUS_TRY(const auto rows, database.Run("SELECT version FROM vidimus_schema WHERE id = 1", {}));
  if (rows.empty()) return 0;
  const auto* const found = std::get_if<int64_t>(&rows[0][0]);
  if (found == nullptr || *found < 1)
    return Fail(ErrorCode::kUnsupported, "store.version", "the version of the tables is no number above 0");
  if (*found > kNewest)
    return Fail(ErrorCode::kUnsupported, "store.version",
                "found tables of version " + std::to_string(*found) + ", expected at most " + std::to_string(kNewest) +
                    ": a newer Vidimus has written here");
  return *found;
}

Status MigrateIn(DatabaseTransaction& database) {
  VIDIMUS_CHECK_OK(database.Run("CREATE TABLE IF NOT EXISTS vidimus_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)", {}));
  VIDIMUS_TRY(const int64_t version, VersionIn(database));
  if (version == kNewest) return {};
  for (int64_t step = version; step < kNewest; ++step) {
    for (const std::string_view statement : kMigrations[static_cast<size_t>(step)]) VIDIMUS_CHECK_OK(database.Run(statement, {}));
  }
  VIDIMUS_CHECK_OK(database.Run(
      "INSERT INTO vidimus_schema (id, version) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version", {kNewest}));
  return {};
}

}  // namespace

Status Migrate(Database& database) { return database.Transact(Database::Mode::kMigrate, MigrateIn); }

Status RequireNewestSchema(Database& database) {
  int64_t version = 0;
  const Status read = database.Transact(Database::Mode::kRead, [&](DatabaseTransaction& transaction) -> Status {
    VIDIMUS_TRY(version, VersionIn(transaction));
    return {};
  });
  if (!read && read.error().where != "store.query") return read;
  if (!read || version == 0)
    return Fail(ErrorCode::kMissing, "store.absent",
                "found no tables of Vidimus, which the service makes when it starts" + (read ? "" : " (" + read.error().detail + ")"));
  if (version == kNewest) return {};
  return Fail(ErrorCode::kUnsupported, "store.older",
              "found tables of version " + std::to_string(version) + ", expected " + std::to_string(kNewest) +
                  ": the service makes them so when it starts");
}

int64_t NewestSchema() { return kNewest; }

}  // namespace vidimus
