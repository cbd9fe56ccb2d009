// Intel's signed JSON: {"<name>":{...},"signature":"<128 hex>"} (intel-dcap section 4.1).
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace vidimus {

struct SignedJson {
  std::string text;      // the whole document as held
  Sha256Digest hash;     // of `text` and one NUL, as tokens name it (maa-rest-api section 2.5)
  std::string name;      // of the first member, e.g. "tcbInfo"
  std::string body;      // the exact bytes that were signed
  Json value;            // of `body`
  ByteVector signature;  // raw r||s, 64 bytes
};

// The signed bytes are the substring as served, never a re-serialisation. Errors: intel.signed_json.*
Result<SignedJson> ParseSignedJson(std::string_view text);

// Members of Intel's documents, read strictly. `where` names the document in errors.
Result<std::string> TextMember(const Json& object, std::string_view name, std::string_view where);
Result<int64_t> IntegerMember(const Json& object, std::string_view name, int64_t low, int64_t high, std::string_view where);
Result<UnixTime> TimeMember(const Json& object, std::string_view name, std::string_view where);
Result<ByteVector> HexMember(const Json& object, std::string_view name, size_t size, std::string_view where);

}  // namespace vidimus
