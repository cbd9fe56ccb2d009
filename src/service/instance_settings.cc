#include "service/instance_settings.h"

#include <algorithm>

#include "base/limits.h"
#include "service/sgx_settings.h"

namespace vidimus {
namespace {

constexpr int64_t kLeastLifetime = 60, kGreatestLifetime = 30 * 86'400;
constexpr int64_t kGreatestLead = 30 * 86'400;

tl::unexpected<Error> Wrong(std::string_view name, const Json& found, const std::string& expected) {
  return Fail(ErrorCode::kUsage, "settings.value", "found " + std::string(name) + " " + WriteJson(found) + ", expected " + expected);
}

Result<int64_t> Seconds(std::string_view name, const Json& value, int64_t least, int64_t greatest) {
  if (value.AsInt() == nullptr || *value.AsInt() < least || *value.AsInt() > greatest)
    return Wrong(name, value, "whole seconds from " + std::to_string(least) + " to " + std::to_string(greatest));
  return *value.AsInt();
}

Result<bool> Flag(std::string_view name, const Json& value) {
  if (value.AsBool() == nullptr) return Wrong(name, value, "true or false");
  return *value.AsBool();
}

// Which of two words it is.
Result<bool> IsFirst(std::string_view name, const Json& value, std::string_view first, std::string_view second) {
  const std::string* text = value.AsString();
  if (text == nullptr || (*text != first && *text != second))
    return Wrong(name, value, "\"" + std::string(first) + "\" or \"" + std::string(second) + "\"");
  return *text == first;
}

Result<std::vector<std::string>> Texts(std::string_view name, const Json& value) {
  std::vector<std::string> out;
  const JsonArray* list = value.AsArray();
  if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const Json& one) { return one.AsString() != nullptr; }))
    return Wrong(name, value, "a list of strings");
  for (const Json& one : *list) out.push_back(*one.AsString());
  return out;
}

Result<std::set<AttestationType>> Types(std::string_view name, const Json& value) {
  VIDIMUS_TRY(const auto names, Texts(name, value));
  std::set<AttestationType> out;
  for (const std::string& one : names) {
    const auto type = FindAttestationType(one);
    if (!type) return Wrong(name, value, "attestation types, such as SgxEnclave");
    out.insert(*type);
  }
  return out;
}

Result<SgxSettings> Sgx(const Json& value) {
  if (value.AsObject() == nullptr) return Wrong("sgx", value, "an object");
  std::vector<std::string> accept, refuse;
  std::string expiry = "strict";
  for (const auto& [name, member] : *value.AsObject()) {
    if (name == "acceptTcb") {
      VIDIMUS_TRY(accept, Texts("acceptTcb", member));
    } else if (name == "refuse") {
      VIDIMUS_TRY(refuse, Texts("refuse", member));
    } else if (name == "expiry" && member.AsString() != nullptr) {
      expiry = *member.AsString();
    } else {
      return Fail(ErrorCode::kUsage, "settings.member", "found \"sgx." + name + "\", expected acceptTcb, expiry (a string), refuse");
    }
  }
  return ReadSgxSettings(accept, expiry, refuse);
}

Result<int> KeyBits(const Json& value) {
  const int64_t* bits = value.AsInt();
  if (bits == nullptr || (*bits != 2048 && *bits != 3072 && *bits != 4096)) return Wrong("keyBits", value, "2048, 3072 or 4096");
  return static_cast<int>(*bits);
}

Status Take(const std::string& name, const Json& value, InstanceSettings& out) {
  if (name == "grants") {
    VIDIMUS_TRY(out.grants, GrantsFromJson(value));
  } else if (name == "attestNeedsToken") {
    VIDIMUS_TRY(out.attest_needs_token, Types(name, value));
  } else if (name == "explain") {
    VIDIMUS_TRY(const bool full, IsFirst(name, value, "full", "brief"));
    out.explain = full ? ExplainSetting::kFull : ExplainSetting::kBrief;
  } else if (name == "draftPolicies") {
    VIDIMUS_TRY(out.draft_policies, Flag(name, value));
  } else if (name == "tokenLifetime") {
    VIDIMUS_TRY(out.token_lifetime, Seconds(name, value, kLeastLifetime, kGreatestLifetime));
  } else if (name == "keyBits") {
    VIDIMUS_TRY(out.key_bits, KeyBits(value));
  } else if (name == "keySource") {
    VIDIMUS_TRY(const bool wrapped, IsFirst(name, value, "wrapped", "pkcs11"));
    out.key_source = wrapped ? KeyRecord::Source::kWrapped : KeyRecord::Source::kPkcs11;
  } else if (name == "rotationLead") {
    VIDIMUS_TRY(out.rotation_lead, Seconds(name, value, 0, kGreatestLead));
  } else if (name == "sgx") {
    VIDIMUS_TRY(out.appraisal.sgx, Sgx(value));
  } else {
    return Fail(ErrorCode::kUsage, "settings.member",
                "found \"" + name +
                    "\", expected grants, attestNeedsToken, explain, draftPolicies, tokenLifetime, keyBits, keySource, rotationLead, sgx");
  }
  return {};
}

// RFC 7396 section 2. What parsed is at most limits::kJsonDepth deep.
Json Merged(const Json& target, const Json& patch) {
  if (patch.AsObject() == nullptr) return patch;
  JsonObject out = target.AsObject() == nullptr ? JsonObject{} : *target.AsObject();
  for (const auto& [name, value] : *patch.AsObject()) {
    const auto known = std::find_if(out.begin(), out.end(), [&](const JsonMember& member) { return member.first == name; });
    Json merged = Merged(known == out.end() ? Json() : known->second, value);
    if (known != out.end()) out.erase(known);
    if (!value.is_null()) out.emplace_back(name, std::move(merged));
  }
  return out;
}

}  // namespace

Result<InstanceSettings> SettingsFromJson(const Json& json, const InstanceSettings& defaults) {
  if (json.AsObject() == nullptr)
    return Fail(ErrorCode::kUsage, "settings.value", "found " + std::string(json.TypeName()) + ", expected an object");
  InstanceSettings out = defaults;
  for (const auto& [name, value] : *json.AsObject()) VIDIMUS_CHECK_OK(Take(name, value, out));
  return out;
}

Result<Json> PatchedSettings(const Json& settings, const Json& patch) {
  if (settings.AsObject() == nullptr || patch.AsObject() == nullptr)
    return Fail(ErrorCode::kUsage, "settings.value", "found " + std::string(patch.TypeName()) + ", expected an object");
  Json out = Merged(settings, patch);
  const size_t size = WriteJson(out).size();
  if (size > limits::kSettingsBytes)
    return Fail(ErrorCode::kLimit, "settings.size",
                "found " + std::to_string(size) + " bytes, expected at most " + std::to_string(limits::kSettingsBytes));
  return out;
}

}  // namespace vidimus
