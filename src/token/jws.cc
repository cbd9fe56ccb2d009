#include "token/jws.h"

#include "base/base64url.h"
#include "base/limits.h"

namespace vidimus {
namespace {

std::string SigningInput(const JsonObject& header, const JsonObject& payload) {
  return Base64UrlEncode(AsBytes(WriteJson(header, JsonOrder::kSorted))) + "." +
         Base64UrlEncode(AsBytes(WriteJson(payload, JsonOrder::kSorted)));
}

Result<Json> ParseObject(std::string_view part, std::string_view where) {
  const auto bytes = Base64UrlDecodeStrict(part);
  if (!bytes) return Fail(ErrorCode::kMalformed, where, bytes.error().detail);
  auto json = ParseJson(AsText(*bytes));
  if (!json) return Fail(ErrorCode::kMalformed, where, json.error().detail);
  if (json->AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, where, "found " + std::string(json->TypeName()) + ", expected an object");
  return json;
}

}  // namespace

Result<Jws> ParseJws(std::string_view compact, JwsPayload payload) {
  if (compact.size() > limits::kJwsBytes)
    return Fail(ErrorCode::kLimit, "token.jws.size",
                "found " + std::to_string(compact.size()) + " characters, expected at most " + std::to_string(limits::kJwsBytes));
  const size_t first = compact.find('.');
  const size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos)
    return Fail(ErrorCode::kMalformed, "token.jws.format", "expected three parts with a dot between them");
  Jws out;
  VIDIMUS_TRY(out.header, ParseObject(compact.substr(0, first), "token.jws.header"));
  const std::string_view middle = compact.substr(first + 1, second - first - 1);
  out.payload = JsonObject{};
  if (!middle.empty() || payload == JwsPayload::kObject) {
    VIDIMUS_TRY(out.payload, ParseObject(middle, "token.jws.payload"));
  }
  auto signature = Base64UrlDecodeStrict(compact.substr(second + 1));
  if (!signature) return Fail(ErrorCode::kMalformed, "token.jws.format", "the signature: " + signature.error().detail);
  out.signature = *std::move(signature);
  out.signing_input = compact.substr(0, second);
  return out;
}

Result<std::string> SignJws(const JsonObject& header, const JsonObject& payload, const PrivateKey& key) {
  std::string out = SigningInput(header, payload);
  VIDIMUS_TRY(const ByteVector signature, key.Sign(AsBytes(out)));
  return out + "." + Base64UrlEncode(signature);
}

std::string UnsecuredJws(const JsonObject& header, const JsonObject& payload) { return SigningInput(header, payload) + "."; }

}  // namespace vidimus
