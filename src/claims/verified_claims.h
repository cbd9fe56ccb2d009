// VerifiedClaims: claims that verification produced. A token is built from nothing else (design, invariant 1).
//
// Only the functions named as friends can make one; they live in verify/ and take Verified… types that only verifiers make.
#pragma once

#include <utility>

#include "claims/claim.h"

namespace vidimus {

class VerifiedClaims;
class VerifiedSgx;
struct SgxClaimsContext;
VerifiedClaims SgxClaims(const VerifiedSgx& verified, SgxClaimsContext context);
class VerifiedTdx;
struct TdxClaimsContext;
VerifiedClaims TdxClaims(const VerifiedTdx& verified, TdxClaimsContext context);

class VerifiedClaims {
 public:
  const ClaimSet& incoming() const { return incoming_; }     // what policies see
  const JsonObject& outgoing() const& { return outgoing_; }  // what the service puts into a token
  JsonObject outgoing() && { return std::move(outgoing_); }

 private:
  friend VerifiedClaims SgxClaims(const VerifiedSgx& verified, SgxClaimsContext context);
  friend VerifiedClaims TdxClaims(const VerifiedTdx& verified, TdxClaimsContext context);
  VerifiedClaims() = default;
  ClaimSet incoming_;
  JsonObject outgoing_;
};

}  // namespace vidimus
