#include "service/instance_settings.h"

#include <algorithm>

#include "base/limits.h"
#include "service/intel_settings.h"

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

// [{"mrtd", "mrseam"}]
Result<std::vector<TdMeasurement>> Paravisors(const Json& value) {
  if (value.AsArray() == nullptr) return Wrong("paravisors", value, "a list of objects with mrtd and mrseam");
  std::vector<TdMeasurement> out;
  for (const Json& one : *value.AsArray()) {
    const JsonObject* object = one.AsObject();
    const Json* mr_td = one.Find("mrtd");
    const Json* mr_seam = one.Find("mrseam");
    if (object == nullptr || object->size() != 2 || mr_td == nullptr || mr_td->AsString() == nullptr || mr_seam == nullptr ||
        mr_seam->AsString() == nullptr)
      return Wrong("paravisors", one, "an object with mrtd and mrseam");
    VIDIMUS_TRY(const TdMeasurement measurement, ReadTdMeasurement(*mr_td->AsString(), *mr_seam->AsString()));
    out.push_back(measurement);
  }
  return out;
}

// What "sgx" and "tdx" have.
struct Verification {
  IntelSettingsText text;
  std::vector<TdMeasurement> paravisors;  // of "tdx"
};

Result<int64_t> Number(std::string_view name, const Json& value) {
  if (value.AsInt() == nullptr) return Wrong(name, value, "a whole number");
  return *value.AsInt();
}

// early, standard, or a number as one or as its text.
Result<std::string> Baseline(const Json& value) {
  if (value.AsString() != nullptr) return *value.AsString();
  if (value.AsInt() == nullptr) return Wrong("tcbBaseline", value, "\"early\", \"standard\" or an evaluation number");
  return std::to_string(*value.AsInt());
}

Result<Verification> ReadVerification(const std::string& tee, const Json& value) {
  if (value.AsObject() == nullptr) return Wrong(tee, value, "an object");
  Verification out;
  for (const auto& [name, member] : *value.AsObject()) {
    if (name == "acceptTcb") {
      VIDIMUS_TRY(out.text.accept_tcb, Texts("acceptTcb", member));
    } else if (name == "refuse") {
      VIDIMUS_TRY(out.text.refuse, Texts("refuse", member));
    } else if (name == "expiry" && member.AsString() != nullptr) {
      out.text.expiry = *member.AsString();
    } else if (name == "acceptAdvisories") {
      VIDIMUS_TRY(out.text.accept_advisories, Texts("acceptAdvisories", member));
    } else if (name == "minimumEvaluationNumber") {
      VIDIMUS_TRY(out.text.minimum_evaluation_number, Number("minimumEvaluationNumber", member));
    } else if (name == "tcbBaseline") {
      VIDIMUS_TRY(out.text.tcb_baseline, Baseline(member));
    } else if (name == "paravisors" && tee == "tdx") {
      VIDIMUS_TRY(out.paravisors, Paravisors(member));
    } else {
      return Fail(ErrorCode::kUsage, "settings.member",
                  "found \"" + tee + "." + name +
                      "\", expected acceptTcb, acceptAdvisories, minimumEvaluationNumber, tcbBaseline, expiry (a string), refuse" +
                      (tee == "tdx" ? ", paravisors" : ""));
    }
  }
  return out;
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
  } else if (name == "gatherForAnyone") {
    VIDIMUS_TRY(out.gather_for_anyone, Flag(name, value));
  } else if (name == "keyBits") {
    VIDIMUS_TRY(out.key_bits, KeyBits(value));
  } else if (name == "keySource") {
    VIDIMUS_TRY(const bool wrapped, IsFirst(name, value, "wrapped", "pkcs11"));
    out.key_source = wrapped ? KeyRecord::Source::kWrapped : KeyRecord::Source::kPkcs11;
  } else if (name == "rotationLead") {
    VIDIMUS_TRY(out.rotation_lead, Seconds(name, value, 0, kGreatestLead));
  } else if (name == "sgx") {
    VIDIMUS_TRY(const Verification sgx, ReadVerification(name, value));
    VIDIMUS_TRY(out.appraisal.sgx, ReadSgxSettings(sgx.text));
  } else if (name == "tdx") {
    VIDIMUS_TRY(const Verification tdx, ReadVerification(name, value));
    VIDIMUS_TRY(out.appraisal.tdx, ReadTdxSettings(tdx.text));
    out.appraisal.tdx.paravisors = tdx.paravisors;
  } else {
    return Fail(ErrorCode::kUsage, "settings.member",
                "found \"" + name +
                    "\", expected grants, attestNeedsToken, explain, draftPolicies, tokenLifetime, gatherForAnyone, keyBits, keySource, "
                    "rotationLead, sgx, tdx");
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
