#include "auth/issuer_keys.h"

#include "base/limits.h"
#include "base/log.h"
#include "codec/json.h"

namespace vidimus {
namespace {

Result<std::string> KeysUrl(const std::string& document, const std::string& issuer) {
  const auto json = ParseJson(document);
  if (!json) return Fail(ErrorCode::kMalformed, "auth.keys.discovery", json.error().detail);
  const Json* found = json->Find("issuer");
  // Section 4.3: exactly the issuer that was asked for, or it speaks for another.
  if (found == nullptr || found->AsString() == nullptr || *found->AsString() != issuer)
    return Fail(ErrorCode::kMismatch, "auth.keys.discovery",
                "found issuer " + (found == nullptr ? "nothing" : WriteJson(*found)) + ", expected \"" + issuer + "\"");
  const Json* url = json->Find("jwks_uri");
  if (url == nullptr || url->AsString() == nullptr || !url->AsString()->starts_with("https://"))
    return Fail(ErrorCode::kUntrusted, "auth.keys.discovery",
                "found jwks_uri " + (url == nullptr ? "nothing" : WriteJson(*url)) + ", expected an https URL");
  return *url->AsString();
}

Result<std::string> Get(Fetcher& fetcher, const std::string& url) {
  FetchRequest request;
  request.url = url;
  request.max_response_bytes = limits::kOpenIdDocumentBytes;
  request.timeout = std::chrono::seconds(limits::kOpenIdFetchSeconds);
  VIDIMUS_TRY(FetchResponse response, fetcher.Fetch(request));
  if (response.status != 200)
    return Fail(ErrorCode::kMissing, "auth.keys.status",
                "found HTTP status " + std::to_string(response.status) + " from " + url + ", expected 200");
  if (response.body.size() > limits::kOpenIdDocumentBytes)
    return Fail(ErrorCode::kLimit, "auth.keys.size",
                "found " + std::to_string(response.body.size()) + " bytes at " + url + ", expected at most " +
                    std::to_string(limits::kOpenIdDocumentBytes));
  return std::move(response.body);
}

}  // namespace

Result<std::vector<IssuerKey>> FetchIssuerKeys(const std::string& issuer, const std::string& discovery_url, Fetcher& fetcher,
                                               const std::function<Status()>& proceed) {
  VIDIMUS_TRY(const std::string discovery, Get(fetcher, discovery_url));
  VIDIMUS_TRY(const std::string keys_url, KeysUrl(discovery, issuer));
  VIDIMUS_CHECK_OK(proceed());
  VIDIMUS_TRY(const std::string document, Get(fetcher, keys_url));
  VIDIMUS_TRY(std::vector<IssuerKey> keys, ParseIssuerKeys(document));
  if (keys.empty()) return Fail(ErrorCode::kMissing, "auth.keys.none", keys_url + " holds no key for RS256 or ES256");
  return keys;
}

IssuerKeys::IssuerKeys(std::string issuer, std::string discovery_url, std::unique_ptr<Fetcher> fetcher, SteadyClock clock)
    : issuer_(std::move(issuer)), discovery_url_(std::move(discovery_url)), fetcher_(std::move(fetcher)), clock_(std::move(clock)) {
  thread_ = std::thread([this] { Run(); });
}

IssuerKeys::~IssuerKeys() {
  Stop();
  thread_.join();
}

void IssuerKeys::Stop() {
  std::vector<Waiter> waiting;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting.swap(waiting_);
  }
  changed_.notify_all();
  for (const Waiter& waiter : waiting) waiter(nullptr);
}

bool IssuerKeys::MayLook(Time now) const { return !stopped_ && (!looked_ || now >= next_look_); }

IssuerKeys::Set IssuerKeys::Held() {
  const Time now = clock_();
  Set held;
  {
    const std::shared_lock lock(held_mutex_);
    held = held_;
    if (held == nullptr || now < fresh_until_) return held;
  }
  const std::lock_guard lock(mutex_);
  if (!looking_ && MayLook(now)) {
    looking_ = true;
    changed_.notify_all();
  }
  return held;
}

IssuerKeys::Looking IssuerKeys::Look(Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || (!looking_ && !MayLook(clock_()))) return Looking::kTooSoon;
  if (waiting_.size() >= limits::kOpenIdWaiting) return Looking::kFull;
  waiting_.push_back(std::move(waiter));
  if (!looking_) {
    looking_ = true;
    changed_.notify_all();
  }
  return Looking::kQueued;
}

void IssuerKeys::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || looking_; });
    if (stopped_) return;
    lock.unlock();
    auto fetched = Fetch();
    if (!fetched)
      Log(LogLevel::kWarning, "openid keys unavailable",
          {{"issuer", issuer_}, {"where", std::string(fetched.error().where)}, {"detail", fetched.error().detail}});
    ++(fetched ? fetched_ : failed_);
    const Time now = clock_();
    Set held;
    {
      const std::lock_guard held_lock(held_mutex_);
      if (fetched) {
        held_ = *std::move(fetched);
        fresh_until_ = now + std::chrono::seconds(limits::kOpenIdKeysSeconds);
      }
      held = held_;
    }
    lock.lock();
    std::vector<Waiter> waiting;
    waiting.swap(waiting_);
    looking_ = false;
    looked_ = true;
    next_look_ = now + std::chrono::seconds(limits::kOpenIdRetrySeconds);
    lock.unlock();
    for (const Waiter& waiter : waiting) waiter(held);
    lock.lock();
  }
}

Result<IssuerKeys::Set> IssuerKeys::Fetch() {
  VIDIMUS_TRY(auto keys, FetchIssuerKeys(issuer_, discovery_url_, *fetcher_, [this]() -> Status {
                const std::lock_guard lock(mutex_);
                if (stopped_) return Fail(ErrorCode::kBusy, "auth.keys.stopped", "the service stops");
                return {};
              }));
  return std::make_shared<const std::vector<IssuerKey>>(std::move(keys));
}

}  // namespace vidimus
