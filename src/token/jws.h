// JWS in compact serialisation (RFC 7515 section 7.1), as MAA writes it: compact JSON, members sorted by byte order at every
// depth, base64url without padding (maa-rest-api section 2.1).
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"
#include "crypto/private_key.h"

namespace vidimus {

struct Jws {
  Json header;                     // an object
  Json payload;                    // an object
  std::string_view signing_input;  // aliases the text it was read from
  ByteVector signature;            // empty for an unsecured one
};

enum class JwsPayload { kObject, kMayBeEmpty };  // an empty part is then read as an empty object

// Three parts of strict base64url, at most limits::kJwsBytes; header and payload are JSON objects. Judges nothing.
// Errors: token.jws.size, token.jws.format, token.jws.header, token.jws.payload
Result<Jws> ParseJws(std::string_view compact, JwsPayload payload = JwsPayload::kObject);

// RS256 with an RSA `key`; the caller's header says so.
Result<std::string> SignJws(const JsonObject& header, const JsonObject& payload, const PrivateKey& key);
// RFC 7515 appendix A.5: an empty third part.
std::string UnsecuredJws(const JsonObject& header, const JsonObject& payload);

}  // namespace vidimus
