// Who is asking: bearer tokens (RFC 6750, RFC 9068) of the OpenID issuers that the operator trusts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fetcher.h"
#include "base/result.h"
#include "base/time.h"
#include "codec/json.h"

namespace vidimus {

// One issuer, as the operator configures it. Nothing in a token adds to it or changes what is fetched (design, invariant 10).
struct OpenIdIssuer {
  std::string issuer;                      // exactly as `iss` says it
  std::vector<std::string> audiences;      // a token for the data plane is for one of these; a trailing slash is no difference
  std::vector<std::string> arm_audiences;  // the same for the control plane
  std::string discovery_url;               // empty: `issuer` + "/.well-known/openid-configuration" (OpenID Connect Discovery section 4)
  std::string keys;                        // a JWK set to use instead of any that is fetched; empty: fetch
};

enum class Plane { kData, kControl };

// A caller whose token holds.
struct Caller {
  std::string issuer;
  std::string subject;  // `sub`; for records, with the issuer
  Json claims;          // the token's payload
};

// "SUBJECT at ISSUER", printable and shortened: for histories.
std::string DescribeCaller(const Caller& caller);

class BearerAuthenticator {
 public:
  using Done = std::function<void(Result<Caller>)>;
  using MakeFetcher = std::function<std::unique_ptr<Fetcher>(const OpenIdIssuer&)>;

  // `make_fetcher`: called once for each issuer whose keys are fetched; a fetcher is used by one thread at a time. `clock` governs exp and
  // nbf only; how long keys are held goes by a steady clock. Errors: auth.issuer for one that is no https URL, without audiences, or named
  // twice; auth.keys for a fixed set that holds none.
  static Result<std::unique_ptr<BearerAuthenticator>> Create(std::vector<OpenIdIssuer> issuers, const MakeFetcher& make_fetcher,
                                                             std::function<UnixTime()> clock);
  // Answers all who wait at once (auth.keys.unavailable), then waits for fetches that run, at most limits::kOpenIdFetchSeconds.
  ~BearerAuthenticator();

  // `authorization`: the header's value. Inline when the issuer's keys are held, else on a thread of its own after they were fetched, one
  // fetch for all who wait. `done` is called once, always.
  // Checks, in this order: the form; `alg` RS256 or ES256, and of the kind of the key; `iss`; the signature with the key of `kid`, or the
  // only key when there is no `kid`; `aud`; `exp` (required); `nbf`; `sub`. Times may have a fraction, which is rounded down. A key that is
  // not held is looked for again, at most every limits::kOpenIdRetrySeconds. Errors: auth.missing, auth.scheme, auth.token.size,
  // auth.token.format, auth.token.algorithm, auth.token.issuer, auth.token.key, auth.token.signature, auth.token.audience,
  // auth.token.expired, auth.token.not_before, auth.token.subject; auth.keys.unavailable (kBusy) when the issuer gave no usable keys,
  // auth.busy (kBusy)
  void Authenticate(std::string_view authorization, Plane plane, Done done) const;

  const std::vector<std::string>& issuers() const;

  // How often the keys of an issuer were fetched, of those whose keys are.
  struct Fetches {
    std::string issuer;
    uint64_t fetched, failed;
  };
  std::vector<Fetches> fetches() const;

 private:
  struct Impl;
  explicit BearerAuthenticator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidimus
