#include "service/endorsement_cache.h"

#include <algorithm>
#include <set>

#include "base/hex.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "endorsement/calendar.h"

namespace vidimus {
namespace {

constexpr int64_t kResignSeconds = 7 * 86400;  // well within the month for which simulated documents hold
constexpr size_t kPageRecords = 64;

std::vector<NamedDocument> DocumentsOf(const EndorsementRecord& record) {
  std::vector<NamedDocument> out = {{record.subject, record.content}};
  if (!record.issuer_chain.empty())
    out.push_back({record.subject + ", issuer chain", ByteVector(record.issuer_chain.begin(), record.issuer_chain.end())});
  return out;
}

EndorsementRecord RecordOf(const HeldIntelDocument& document, const std::string& source, UnixTime now) {
  EndorsementRecord out;
  out.digest = HexEncode(Sha256(document.content));
  out.subject = IntelDocumentName(document.key);
  out.issued_at = document.issued;
  out.content.assign(document.content.begin(), document.content.end());
  out.issuer_chain = document.issuer_chain;
  out.fetched_at = now;
  out.source = source;
  return out;
}

Status RequireNoOlder(const std::vector<HeldIntelDocument>& held, const HeldIntelDocument& offered) {
  for (const HeldIntelDocument& one : held)
    if (one.key == offered.key && one.anchor && one.anchor->key == offered.anchor->key) VIDIMUS_CHECK_OK(CheckNoRollback(one, offered));
  return {};
}

}  // namespace

Result<std::unique_ptr<EndorsementCache>> EndorsementCache::Open(Settings settings) {
  std::unique_ptr<EndorsementCache> out(new EndorsementCache(std::move(settings)));
  out->gathered_.emplace(out->settings_.anchors);
  VIDIMUS_CHECK_OK(out->ReplaceFiles(out->settings_.files, out->settings_.clock()));
  return out;
}

bool EndorsementCache::Holds(const Snapshot& snapshot, UnixTime now) const {
  return !settings_.simulated || (snapshot.made_for <= now && now - snapshot.made_for < kResignSeconds);
}

Result<IntelEndorsements> EndorsementCache::WithFiles(const IntelEndorsements& gathered, const std::vector<NamedDocument>& files,
                                                      UnixTime now) const {
  std::vector<NamedDocument> all = files;
  if (settings_.simulated) {
    VIDIMUS_TRY(const auto simulated, settings_.simulated(now));
    all.insert(all.end(), simulated.begin(), simulated.end());
  }
  return gathered.With(all);
}

Result<std::shared_ptr<const IntelEndorsements>> EndorsementCache::At(UnixTime now) {
  std::shared_ptr<const Snapshot> held = snapshot_.load();
  if (Holds(*held, now)) return held->endorsements;
  const std::lock_guard lock(writing_);
  held = snapshot_.load();
  if (Holds(*held, now)) return held->endorsements;
  VIDIMUS_CHECK_OK(Renew(files_, now));
  return snapshot_.load()->endorsements;
}

// Everything anew, from what was gathered.
Status EndorsementCache::Renew(const std::vector<NamedDocument>& files, UnixTime now) {
  VIDIMUS_TRY(IntelEndorsements all, WithFiles(*gathered_, files, now));
  snapshot_.store(std::make_shared<const Snapshot>(Snapshot{std::make_shared<const IntelEndorsements>(std::move(all)), now}));
  return {};
}

Status EndorsementCache::ReplaceFiles(std::vector<NamedDocument> files, UnixTime now) {
  const std::lock_guard lock(writing_);
  if (settings_.files_suffice) {
    VIDIMUS_TRY(const IntelEndorsements alone, WithFiles(IntelEndorsements(settings_.anchors), files, now));
    VIDIMUS_CHECK_OK(alone.RequireSome());
  }
  VIDIMUS_CHECK_OK(Renew(files, now));
  files_ = std::move(files);
  return {};
}

// Both sets have verified the rest already.
Result<EndorsementCache::Sets> EndorsementCache::With(const std::vector<NamedDocument>& documents) const {
  VIDIMUS_TRY(IntelEndorsements gathered, gathered_->With(documents));
  VIDIMUS_TRY(IntelEndorsements all, Endorsements()->With(documents));
  return Sets{std::move(gathered), std::move(all)};
}

void EndorsementCache::Publish(Sets sets) {
  const UnixTime made_for = snapshot_.load()->made_for;
  gathered_ = std::move(sets.gathered);
  snapshot_.store(std::make_shared<const Snapshot>(Snapshot{std::make_shared<const IntelEndorsements>(std::move(sets.all)), made_for}));
}

Status EndorsementCache::Add(const std::vector<NamedDocument>& documents) {
  VIDIMUS_TRY(Sets sets, With(documents));
  Publish(std::move(sets));
  return {};
}

Status EndorsementCache::Attach(Store& store) {
  {
    const std::lock_guard lock(writing_);
    store_ = &store;
  }
  return CatchUp();
}

Status EndorsementCache::CatchUp() {
  const std::lock_guard lock(writing_);
  return ReadStore();
}

Status EndorsementCache::ReadStore() {
  if (store_ == nullptr) return {};
  while (true) {
    std::vector<EndorsementRecord> records;
    VIDIMUS_CHECK_OK(store_->Read([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const int64_t latest, transaction.LatestEndorsement());
      if (latest <= sequence_) return {};
      VIDIMUS_TRY(records, transaction.EndorsementsAfter(sequence_, kPageRecords));
      return {};
    }));
    if (records.empty()) return {};
    TakeRecords(records);
    sequence_ = records.back().sequence;
  }
}

