// Policy JWS: the form in which policies travel and are kept, compact JSON around base64url of their text (maa-rest-api section 3.2;
// client-compatibility section 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/private_key.h"

namespace vidimus {

// Three parts that begin as base64url of a JSON object does. Policy text, which begins with "version", never does.
bool LooksLikePolicyJws(std::string_view text);

// What was sent for a JWS: the same without white space around it, and without quotes, since some clients send it as a JSON string.
std::string_view UnquotedJws(std::string_view sent);

// {"alg":"none"} over {"AttestationPolicy": base64url of `text`}.
std::string UnsecuredPolicy(std::string_view text);

// The same payload, signed. Errors: as SignManagementJws (token/management_jws.h)
Result<std::string> SignPolicy(std::string_view text, const PrivateKey& key, const std::vector<ByteVector>& chain);

// The policy's text, at most limits::kPolicyBytes, of a JWS of at most limits::kPolicyJwsBytes. Looks at no signature.
// Errors: token.jws.* of ParseJws; policy.jws without base64url in AttestationPolicy; policy.size
Result<std::string> PolicyOf(std::string_view compact);

struct PolicyJws {
  enum class Signature { kNone, kValid, kInvalid };
  std::string text;
  std::string algorithm;                   // as the header says
  std::vector<ByteVector> x5c;             // DER, the signer's own first; empty when there is none
  Signature signature = Signature::kNone;  // kValid: by the first certificate, which proves nothing about who that is
};

// The same, and whether its signature holds. The certificate's key decides how a signature is checked, since clients differ in what they
// call it: RSA with SHA-256, or P-256 raw or in DER (client-compatibility section 5 item 3). One that cannot be checked is invalid.
// Errors: those of PolicyOf and ReadJwsSignature
Result<PolicyJws> ReadPolicyJws(std::string_view compact);

}  // namespace vidimus
