#include "endorsement/signed_json.h"

#include "base/hex.h"

namespace vidimus {
namespace {

// One past the string whose opening quote is at `start`. The text is known to be JSON.
size_t StringEnd(std::string_view text, size_t start) {
  size_t i = start + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i + 1;
}

}  // namespace

Result<SignedJson> ParseSignedJson(std::string_view text) {
  VIDIMUS_TRY(Json whole, ParseJson(text));
  auto* const object = whole.AsObject();
  if (object == nullptr || object->size() != 2 || (*object)[0].second.AsObject() == nullptr || (*object)[1].first != "signature" ||
      (*object)[1].second.AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "intel.signed_json.shape", "expected an object of one document and then its \"signature\"");
  auto signature = HexDecode(*(*object)[1].second.AsString());
  if (!signature || signature->size() != 64)
    return Fail(ErrorCode::kMalformed, "intel.signed_json.signature", "expected 128 hexadecimal digits");
  SignedJson out;
  out.signature = *std::move(signature);
  out.text = text;
  static constexpr uint8_t kNul[1] = {0};
  out.hash = Sha256(AsBytes(text), kNul);
  out.name = (*object)[0].first;
  const size_t start = text.find('{', StringEnd(text, text.find('"')));  // after the name, which may itself hold a brace
  const size_t end = text.rfind('}', text.rfind('}') - 1);               // before the last, which is the whole's: a signature has none
  out.body = std::string(text.substr(start, end + 1 - start));
  out.value = std::move((*object)[0].second);
  return out;
}

Result<std::string> TextMember(const Json& object, std::string_view name, std::string_view where) {
  const Json* member = object.Find(name);
  if (member == nullptr || member->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, where, "member \"" + std::string(name) + "\" must be a string");
  return *member->AsString();
}

Result<int64_t> IntegerMember(const Json& object, std::string_view name, int64_t low, int64_t high, std::string_view where) {
  const Json* member = object.Find(name);
  const int64_t* value = member == nullptr ? nullptr : member->AsInt();
  if (value == nullptr || *value < low || *value > high)
    return Fail(ErrorCode::kMalformed, where,
                "member \"" + std::string(name) + "\" must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return *value;
}

Result<ByteVector> HexMember(const Json& object, std::string_view name, size_t size, std::string_view where) {
  VIDIMUS_TRY(const std::string text, TextMember(object, name, where));
  auto bytes = HexDecode(text);
  if (!bytes || bytes->size() != size)
    return Fail(ErrorCode::kMalformed, where,
                "member \"" + std::string(name) + "\" must be " + std::to_string(2 * size) + " hexadecimal digits");
  return bytes;
}

Result<UnixTime> TimeMember(const Json& object, std::string_view name, std::string_view where) {
  VIDIMUS_TRY(const std::string text, TextMember(object, name, where));
  auto time = ParseRfc3339Utc(text);
  if (!time)
    return Fail(ErrorCode::kMalformed, where, "member \"" + std::string(name) + "\": " + time.error().detail + ", found \"" + text + "\"");
  return time;
}

}  // namespace vidimus
