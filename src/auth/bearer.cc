#include "auth/bearer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "auth/issuer_keys.h"
#include "base/limits.h"
#include "token/jws.h"

namespace vidimus {
namespace {

constexpr size_t kShownBytes = 160;  // of what a refusal quotes

enum class Algorithm { kRs256, kEs256 };

struct Issuer {
  OpenIdIssuer configured;
  IssuerKeys::Set fixed;             // null: fetched
  std::unique_ptr<IssuerKeys> keys;  // null: fixed
};

// A token that has the form of one and names an issuer that is trusted.
struct Presented {
  std::string text;  // `jws` aliases it
  Jws jws;
  Algorithm algorithm = Algorithm::kRs256;
  const Issuer* issuer = nullptr;
  Plane plane = Plane::kData;
};

std::string Shown(const Json* member) { return member == nullptr ? "nothing" : Shortened(WriteJson(*member), kShownBytes); }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

Result<std::string_view> TokenOf(std::string_view authorization) {
  if (authorization.empty())
    return Fail(ErrorCode::kMissing, "auth.missing", "found no Authorization header, expected \"Bearer\" and a token");
  const size_t space = authorization.find(' ');
  if (!EqualIgnoringCase(authorization.substr(0, space), "Bearer"))  // RFC 9110 section 11.1: in any case
    return Fail(ErrorCode::kUnsupported, "auth.scheme", "found another scheme than \"Bearer\" in the Authorization header");
  std::string_view token = space == std::string_view::npos ? std::string_view() : authorization.substr(space + 1);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));  // RFC 9110 section 11.4: one or more spaces
  if (token.empty()) return Fail(ErrorCode::kMissing, "auth.missing", "found no token after \"Bearer\"");
  if (token.size() > limits::kBearerTokenBytes)
    return Fail(
        ErrorCode::kLimit, "auth.token.size",
        "found a token of " + std::to_string(token.size()) + " characters, expected at most " + std::to_string(limits::kBearerTokenBytes));
  return token;
}

Result<Jws> Parse(std::string_view token) {
  auto jws = ParseJws(token);
  // What the parser found could quote the token, so only its name is passed on.
  if (!jws)
    return Fail(ErrorCode::kMalformed, "auth.token.format", "found no JWS in compact form (" + std::string(jws.error().where) + ")");
  // RFC 7515 section 4.1.11: whoever does not understand what it names must refuse the token.
  if (jws->header.Find("crit") != nullptr)
    return Fail(ErrorCode::kUnsupported, "auth.token.format", "found \"crit\" in the header, expected no critical extensions");
  return jws;
}

tl::unexpected<Error> WrongAlgorithm(const Json* found, const std::string& expected) {
  return Fail(ErrorCode::kUntrusted, "auth.token.algorithm", "found alg " + Shown(found) + ", expected " + expected);
}

Result<Algorithm> AlgorithmOf(const Jws& jws) {
  const Json* found = jws.header.Find("alg");
  const std::string* name = found == nullptr ? nullptr : found->AsString();
  if (name != nullptr && *name == "RS256") return Algorithm::kRs256;
  if (name != nullptr && *name == "ES256") return Algorithm::kEs256;
  return WrongAlgorithm(found, "RS256 or ES256");
}

bool IsOf(const IssuerKey& key, Algorithm algorithm) {
  return std::holds_alternative<RsaPublicKey>(key.key) == (algorithm == Algorithm::kRs256);
}

// The key that the header names; null when the set does not hold it. Where one id has two keys, the one of the algorithm's kind.
const IssuerKey* FindKey(const std::vector<IssuerKey>& keys, const Json* kid, Algorithm algorithm) {
  if (kid == nullptr) return keys.size() == 1 ? &keys.front() : nullptr;
  const IssuerKey* out = nullptr;
  for (const IssuerKey& key : keys)
    if (kid->AsString() != nullptr && key.kid == *kid->AsString() && (out == nullptr || IsOf(key, algorithm))) out = &key;
  return out;
}

