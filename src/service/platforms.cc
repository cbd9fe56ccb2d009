#include "service/platforms.h"

#include "base/hex.h"
#include "base/log.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace vidimus {
namespace {

PlatformRecord RecordOf(const SeenPlatform& seen) {
  PlatformRecord out;
  out.tee = IntelTeeName(seen.platform.tee);
  out.platform = WriteJson(PlatformTcbToJson(seen.platform));
  out.digest = HexEncode(Sha256(AsBytes(out.platform)));
  out.first_seen = seen.first_seen;
  out.last_seen = seen.last_seen;
  return out;
}

Result<SeenPlatform> SeenOf(const PlatformRecord& record) {
  VIDIMUS_TRY(const Json json, ParseJson(record.platform));
  VIDIMUS_TRY(PlatformTcb platform, PlatformTcbFromJson(json));
  return SeenPlatform{std::move(platform), record.first_seen, record.last_seen};
}

bool IsOutOfReach(const Status& status) {
  return !status && (status.error().where == "store.unavailable" || status.error().where == "store.contention");
}

std::string_view StatusOf(const Result<TcbForecast>& forecast) {
  return forecast && forecast->status ? TcbStatusName(*forecast->status) : "none";
}

}  // namespace

std::vector<PlatformForecast> ForecastPlatforms(const Instance& instance, std::vector<SeenPlatform> platforms,
                                                const IntelEndorsements& endorsements, UnixTime now) {
  const AppraisalSettings& appraisal = instance.settings.appraisal;
  std::vector<PlatformForecast> out;
  out.reserve(platforms.size());
  for (SeenPlatform& seen : platforms) {
    const bool sgx = seen.platform.tee == IntelTee::kSgx;
    const TcbSettings& settings = sgx ? static_cast<const TcbSettings&>(appraisal.sgx) : appraisal.tdx;
    auto early = ForecastTcb(seen.platform, endorsements, {TcbBaseline::Kind::kEarly}, settings, now);
    auto standard = ForecastTcb(seen.platform, endorsements, {TcbBaseline::Kind::kStandard}, settings, now);
    out.push_back({std::move(seen), std::move(early), std::move(standard)});
  }
  return out;
}

Platforms::Platforms(Store& store, const InstanceRegistry& registry, const EndorsementCache& endorsements, Settings settings)
    : store_(store), registry_(registry), endorsements_(endorsements), settings_(std::move(settings)), thread_([this] { Run(); }) {}

Platforms::~Platforms() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  thread_.join();
}

Result<std::vector<SeenPlatform>> Platforms::Read(const InstanceKey& key) const {
  std::vector<PlatformRecord> records;
  VIDIMUS_CHECK_OK(store_.Read([&](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(records, transaction.Platforms(key));
    return {};
  }));
  const UnixTime oldest = settings_.clock() - limits::kPlatformSeconds;
  std::vector<SeenPlatform> out;
  for (const PlatformRecord& record : records) {
    auto seen = SeenOf(record);
    if (!seen)
      Log(LogLevel::kError, "stored platform does not hold",
          {{"instance", key.name}, {"digest", record.digest}, {"where", std::string(seen.error().where)}, {"detail", seen.error().detail}});
    else if (seen->last_seen >= oldest)
      out.push_back(*std::move(seen));
  }
  return out;
}

// One caller at a time: whoever finds no news finds them in the store.
Status Platforms::KeepNews(const Instance& instance) const {
  PlatformsSeen& seen = instance.memory->platforms;
  const std::lock_guard keeping(seen.keeping);
  const UnixTime oldest = settings_.clock() - limits::kPlatformSeconds;
  const auto news = seen.TakeNews(oldest);
  if (news.empty()) return {};
  std::vector<PlatformRecord> records;
  for (const SeenPlatform& one : news) records.push_back(RecordOf(one));
  const Status kept = store_.Write(
      [&](StoreTransaction& transaction) { return transaction.KeepPlatforms(instance.record.key, records, limits::kPlatformsSeen); });
  if (!kept) seen.PutBack(news);
  return kept;
}

Result<std::vector<SeenPlatform>> Platforms::Seen(const Instance& instance) const {
  VIDIMUS_CHECK_OK(KeepNews(instance));
  return Read(instance.record.key);
}

// What a restart has forgotten is read back, so that the counts go on where they were.
Status Platforms::LookAt(const Instance& instance) {
  PlatformsSeen& seen = instance.memory->platforms;
  if (!seen.added()) {
    VIDIMUS_TRY(const std::vector<SeenPlatform> kept, Read(instance.record.key));
    seen.Add(kept);
  }
  return KeepNews(instance);
}

// Each attempt waits for the store, so one that fails for all is the last: a stop must not take longer the more instances there are.
void Platforms::Look() {
  Status all;
  for (const auto& instance : registry_.Loaded()) {
    const Status one = LookAt(*instance);
    if (!one && one.error().where != "store.missing") all = one;  // deleted meanwhile
    if (IsOutOfReach(all)) break;
  }
  const UnixTime oldest = settings_.clock() - limits::kPlatformSeconds;
  if (!IsOutOfReach(all)) {
    const Status forgotten = store_.Write([&](StoreTransaction& transaction) { return transaction.ForgetPlatformsBefore(oldest); });
    if (!forgotten) all = forgotten;
  }
  if (!all && kept_)
    Log(LogLevel::kWarning, "platforms not kept in the store; tried again",
        {{"where", std::string(all.error().where)}, {"detail", all.error().detail}});
  kept_ = all.has_value();
}

void Platforms::Count() {
  std::map<ForecastKind, uint64_t> counts;
  const UnixTime now = settings_.judging_clock();
  const auto endorsements = endorsements_.Endorsements();
  for (const auto& instance : registry_.Loaded())
    for (const PlatformForecast& one : ForecastPlatforms(*instance, instance->memory->platforms.All(), *endorsements, now))
      for (const auto& [kind, forecast] : {std::pair(TcbBaseline::Kind::kEarly, &one.early), {TcbBaseline::Kind::kStandard, &one.standard}})
        ++counts[{kind, StatusOf(*forecast), *forecast && !(*forecast)->refusal}];
  const std::lock_guard lock(mutex_);
  counts_ = std::move(counts);
}

std::map<ForecastKind, uint64_t> Platforms::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Platforms::Run() {
  bool stopping = false;
  while (!stopping) {
    Look();
    Count();
    std::unique_lock lock(mutex_);
    stopping = wakes_.wait_for(lock, settings_.look, [this] { return stopping_; });
  }
  Look();
}

}  // namespace vidimus
