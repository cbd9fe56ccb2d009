#include "api/attest_body.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/limits.h"

namespace vidimus {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// The member of that name in any case; null when absent or null. Two spellings of one name are refused: readers would disagree.
Result<const Json*> FindMember(const Json& object, std::string_view name) {
  const Json* out = nullptr;
  for (const auto& [key, value] : *object.AsObject()) {
    if (!SameName(key, name)) continue;
    if (out != nullptr) return Fail(ErrorCode::kMalformed, "request.member", "found \"" + key + "\" twice, in different cases");
    out = &value;
  }
  return out != nullptr && out->is_null() ? nullptr : out;
}

Result<ByteVector> ReadBytes(const Json& value, std::string_view name, std::string_view where) {
  if (value.AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, where,
                "found " + std::string(value.TypeName()) + " for \"" + std::string(name) + "\", expected a string of base64url");
  auto bytes = Base64DecodeLenient(*value.AsString());
  if (!bytes) return Fail(ErrorCode::kMalformed, where, "\"" + std::string(name) + "\" is not base64url: " + bytes.error().detail);
  return bytes;
}

// {"data": base64url, "dataType": "Binary" | "JSON"}; one without data and without type means absent, since a widely used client
// always sends the member (client-compatibility section 4 item 3).
Result<std::optional<BoundData>> ReadBoundData(const Json& body, std::string_view name, std::string_view where) {
  VIDIMUS_TRY(const Json* member, FindMember(body, name));
  if (member == nullptr) return std::nullopt;
  if (member->AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, where,
                "found " + std::string(member->TypeName()) + " for \"" + std::string(name) + "\", expected an object of data and dataType");
  VIDIMUS_TRY(const Json* data, FindMember(*member, "data"));
  VIDIMUS_TRY(const Json* type, FindMember(*member, "dataType"));
  const std::string kind = type == nullptr || type->AsString() == nullptr ? "" : *type->AsString();
  const bool no_data = data == nullptr || (data->AsString() != nullptr && data->AsString()->empty());
  if (no_data && kind.empty() && (type == nullptr || type->AsString() != nullptr)) return std::nullopt;
  if (data == nullptr) return Fail(ErrorCode::kMalformed, where, "found no \"data\" in \"" + std::string(name) + "\"");
  const bool is_json = SameName(kind, "JSON");
  if (!is_json && !SameName(kind, "Binary"))
    return Fail(ErrorCode::kMalformed, where,
                "found dataType " +
                    (type == nullptr ? "absent"
                     : kind.empty()  ? std::string(type->TypeName())
                                     : "\"" + Shortened(kind, 32) + "\"") +
                    " in \"" + std::string(name) + "\", expected \"Binary\" or \"JSON\"");
  VIDIMUS_TRY(ByteVector bytes, ReadBytes(*data, "data", where));
  return BoundData{std::move(bytes), is_json};
}

// A string, or a number that some clients send (client-compatibility section 4 item 4): exact, as a string.
Result<std::optional<std::string>> ReadNonce(const Json& body) {
  VIDIMUS_TRY(const Json* nonce, FindMember(body, "nonce"));
  if (nonce == nullptr) return std::nullopt;
  if (nonce->AsUint() != nullptr || (nonce->AsInt() != nullptr && *nonce->AsInt() >= 0)) return WriteJson(*nonce);
  if (nonce->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.nonce",
                "found " + WriteJson(*nonce).substr(0, 64) + ", expected a string or an integer from 0 to 2^64-1");
  if (nonce->AsString()->size() > limits::kNonceBytes)
    return Fail(ErrorCode::kLimit, "request.nonce",
                "found " + std::to_string(nonce->AsString()->size()) + " bytes, expected at most " + std::to_string(limits::kNonceBytes));
  return *nonce->AsString();
}

Result<std::optional<std::string>> ReadDraft(const Json& body) {
  VIDIMUS_TRY(const Json* draft, FindMember(body, "draftPolicyForAttestation"));
  if (draft == nullptr) return std::nullopt;
  if (draft->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.draft_policy",
                "found " + std::string(draft->TypeName()) + ", expected a string: policy text or a policy JWS");
  return *draft->AsString();
}

}  // namespace

Result<AttestRequest> ReadAttestBody(std::string_view body, AttestationType type) {
  const auto parsed = ParseJson(body);
  if (!parsed) return Fail(ErrorCode::kMalformed, "request.body", "not JSON: " + parsed.error().detail);
  if (parsed->AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.body", "found " + std::string(parsed->TypeName()) + ", expected an object");
  AttestRequest out;
  out.evidence.type = type;
  const std::string_view name = type == AttestationType::kOpenEnclave ? "report" : "quote";
  VIDIMUS_TRY(const Json* evidence, FindMember(*parsed, name));
  if (evidence == nullptr) return Fail(ErrorCode::kMissing, "request.evidence", "found no \"" + std::string(name) + "\" in the body");
  VIDIMUS_TRY(out.evidence.evidence, ReadBytes(*evidence, name, "request.evidence"));
  VIDIMUS_TRY(out.evidence.runtime_data, ReadBoundData(*parsed, "runtimeData", "request.runtime_data"));
  VIDIMUS_TRY(out.evidence.init_time_data, ReadBoundData(*parsed, "initTimeData", "request.init_time_data"));
  VIDIMUS_TRY(out.nonce, ReadNonce(*parsed));
  VIDIMUS_TRY(out.draft_policy, ReadDraft(*parsed));
  return out;
}

}  // namespace vidimus
