// The claim catalogue: every claim that evidence of a type gives to a policy or a token, and every property a policy may set
// (policy-language sections 3 and 4). One source for the checker, the linter and docs/reference/claims.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "claims/attestation_type.h"
#include "claims/claim.h"

namespace vidimus {

enum class ClaimEncoding {
  kPlain,      // a text, a number or a truth value as it is
  kHex,        // lower-case hexadecimal of `octets` octets, no prefix
  kBase64Url,  // RFC 4648 section 5 without padding
  kBase64,
  kJson,  // in a policy: a String that holds JSON; in a token: an object or an array
};

enum class ClaimDirection {
  kIncoming,  // policies see it
  kOutgoing,  // tokens have it; policies do not see it
  kBoth,
  kProperty,  // a policy sets it with issueproperty
};

// What a claim of its kind says about trust, for the linter. A debug claim tells whether the host can look in; which of its values says
// so depends on the claim.
enum class ClaimRole { kOther, kMeasurement, kDebug };

struct CatalogueEntry {
  std::string_view name;
  ClaimValueType type;  // kJson claims are Strings in a policy
  ClaimEncoding encoding;
  size_t octets;  // of kHex, decoded; 0 where the length varies
  ClaimDirection direction;
  ClaimRole role;
  bool read_only;             // may be tested and added, never issued (section 2.8)
  bool reserved;              // only the service gives it a meaning in tokens (section 2.9, A13)
  std::string_view since;     // the first policy version that has it: "1.0", "1.1" or "1.2"
  std::string_view until;     // the last one, e.g. "1.1" where 1.2 replaced it; empty: it lives on
  std::string_view meaning;   // one sentence
  std::string_view source;    // where its octets come from: a field of the evidence, or who says so. Of a property: its default
  std::string_view alias_of;  // of an old name: the claim whose value it repeats; else empty
  bool sometimes = false;     // of an incoming claim: evidence may lack it
  bool several = false;       // of an incoming claim: there may be more than one of it

  constexpr bool incoming() const { return direction == ClaimDirection::kIncoming || direction == ClaimDirection::kBoth; }
  constexpr bool outgoing() const { return direction == ClaimDirection::kOutgoing || direction == ClaimDirection::kBoth; }
};

// In the order of docs/reference/claims.md: incoming and both, outgoing, properties; what all types share comes last of its group.
// Names are unique within a group; a name that is both an incoming claim and a property is listed twice.
std::span<const CatalogueEntry> ClaimCatalogue(AttestationType type);

// The incoming (or kBoth) claim of that exact name.
const CatalogueEntry* FindIncoming(AttestationType type, std::string_view name);
// The same of properties.
const CatalogueEntry* FindProperty(AttestationType type, std::string_view name);

// What `type` knows under a name like `name`, for "did you mean": in lower case equal, or else at the least edit distance of at most a
// third of its length. Incoming claims are searched, or properties. Null when nothing is like it.
const CatalogueEntry* FindSimilar(AttestationType type, std::string_view name, ClaimDirection direction);

// Whether requests of `type` can carry claims of the client's own, whose issuer is CustomClaim (section 2.2).
bool TakesClientClaims(AttestationType type);

// True of a name that the service alone gives a meaning to in the tokens of any type: x-vidimus-* or a reserved claim. What a policy issues
// under it shows only inside x-ms-policy (section 2.9, A13).
bool IsReservedInTokens(std::string_view name);

}  // namespace vidimus
