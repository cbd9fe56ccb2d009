// Claim files: what is read stays within its limit, keeps its types, and is shown and read again as the same claims.
#include <algorithm>

#include "base/limits.h"
#include "claims/claim_file.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

namespace {

// The values as ClaimsToJson shows them, one of each, with the issuer that a file has by default.
bool Holds(const ClaimSet& claims, const Claim& one) {
  return std::any_of(claims.begin(), claims.end(), [&](const Claim& other) { return other.type == one.type && other.value == one.value; });
}

}  // namespace

// The first octet chooses the attestation type.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const AttestationType type = kAttestationTypes[data[0] % kAttestationTypes.size()];
  const auto json = ParseJson(AsText(Bytes(data + 1, size - 1)));
  if (!json) return 0;
  const auto claims = ReadClaims(*json, type);
  if (!claims) return 0;
  fuzz::Require(claims->size() <= limits::kClaims, "claims are bounded");
  const JsonObject shown = ClaimsToJson(*claims);
  const auto again = ReadClaims(shown, type);
  fuzz::Require(again.has_value(), "what is shown can be read");
  fuzz::Require(again->size() <= claims->size(), "nothing is made up");
  for (const Claim& claim : *claims) fuzz::Require(!claim.type.empty(), "a claim has a name");
  if (claims->size() > 256) return 0;  // the comparison takes the square
  for (const Claim& claim : *claims) fuzz::Require(Holds(*again, claim), "nothing is lost");
  for (const Claim& claim : *again) fuzz::Require(Holds(*claims, claim), "nothing is made up");
  return 0;
}
