// What verified SGX evidence says: claims for policies and for tokens (maa-rest-api section 2.5, policy-language section 4.1).
#pragma once

#include <string>

#include "claims/claim.h"
#include "verify/sgx.h"

namespace vidimus {

// Claims that verification produced. Only verify/ can make one, so nothing unverified reaches a token.
class VerifiedClaims {
 public:
  const ClaimSet& incoming() const { return incoming_; }    // what policies see
  const JsonObject& outgoing() const { return outgoing_; }  // what the service puts into a token

 private:
  friend VerifiedClaims SgxClaims(const VerifiedSgx& verified, Bytes submitted, const std::string& tcb_identifier);
  VerifiedClaims() = default;
  ClaimSet incoming_;
  JsonObject outgoing_;
};

// `submitted` is the evidence exactly as sent, framing included; `tcb_identifier` is the baseline that applied.
VerifiedClaims SgxClaims(const VerifiedSgx& verified, Bytes submitted, const std::string& tcb_identifier);

}  // namespace vidimus
