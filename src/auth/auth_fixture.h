// What the tests of auth share: keys, key sets and tokens of a made-up issuer, and a fetcher that no network serves.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/base64url.h"
#include "base/fetcher.h"
#include "codec/json.h"
#include "crypto/private_key.h"
#include "token/jws.h"

namespace vidimus::testing {

inline const std::string kIssuer = "https://login.example.com/tenant/v2.0";
inline const std::string kDiscoveryUrl = kIssuer + "/.well-known/openid-configuration";
inline const std::string kKeysUrl = "https://keys.example.com/keys";

inline const PrivateKey& RsaKey() {
  static const PrivateKey key = *PrivateKey::GenerateRsa(2048);
  return key;
}

inline const PrivateKey& EcKey() {
  static const PrivateKey key = *PrivateKey::GenerateP256();
  return key;
}

inline JsonObject RsaJwk(const PrivateKey& key, const std::string& kid) {
  return {
      {"kty", "RSA"}, {"use", "sig"}, {"kid", kid}, {"n", Base64UrlEncode(key.RsaModulus())}, {"e", Base64UrlEncode(key.RsaExponent())}};
}

inline JsonObject EcJwk(const PrivateKey& key, const std::string& kid) {
  const ByteVector point = key.P256Point();
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"kid", kid},
          {"x", Base64UrlEncode(Bytes(point).first(32))},
          {"y", Base64UrlEncode(Bytes(point).last(32))}};
}

inline std::string KeySet(JsonArray keys) { return WriteJson(JsonObject{{"keys", std::move(keys)}}); }
inline std::string GoodKeys() { return KeySet({RsaJwk(RsaKey(), "rsa"), EcJwk(EcKey(), "ec")}); }
inline std::string GoodDiscovery() { return WriteJson(JsonObject{{"issuer", kIssuer}, {"jwks_uri", kKeysUrl}}); }

// `object` with one member set to another value, or without it.
inline JsonObject With(JsonObject object, const std::string& name, Json value) {
  std::erase_if(object, [&](const JsonMember& member) { return member.first == name; });
  if (!value.is_null()) object.emplace_back(name, std::move(value));
  return object;
}

// Serves what the test sets, counts what is asked for, and can hang until it is told to go on.
class Web {
 public:
  void Serve(const std::string& url, std::string body, int status = 200) {
    const std::lock_guard lock(mutex_);
    pages_[url] = {status, {}, std::move(body)};
  }
  void Hang(bool hang) {
    const std::lock_guard lock(mutex_);
    hang_ = hang;
    changed_.notify_all();
  }
  size_t Fetched(const std::string& url) {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count(asked_.begin(), asked_.end(), url));
  }
  std::vector<std::string> Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  // Until `count` fetches have begun.
  void AwaitFetches(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_.size() >= count; });
  }
  Result<FetchResponse> Fetch(const FetchRequest& request) {
    std::unique_lock lock(mutex_);
    asked_.push_back(request.url);
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hang_; });
    const auto page = pages_.find(request.url);
    if (page == pages_.end()) return Fail(ErrorCode::kMissing, "net.fetch.connect", "nothing there");
    return page->second;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, FetchResponse> pages_;
  std::vector<std::string> asked_;
  bool hang_ = false;
};

class WebFetcher : public Fetcher {
 public:
  explicit WebFetcher(Web& web) : web_(web) {}
  Result<FetchResponse> Fetch(const FetchRequest& request) override { return web_.Fetch(request); }

 private:
  Web& web_;
};

}  // namespace vidimus::testing
