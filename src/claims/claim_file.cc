#include "claims/claim_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "claims/catalogue.h"

namespace vidimus {
namespace {

tl::unexpected<Error> Malformed(std::string detail) { return Fail(ErrorCode::kMalformed, "claims.file", std::move(detail)); }

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool IsContainer(const Json& json) { return json.AsArray() != nullptr || json.AsObject() != nullptr; }

// `of` names the claim in a refusal.
Result<ClaimValue> ReadScalar(const Json& json, const std::string& of) {
  if (const auto* text = json.AsString()) return *text;
  if (const auto* truth = json.AsBool()) return *truth;
  if (const auto* integer = json.AsInt()) return *integer;
  if (json.AsUint() != nullptr || json.AsDouble() != nullptr) {
    return Malformed("the value of " + of + " is " + WriteJson(json) + "; expected an integer from -2^63 to 2^63-1");
  }
  return Malformed("the value of " + of + " is of type " + std::string(json.TypeName()) + "; expected a string, an integer or a boolean");
}

// One value, several, or none.
Result<std::vector<ClaimValue>> ReadValues(const Json& json, const std::string& of) {
  const JsonArray* array = json.AsArray();
  const bool nested = array != nullptr && std::any_of(array->begin(), array->end(), IsContainer);
  if (json.AsObject() != nullptr || nested) return std::vector<ClaimValue>{WriteJson(json)};
  std::vector<ClaimValue> out;
  if (array == nullptr) {
    VIDIMUS_TRY(ClaimValue value, ReadScalar(json, of));
    out.push_back(std::move(value));
    return out;
  }
  for (const Json& one : *array) {
    VIDIMUS_TRY(ClaimValue value, ReadScalar(one, of));
    out.push_back(std::move(value));
  }
  return out;
}

struct Entry {
  std::string_view type;
  const Json* value = nullptr;
  ClaimIssuer issuer = ClaimIssuer::kAttestationService;
  std::optional<bool> read_only;
};

// The enumerator of that name, among `all`.
template <typename Enum, size_t kCount>
std::optional<Enum> Named(const Json& json, const std::array<Enum, kCount>& all, std::string_view (*name)(Enum)) {
  const std::string* text = json.AsString();
  const auto* found = std::find_if(all.begin(), all.end(), [&](Enum one) { return text != nullptr && name(one) == *text; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

Status ReadMember(const JsonMember& member, const std::string& of, Entry& out) {
  static constexpr std::array kTypes = {ClaimValueType::kString, ClaimValueType::kInteger, ClaimValueType::kBoolean};
  static constexpr std::array kIssuers = {ClaimIssuer::kAttestationService, ClaimIssuer::kAttestationPolicy, ClaimIssuer::kCustomClaim};
  const auto& [name, json] = member;
  if (name == "type") {
    if (json.AsString() == nullptr || json.AsString()->empty()) {
      return Malformed("the type of " + of + " is " + WriteJson(json) + "; expected the name of the claim");
    }
    out.type = *json.AsString();
  } else if (name == "value") {
    out.value = &json;
  } else if (name == "valueType") {
    // Says what the claim was given as; how it compares follows from the value (policy-language section 2.5).
    if (!Named(json, kTypes, ClaimValueTypeName)) {
      return Fail(ErrorCode::kMalformed, "claims.file.value_type",
                  "the valueType of " + of + " is " + WriteJson(json) + "; expected String, Integer or Boolean");
    }
  } else if (name == "issuer") {
    const auto issuer = Named(json, kIssuers, ClaimIssuerName);
    if (!issuer) {
      return Fail(ErrorCode::kMalformed, "claims.file.issuer",
                  "the issuer of " + of + " is " + WriteJson(json) + "; expected AttestationService, AttestationPolicy or CustomClaim");
    }
    out.issuer = *issuer;
  } else if (name == "readOnly") {
    if (json.AsBool() == nullptr) return Malformed("readOnly of " + of + " is " + WriteJson(json) + "; expected true or false");
    out.read_only = *json.AsBool();
  } else {
    return Fail(ErrorCode::kMalformed, "claims.file.member",
                of + " has a member " + Quoted(name) + "; expected type, value, valueType, issuer or readOnly");
  }
  return {};
}

Result<Entry> ReadEntry(const Json& json, const std::string& of) {
  if (json.AsObject() == nullptr) return Malformed(of + " is of type " + std::string(json.TypeName()) + "; expected an object");
  Entry out;
  for (const JsonMember& member : *json.AsObject()) VIDIMUS_CHECK_OK(ReadMember(member, of, out));
  for (const auto& [name, absent] : {std::pair("type", out.type.empty()), std::pair("value", out.value == nullptr)})
    if (absent) return Fail(ErrorCode::kMalformed, "claims.file.member", of + " has no " + name + "; expected both type and value");
  return out;
}

Status AddClaims(const Entry& entry, const std::string& of, AttestationType type, ClaimSet& out) {
  VIDIMUS_TRY(std::vector<ClaimValue> values, ReadValues(*entry.value, of));
  if (values.size() > limits::kClaims - out.size()) {
    return Fail(ErrorCode::kLimit, "claims.file.count", "more claims than the limit of " + std::to_string(limits::kClaims));
  }
  const CatalogueEntry* known = FindIncoming(type, entry.type);
  const bool marked = known != nullptr && known->read_only && entry.issuer == ClaimIssuer::kAttestationService;
  for (ClaimValue& value : values)
    out.push_back({std::string(entry.type), std::move(value), entry.issuer, entry.read_only.value_or(marked)});
  return {};
}

}  // namespace

Result<ClaimSet> ReadClaims(const Json& json, AttestationType type) {
  ClaimSet out;
  if (const JsonArray* list = json.AsArray()) {
    for (size_t i = 0; i < list->size(); ++i) {
      std::string of = "claim " + std::to_string(i);
      VIDIMUS_TRY(const Entry entry, ReadEntry((*list)[i], of));
      of += " (" + std::string(entry.type) + ")";
      VIDIMUS_CHECK_OK(AddClaims(entry, of, type, out));
    }
    return out;
  }
  if (json.AsObject() == nullptr) {
    return Malformed("found JSON of type " + std::string(json.TypeName()) +
                     "; expected a list of claims, or an object of names and values");
  }
  for (const auto& [name, value] : *json.AsObject()) {
    if (name.empty()) return Malformed("found an empty name; expected the name of a claim");
    Entry entry;
    entry.type = name;
    entry.value = &value;
    VIDIMUS_CHECK_OK(AddClaims(entry, Quoted(name), type, out));
  }
  return out;
}

JsonObject ClaimsToJson(const ClaimSet& claims) {
  std::vector<std::pair<std::string_view, JsonArray>> shown;
  std::map<std::string_view, size_t> places;
  using Seen = std::pair<size_t, const ClaimValue*>;
  const auto less = [](const Seen& a, const Seen& b) { return a.first != b.first ? a.first < b.first : *a.second < *b.second; };
  std::set<Seen, decltype(less)> seen(less);
  for (const Claim& claim : claims) {
    const auto [place, first] = places.emplace(claim.type, shown.size());
    if (first) shown.emplace_back(claim.type, JsonArray{});
    if (seen.emplace(place->second, &claim.value).second) shown[place->second].second.push_back(ClaimValueToJson(claim.value));
  }
  JsonObject out;
  out.reserve(shown.size());
  for (auto& [type, values] : shown) out.emplace_back(type, values.size() == 1 ? std::move(values.front()) : Json(std::move(values)));
  return out;
}

}  // namespace vidimus