std::string_view WithoutSlash(std::string_view audience) {
  if (audience.ends_with('/')) audience.remove_suffix(1);
  return audience;
}

Status CheckAudience(const Json& payload, const std::vector<std::string>& expected) {
  const auto is_one = [&](const Json& found) {
    return found.AsString() != nullptr && std::any_of(expected.begin(), expected.end(), [&](const std::string& audience) {
             return WithoutSlash(audience) == WithoutSlash(*found.AsString());
           });
  };
  const Json* found = payload.Find("aud");
  if (found != nullptr && is_one(*found)) return {};
  if (found != nullptr && found->AsArray() != nullptr && std::any_of(found->AsArray()->begin(), found->AsArray()->end(), is_one)) return {};
  std::string names;
  for (const std::string& audience : expected) names += (names.empty() ? "" : " or ") + audience;
  return Fail(ErrorCode::kMismatch, "auth.token.audience",
              "found aud " + Shown(found) + ", expected " + (names.empty() ? "none: this issuer gives no access here" : names));
}

// NumericDate (RFC 7519 section 2) may have a fraction, and some issuers write whole numbers as 1.8e9: rounded down.
std::optional<int64_t> SecondsOf(const Json& number) {
  constexpr auto kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  if (number.AsInt() != nullptr) return *number.AsInt();
  if (number.AsUint() != nullptr) return kMax;  // only those over int64 are held so
  if (number.AsDouble() == nullptr) return std::nullopt;
  const double down = std::floor(*number.AsDouble());
  if (down >= 0x1p63) return kMax;
  return down < -0x1p63 ? kMin : static_cast<int64_t>(down);
}

// No arithmetic on what the token says: its numbers may be anything.
Status CheckInForce(const Json& payload, UnixTime now) {
  const Json* exp = payload.Find("exp");
  const auto expires = exp == nullptr ? std::nullopt : SecondsOf(*exp);
  if (!expires || *expires <= now - limits::kBearerSlackSeconds)
    return Fail(ErrorCode::kExpired, "auth.token.expired", "found exp " + Shown(exp) + ", expected later than now, " + std::to_string(now));
  const Json* nbf = payload.Find("nbf");
  if (nbf == nullptr) return {};
  const auto not_before = SecondsOf(*nbf);
  if (!not_before || *not_before > now + limits::kBearerSlackSeconds)
    return Fail(ErrorCode::kExpired, "auth.token.not_before", "found nbf " + Shown(nbf) + ", expected at most now, " + std::to_string(now));
  return {};
}

bool Verifies(const IssuerKey& key, const Jws& jws) {
  return std::visit([&](const auto& held) { return held.Verify(AsBytes(jws.signing_input), jws.signature); }, key.key);
}

Result<Caller> Judge(const Presented& presented, const IssuerKey& key, UnixTime now) {
  const Jws& jws = presented.jws;
  if (!IsOf(key, presented.algorithm))
    return WrongAlgorithm(jws.header.Find("alg"),
                          presented.algorithm == Algorithm::kRs256 ? "ES256, of the key's kind" : "RS256, of the key's kind");
  if (!Verifies(key, jws))
    return Fail(ErrorCode::kUntrusted, "auth.token.signature", "the signature is not by the issuer's key " + Shown(jws.header.Find("kid")));
  const OpenIdIssuer& issuer = presented.issuer->configured;
  VIDIMUS_CHECK_OK(CheckAudience(jws.payload, presented.plane == Plane::kData ? issuer.audiences : issuer.arm_audiences));
  VIDIMUS_CHECK_OK(CheckInForce(jws.payload, now));
  const Json* subject = jws.payload.Find("sub");
  if (subject == nullptr || subject->AsString() == nullptr || subject->AsString()->empty())
    return Fail(ErrorCode::kMissing, "auth.token.subject", "found sub " + Shown(subject) + ", expected a name");
  return Caller{issuer.issuer, *subject->AsString(), jws.payload};
}

bool IsHttpsUrl(const std::string& url) {
  return url.size() > 8 && url.size() <= limits::kGrantTextBytes && url.starts_with("https://") &&
         std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '#'; });
}