// Of records that do not verify together, each that verifies alone.
void EndorsementCache::TakeRecords(const std::vector<EndorsementRecord>& records) {
  std::vector<NamedDocument> documents;
  for (const EndorsementRecord& record : records) {
    const auto one = DocumentsOf(record);
    documents.insert(documents.end(), one.begin(), one.end());
  }
  if (Add(documents)) return;
  for (const EndorsementRecord& record : records) {
    const Status added = Add(DocumentsOf(record));
    if (!added)
      Log(LogLevel::kError, "stored endorsement does not hold",
          {{"document", record.subject},
           {"digest", record.digest},
           {"where", std::string(added.error().where)},
           {"detail", added.error().detail}});
  }
}

Status EndorsementCache::Keep(const std::vector<EndorsementRecord>& records) {
  if (store_ == nullptr) return {};
  return store_->Write([&](StoreTransaction& transaction) -> Status {
    for (const EndorsementRecord& record : records) VIDIMUS_CHECK_OK(transaction.AddEndorsement(record, settings_.history));
    return {};
  });
}

Result<Taking> EndorsementCache::Take(const IntelDocumentKey& key, const std::string& source, const std::vector<NamedDocument>& documents) {
  VIDIMUS_TRY(const IntelEndorsements given, IntelEndorsements::Load(documents, settings_.anchors));
  const auto all = given.Held();
  // One, so that nothing comes along unasked for in the header of its issuers.
  if (all.size() != 1 || !Answers(all.front(), key))
    return Fail(ErrorCode::kMismatch, "gather.other_document",
                "found " + (all.size() == 1 ? "the " + IntelDocumentName(all.front().key) : std::to_string(all.size()) + " documents") +
                    ", expected the " + IntelDocumentName(key));
  const HeldIntelDocument* const answer = &all.front();
  VIDIMUS_CHECK_OK(RequireVerified(*answer));
  const UnixTime now = settings_.clock();
  const std::lock_guard lock(writing_);
  const std::vector<HeldIntelDocument> held = Endorsements()->Held();
  if (const Status newer = RequireNoOlder(held, *answer); !newer) {
    ++rollbacks_;
    return tl::unexpected(newer.error());
  }
  // A CRL of which nobody knew the issuer is not known yet: now it comes with its certificates.
  const bool known = std::any_of(held.begin(), held.end(),
                                 [&](const HeldIntelDocument& one) { return one.hash == answer->hash && !one.issuer_chain.empty(); });
  if (!known) {
    VIDIMUS_CHECK_OK(Add(documents));
    if (const Status kept = Keep({RecordOf(*answer, source, now)}); !kept)
      Log(LogLevel::kError, "endorsement not kept in the store",
          {{"document", IntelDocumentName(answer->key)}, {"where", std::string(kept.error().where)}, {"detail", kept.error().detail}});
  }
  if (now <= answer->next_update) return known && HalfLife(*answer) <= now ? Taking::kDue : Taking::kUsable;
  return Fail(ErrorCode::kExpired, "gather.stale",
              "the " + IntelDocumentName(answer->key) + " was to be replaced at " + FormatRfc3339Utc(answer->next_update) + ", and it is " +
                  FormatRfc3339Utc(now));
}

// The store first: whoever is told that a document was taken must still have it after a power cut.
Result<ImportedEndorsements> EndorsementCache::Import(const std::vector<NamedDocument>& documents, const std::string& by) {
  OfferedEndorsements offered = VerifyEach(documents, *Endorsements());
  const std::lock_guard lock(writing_);
  VIDIMUS_CHECK_OK(ReadStore());  // another node may have a newer one since
  const std::shared_ptr<const IntelEndorsements> before = Endorsements();
  const std::vector<HeldIntelDocument> held = before->Held();
  std::set<Sha256Digest> known;
  for (const HeldIntelDocument& one : held) known.insert(one.hash);
  ImportedEndorsements out;
  out.refused = std::move(offered.refused);
  std::vector<NamedDocument> taken = std::move(offered.issuers);
  std::vector<EndorsementRecord> records;
  for (const auto& [name, holder, document] : offered.documents) {
    if (known.contains(document.hash)) {
      ++out.held;
    } else if (const Status newer = RequireNoOlder(held, document); !newer) {
      ++rollbacks_;
      out.refused.push_back({name, newer.error()});
      continue;
    } else {
      ++out.added;
      known.insert(document.hash);
    }
    taken.push_back({name, ByteVector(document.content.begin(), document.content.end())});
    if (!document.issuer_chain.empty()) taken.push_back({name, ByteVector(document.issuer_chain.begin(), document.issuer_chain.end())});
    records.push_back(RecordOf(document, "import by " + by, settings_.clock()));
  }
  VIDIMUS_TRY(Sets sets, With(taken));
  VIDIMUS_CHECK_OK(Keep(records));
  Publish(std::move(sets));
  Log(LogLevel::kInfo, "endorsements imported",
      {{"by", by},
       {"added", std::to_string(out.added)},
       {"held", std::to_string(out.held)},
       {"refused", std::to_string(out.refused.size())}});
  return out;
}

}  // namespace vidimus
