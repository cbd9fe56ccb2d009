// StoreTransaction: the documents that were gathered.
#include "store/rows.h"
#include "store/store.h"

namespace vidimus {
namespace {

Status CheckSize(std::string_view what, size_t found, size_t most) {
  if (found <= most) return {};
  return Fail(ErrorCode::kLimit, "store.size",
              std::string(what) + ": found " + std::to_string(found) + " octets, expected at most " + std::to_string(most));
}

// That one row is also what makes writes of two nodes disturb each other, so that what is counted and left out below holds for both.
Result<int64_t> NextSequence(DatabaseTransaction& database) {
  VIDIMUS_TRY(auto rows, database.Run("INSERT INTO endorsement_counter (id, sequence) VALUES (1, 1)"
                                      " ON CONFLICT (id) DO UPDATE SET sequence = endorsement_counter.sequence + 1 RETURNING sequence",
                                      {}));
  if (rows.size() != 1) return Fail(ErrorCode::kIo, "store.query", "found " + std::to_string(rows.size()) + " counters, expected one");
  RowReader reader(std::move(rows[0]));
  const int64_t next = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  return next;
}

Status RequireRoom(DatabaseTransaction& database) {
  VIDIMUS_TRY(auto rows, database.Run("SELECT count(*) FROM endorsement", {}));
  if (rows.size() != 1) return Fail(ErrorCode::kIo, "store.query", "found " + std::to_string(rows.size()) + " counts, expected one");
  RowReader reader(std::move(rows[0]));
  const int64_t count = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  if (static_cast<size_t>(count) <= limits::kStoredEndorsements) return {};
  return Fail(ErrorCode::kLimit, "store.full",
              "found " + std::to_string(limits::kStoredEndorsements) + " documents kept and one more, expected at most that many");
}

}  // namespace

Status StoreTransaction::AddEndorsement(const EndorsementRecord& record, size_t keep) {
  for (const std::string* text : {&record.digest, &record.subject, &record.issuer_chain, &record.source})
    VIDIMUS_CHECK_OK(CheckText(*text));
  VIDIMUS_CHECK_OK(CheckSize("a document of " + Shortened(record.subject, 64), record.content.size(), limits::kEndorsementBytes));
  VIDIMUS_CHECK_OK(
      CheckSize("the issuers of a document of " + Shortened(record.subject, 64), record.issuer_chain.size(), limits::kIssuerChainBytes));
  VIDIMUS_TRY(const int64_t sequence, NextSequence(database_));
  VIDIMUS_TRY(const auto renewed,
              database_.Run("UPDATE endorsement SET sequence = $2, fetched_at = $3, source = $4,"
                            " issuer_chain = CASE WHEN issuer_chain = '' THEN $5 ELSE issuer_chain END WHERE digest = $1 RETURNING digest",
                            {record.digest, sequence, record.fetched_at, record.source, record.issuer_chain}));
  if (!renewed.empty()) return {};
  VIDIMUS_CHECK_OK(
      database_.Run("INSERT INTO endorsement (digest, sequence, subject, issued_at, rank, fetched_at, source, issuer_chain, content)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    {record.digest, sequence, record.subject, record.issued_at, record.rank, record.fetched_at, record.source,
                     record.issuer_chain, record.content}));
  VIDIMUS_CHECK_OK(
      database_.Run("DELETE FROM endorsement WHERE subject = $1 AND digest NOT IN (SELECT digest FROM endorsement WHERE subject = $1"
                    " ORDER BY issued_at DESC, rank DESC, sequence DESC LIMIT $2)",
                    {record.subject, std::max<int64_t>(AtMost(keep), 1)}));
  return RequireRoom(database_);
}

Result<std::vector<EndorsementRecord>> StoreTransaction::EndorsementsAfter(int64_t sequence, size_t most) {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT sequence, digest, subject, issued_at, rank, fetched_at, source, issuer_chain, content"
                                       " FROM endorsement WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                                       {sequence, AtMost(most)}));
  std::vector<EndorsementRecord> records;
  for (DatabaseRow& row : rows) {
    RowReader reader(std::move(row));
    EndorsementRecord record;
    record.sequence = reader.Integer();
    record.digest = reader.Text();
    record.subject = reader.Text();
    record.issued_at = reader.Integer();
    record.rank = reader.Integer();
    record.fetched_at = reader.Integer();
    record.source = reader.Text();
    record.issuer_chain = reader.Text();
    record.content = reader.Octets();
    VIDIMUS_CHECK_OK(reader.Done());
    records.push_back(std::move(record));
  }
  return records;
}

Result<int64_t> StoreTransaction::LatestEndorsement() {
  VIDIMUS_TRY(auto rows, database_.Run("SELECT sequence FROM endorsement_counter WHERE id = 1", {}));
  if (rows.empty()) return 0;
  RowReader reader(std::move(rows[0]));
  const int64_t latest = reader.Integer();
  VIDIMUS_CHECK_OK(reader.Done());
  return latest;
}

}  // namespace vidimus