Status CheckIssuer(const OpenIdIssuer& issuer, std::set<std::string>& names) {
  const auto fail = [&](const std::string& what) {
    return Fail(ErrorCode::kUsage, "auth.issuer", "issuer \"" + issuer.issuer + "\": " + what);
  };
  if (!IsHttpsUrl(issuer.issuer)) return fail("expected an https URL");
  if (!issuer.discovery_url.empty() && !IsHttpsUrl(issuer.discovery_url))
    return fail("found discovery URL \"" + issuer.discovery_url + "\", expected an https URL");
  if (issuer.audiences.empty() && issuer.arm_audiences.empty()) return fail("found no audience, expected one or more");
  for (const auto* audiences : {&issuer.audiences, &issuer.arm_audiences})
    for (const std::string& audience : *audiences)
      if (WithoutSlash(audience).empty()) return fail("found an empty audience");
  if (!names.insert(issuer.issuer).second) return fail("named twice");
  return {};
}

// OpenID Connect Discovery 1.0 section 4.1: a slash at the end of the issuer goes first.
std::string DiscoveryUrl(const OpenIdIssuer& issuer) {
  if (!issuer.discovery_url.empty()) return issuer.discovery_url;
  return std::string(WithoutSlash(issuer.issuer)) + "/.well-known/openid-configuration";
}

Result<IssuerKeys::Set> FixedKeys(const OpenIdIssuer& issuer) {
  auto keys = ParseIssuerKeys(issuer.keys);
  if (!keys) return Fail(keys.error().code, "auth.keys", "issuer \"" + issuer.issuer + "\": " + keys.error().detail);
  if (keys->empty())
    return Fail(ErrorCode::kMissing, "auth.keys", "issuer \"" + issuer.issuer + "\": found no key for RS256 or ES256 in its key set");
  return std::make_shared<const std::vector<IssuerKey>>(*std::move(keys));
}

std::string Printable(std::string text, size_t limit) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return Shortened(std::move(text), limit);
}

}  // namespace

std::string DescribeCaller(const Caller& caller) {
  return Printable(caller.subject, kShownBytes) + " at " + Printable(caller.issuer, kShownBytes);
}

struct BearerAuthenticator::Impl {
  std::vector<Issuer> issuers;
  std::vector<std::string> names;
  std::function<UnixTime()> clock;

  // All stop before any is waited for.
  ~Impl() {
    for (const Issuer& issuer : issuers)
      if (issuer.keys != nullptr) issuer.keys->Stop();
  }

  Result<std::shared_ptr<Presented>> Present(std::string_view authorization, Plane plane) const;
  // Nothing when the set does not hold the key.
  std::optional<Result<Caller>> Try(const Presented& presented, const IssuerKeys::Set& held) const;
  Result<Caller> Finish(const Presented& presented, const IssuerKeys::Set& held) const;
};

Result<std::shared_ptr<Presented>> BearerAuthenticator::Impl::Present(std::string_view authorization, Plane plane) const {
  VIDIMUS_TRY(const std::string_view token, TokenOf(authorization));
  auto out = std::make_shared<Presented>();
  out->text = token;
  out->plane = plane;
  VIDIMUS_TRY(out->jws, Parse(out->text));
  VIDIMUS_TRY(out->algorithm, AlgorithmOf(out->jws));
  const Json* iss = out->jws.payload.Find("iss");
  const auto issuer = std::find_if(issuers.begin(), issuers.end(), [&](const Issuer& candidate) {
    return iss != nullptr && iss->AsString() != nullptr && candidate.configured.issuer == *iss->AsString();
  });
  if (issuer == issuers.end())
    return Fail(ErrorCode::kUntrusted, "auth.token.issuer", "found iss " + Shown(iss) + ", expected an issuer that this service trusts");
  out->issuer = &*issuer;
  return out;
}

