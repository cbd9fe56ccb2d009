// Claims as a person writes them for trying out a policy, and issued claims as they are shown: JSON to claims and back.
#pragma once

#include "claims/attestation_type.h"
#include "claims/claim.h"
#include "codec/json.h"

namespace vidimus {

// Reads the claims that evidence of `type` would give. Either a list of objects
//
//   [{"type": "x-ms-sgx-svn", "value": 3, "valueType": "Integer", "issuer": "AttestationService", "readOnly": false}, …]
//
// of which only type and value are required, or one object of names and values, {"x-ms-sgx-svn": 3, …}. The file stands for what the
// service verified, so a claim's issuer is AttestationService unless it says AttestationPolicy or CustomClaim. valueType is
// for readers: the type of a claim is that of its value, and nothing is converted. A claim of AttestationService is read-only where the
// catalogue of `type` says so, unless readOnly says otherwise.
//
// A value is a String, an Integer of 64 bits or a Boolean. An object as value, and an array that holds objects or arrays, becomes a
// String of its compact JSON in the order of the file, for JmesPath. An array of scalars gives one claim of each element; an empty
// one gives none. Both hold for lists too.
//
// Errors: claims.file for another shape and for null, a fraction or an Integer out of range, with the name or the index;
// claims.file.member for a member missing or not listed above; claims.file.value_type; claims.file.issuer; claims.file.count past
// limits::kClaims.
Result<ClaimSet> ReadClaims(const Json& json, AttestationType type);

// Each type once, in the order of issue: its value, or an array where it has several distinct ones (policy-language section 2.7).
JsonObject ClaimsToJson(const ClaimSet& claims);

}  // namespace vidimus
