// Is this token one the issuer signed, and does it hold now? What every relying party must check (maa-rest-api section 2.11).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/json.h"
#include "token/jwk_set.h"

namespace vidimus {

struct TokenExpectations {
  std::string issuer;
  bool allow_dev = false;  // accept tokens that say x-vidimus-mode "dev"
  UnixTime now = 0;
  int64_t slack_seconds = 60;  // between the clocks of issuer and relying party, for nbf and exp
};

// Only RS256, and only with the key of the header's kid; no other member of the header is trusted or fetched. Returns the payload.
// Errors: those of ParseJws, token.algorithm, token.kid, token.signature, token.issuer, token.not_before, token.expired, token.mode
Result<Json> ValidateToken(std::string_view token, const std::vector<VerificationKey>& keys, const TokenExpectations& expected);

// The value at a dotted path; a member whose own name has dots is found first (policy-language, release policies).
const Json* FindClaim(const Json& payload, std::string_view path);

}  // namespace vidimus