std::optional<Result<Caller>> BearerAuthenticator::Impl::Try(const Presented& presented, const IssuerKeys::Set& held) const {
  if (held == nullptr) return std::nullopt;
  const IssuerKey* key = FindKey(*held, presented.jws.header.Find("kid"), presented.algorithm);
  if (key == nullptr) return std::nullopt;
  return Judge(presented, *key, clock());
}

Result<Caller> BearerAuthenticator::Impl::Finish(const Presented& presented, const IssuerKeys::Set& held) const {
  if (auto judged = Try(presented, held); judged) return *std::move(judged);
  if (held == nullptr)
    return Fail(ErrorCode::kBusy, "auth.keys.unavailable",
                "the issuer's keys could not be had; the service's log says why; try again later");
  return Fail(ErrorCode::kUntrusted, "auth.token.key",
              "found kid " + Shown(presented.jws.header.Find("kid")) + ", expected the id of a key that the issuer publishes");
}

Result<std::unique_ptr<BearerAuthenticator>> BearerAuthenticator::Create(std::vector<OpenIdIssuer> issuers, const MakeFetcher& make_fetcher,
                                                                         std::function<UnixTime()> clock) {
  if (issuers.size() > limits::kOpenIdIssuers)
    return Fail(ErrorCode::kLimit, "auth.issuer",
                "found " + std::to_string(issuers.size()) + " issuers, expected at most " + std::to_string(limits::kOpenIdIssuers));
  auto impl = std::make_unique<Impl>();
  impl->clock = std::move(clock);
  std::set<std::string> names;
  for (OpenIdIssuer& configured : issuers) {
    VIDIMUS_CHECK_OK(CheckIssuer(configured, names));
    Issuer issuer;
    if (configured.keys.empty()) {
      issuer.keys = std::make_unique<IssuerKeys>(configured.issuer, DiscoveryUrl(configured), make_fetcher(configured),
                                                 std::chrono::steady_clock::now);
    } else {
      VIDIMUS_TRY(issuer.fixed, FixedKeys(configured));
    }
    issuer.configured = std::move(configured);
    impl->names.push_back(issuer.configured.issuer);
    impl->issuers.push_back(std::move(issuer));
  }
  return std::unique_ptr<BearerAuthenticator>(new BearerAuthenticator(std::move(impl)));
}

BearerAuthenticator::BearerAuthenticator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BearerAuthenticator::~BearerAuthenticator() = default;

const std::vector<std::string>& BearerAuthenticator::issuers() const { return impl_->names; }

std::vector<BearerAuthenticator::Fetches> BearerAuthenticator::fetches() const {
  std::vector<Fetches> out;
  for (const Issuer& issuer : impl_->issuers)
    if (issuer.keys != nullptr) out.push_back({issuer.configured.issuer, issuer.keys->fetched(), issuer.keys->failed()});
  return out;
}

void BearerAuthenticator::Authenticate(std::string_view authorization, Plane plane, Done done) const {
  auto presented = impl_->Present(authorization, plane);
  if (!presented) return done(tl::unexpected(std::move(presented).error()));
  const std::shared_ptr<const Presented> token = *std::move(presented);
  const Issuer& issuer = *token->issuer;
  if (issuer.keys == nullptr) return done(impl_->Finish(*token, issuer.fixed));
  const IssuerKeys::Set held = issuer.keys->Held();
  if (auto judged = impl_->Try(*token, held); judged) return done(*std::move(judged));
  // A token that names no key cannot be waiting for one.
  if (held != nullptr && token->jws.header.Find("kid") == nullptr) return done(impl_->Finish(*token, held));
  switch (issuer.keys->Look([impl = impl_.get(), token, done](const IssuerKeys::Set& found) { done(impl->Finish(*token, found)); })) {
    case IssuerKeys::Looking::kQueued: return;
    case IssuerKeys::Looking::kTooSoon: return done(impl_->Finish(*token, issuer.keys->Held()));
    case IssuerKeys::Looking::kFull:
      return done(Fail(ErrorCode::kBusy, "auth.busy",
                       "found " + std::to_string(limits::kOpenIdWaiting) + " requests waiting for this issuer's keys; try again"));
  }
}

}  // namespace vidimus
