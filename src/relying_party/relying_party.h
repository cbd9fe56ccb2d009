// RelyingParty: decides whether to trust an attestation token, with nothing but the issuer's published keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fetcher.h"
#include "base/time.h"
#include "codec/json.h"
#include "token/jwk_set.h"

namespace vidimus {

// `claim` is a member of the payload, or a dotted path into it; `value` its text: a string's own, any other value's JSON.
struct ClaimRequirement {
  std::string claim;
  std::string value;
};

struct TokenRequirements {
  std::optional<ByteVector> runtime_data;  // its SHA-256 must be in the enclave's report data [0..31]
  std::vector<ClaimRequirement> claims;
  bool allow_dev = false;  // accept tokens of a developer's server
};

class RelyingParty {
 public:
  // `issuer`: the base URL of the attestation instance, with or without a trailing slash. `fetcher` must outlive this object.
  RelyingParty(std::string issuer, Fetcher& fetcher);

  // The payload of a token that holds. Keys are fetched from <issuer>/certs on first use and again for an unknown kid, at most
  // once in kKeyRefreshSeconds. Errors: those of ValidateToken and of the fetcher, relying_party.keys, relying_party.runtime_data,
  // relying_party.requirement
  Result<Json> Verify(std::string_view token, const TokenRequirements& requirements, UnixTime now);

  static constexpr int64_t kKeyRefreshSeconds = 60;

 private:
  Status FetchKeys(UnixTime now);

  std::string issuer_;
  Fetcher& fetcher_;
  std::vector<VerificationKey> keys_;
  std::optional<UnixTime> fetched_;
};

}  // namespace vidimus
