#include "api/instance_routes.h"

#include <charconv>

#include "api/errors.h"
#include "api/routes.h"
#include "crypto/signer_certificate.h"

namespace vidimus {
namespace {

const std::string kRoot = "/vidimus/v1/";

HttpResponse Failed(const Error& error, const Visit& call) { return UseCaseErrorResponse(error, call.request.request_id); }

std::string Shown(const Json& value) { return Shortened(WriteJson(value), 64); }

Json TimeOrNull(const std::optional<UnixTime>& time) { return time ? Json(FormatRfc3339Utc(*time)) : Json(); }

// An empty body is an empty object.
Result<Json> ReadObject(const std::string& body) {
  VIDIMUS_TRY(Json json, ParseJson(body.find_first_not_of(" \t\r\n") == std::string::npos ? "{}" : body));
  if (json.AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, "request.body", "found " + std::string(json.TypeName()) + ", expected an object");
  return json;
}

// The one member that a body may have.
Result<Json> ReadMember(const std::string& body, const std::string& name) {
  VIDIMUS_TRY(const Json json, ReadObject(body));
  for (const auto& [found, value] : *json.AsObject())
    if (found != name)
      return Fail(ErrorCode::kUsage, "request.member", "found a member \"" + found.substr(0, 64) + "\", expected \"" + name + "\"");
  const Json* value = json.Find(name);
  return value == nullptr ? Json() : *value;
}

HttpResponse SettingsAnswer(const Result<InstanceRecord>& record, const Visit& call) {
  if (!record) return Failed(record.error(), call);
  const auto settings = ParseJson(record->settings);
  if (!settings) return Failed(settings.error(), call);
  return JsonResponse(JsonObject{{"instance", record->key.name}, {"issuer", record->issuer}, {"settings", *settings}});
}

HttpResponse ShowSettings(const Instances& instances, const Visit& call) {
  return SettingsAnswer(instances.Get(call.instance->record.key), call);
}

HttpResponse PatchSettings(const Instances& instances, const Visit& call) {
  const auto patch = ReadObject(call.request.http.body);
  if (!patch) return Failed(patch.error(), call);
  const auto record = instances.Update(
      call.instance->record.key,
      [&](Instances::Change change) -> Result<Instances::Change> {
        VIDIMUS_TRY(change.settings, PatchedSettings(change.settings, *patch));
        return change;
      },
      DescribeCaller(call.caller));
  return SettingsAnswer(record, call);
}

HttpResponse SettingsHistory(const Instances& instances, const Visit& call) {
  const auto history = instances.SettingsHistory(call.instance->record.key);
  if (!history) return Failed(history.error(), call);
  JsonArray out;
  for (const SettingsRecord& record : *history) {
    const auto settings = ParseJson(record.settings);
    if (!settings) return Failed(settings.error(), call);
    out.push_back(JsonObject{{"version", record.version}, {"at", FormatRfc3339Utc(record.at)}, {"by", record.by}, {"settings", *settings}});
  }
  return JsonResponse(JsonObject{{"history", std::move(out)}});
}

std::string_view ActionName(PolicyRecord::Action action) {
  switch (action) {
    case PolicyRecord::Action::kSet: return "set";
    case PolicyRecord::Action::kReset: return "reset";
    case PolicyRecord::Action::kRollback: return "rollback";
  }
  return "";
}

// Of a history, which holds neither text nor JWS.
JsonObject PolicyToJson(const PolicyRecord& record) {
  JsonObject out{
      {"version", record.version}, {"at", FormatRfc3339Utc(record.at)}, {"by", record.by}, {"action", ActionName(record.action)}};
  if (record.action == PolicyRecord::Action::kRollback) out.emplace_back("ofVersion", record.of_version);
  if (record.action != PolicyRecord::Action::kReset) out.emplace_back("hash", record.hash);
  out.emplace_back("replayed", record.replayed);
  return out;
}

HttpResponse PolicyHistory(const Policies& policies, AttestationType type, const Visit& call) {
  const auto history = policies.History(call.instance->record.key, type);
  if (!history) return Failed(history.error(), call);
  JsonArray out;
  for (const PolicyRecord& record : *history) out.push_back(PolicyToJson(record));
  return JsonResponse(JsonObject{{"type", AttestationTypeName(type)}, {"history", std::move(out)}});
}

HttpResponse PolicyVersion(const Policies& policies, AttestationType type, const Visit& call) {
  const std::string& text = call.request.parameters.find("version")->second;
  int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size())
    return Failed({ErrorCode::kUsage, "request.member", "found version \"" + text.substr(0, 64) + "\", expected an integer"}, call);
  const auto record = policies.Version(call.instance->record.key, type, version);
  if (!record) return Failed(record.error(), call);
  JsonObject out = PolicyToJson(*record);
  out.emplace_back("jws", record->jws);
  if (record->action != PolicyRecord::Action::kReset) out.emplace_back("text", record->text);
  return JsonResponse(out);
}

HttpResponse Rollback(const Policies& policies, AttestationType type, const Visit& call) {
  const auto version = ReadMember(call.request.http.body, "version");
  if (!version) return Failed(version.error(), call);
  if (version->AsInt() == nullptr)
    return Failed({ErrorCode::kUsage, "request.member", "found version " + Shown(*version) + ", expected an integer"}, call);
  const auto record = policies.Rollback(call.instance->record.key, type, *version->AsInt(), DescribeCaller(call.caller));
  return record ? JsonResponse(PolicyToJson(*record)) : PolicyRefusalResponse(record.error(), call.request.request_id);
}

HttpResponse SignerHistory(const PolicySigners& signers, const Visit& call) {
  const auto history = signers.History(call.instance->record.key);
  if (!history) return Failed(history.error(), call);
  JsonArray out;
  for (const SignerChangeRecord& record : *history) {
    const auto certificate = SignerCertificate::FromDer(record.certificate);
    if (!certificate) return Failed(certificate.error(), call);
    out.push_back(JsonObject{{"version", record.version},
                             {"at", FormatRfc3339Utc(record.at)},
                             {"by", record.by},
                             {"action", record.added ? "add" : "remove"},
                             {"thumbprint", certificate->thumbprint()},
                             {"subject", certificate->subject()},
                             {"jws", record.jws},
                             {"replayed", record.replayed}});
  }
  return JsonResponse(JsonObject{{"history", std::move(out)}});
}

Json KeyToJson(const KeyRecord& record) {
  return JsonObject{{"kid", record.kid},
                    {"source", record.source == KeyRecord::Source::kWrapped ? "wrapped" : "pkcs11"},
                    {"createdAt", FormatRfc3339Utc(record.created_at)},
                    {"createdBy", record.created_by},
                    {"signsFrom", FormatRfc3339Utc(record.signs_from)},
                    {"publishedUntil", TimeOrNull(record.published_until)}};
}

JsonArray KeysToJson(const std::vector<KeyRecord>& keys) {
  JsonArray out;
  for (const KeyRecord& key : keys) out.push_back(KeyToJson(key));
  return out;
}

HttpResponse ListKeys(const KeyManagement& keys, const Visit& call) {
  const auto records = keys.List(call.instance->record.key);
  return records ? JsonResponse(JsonObject{{"keys", KeysToJson(*records)}}) : Failed(records.error(), call);
}

// Whom a rotation without lead breaks: clients fetch keys once and keep them (client-compatibility section 2 item 6).
std::string EmergencyWarning(const RotationReport& report) {
  std::string kids;
  for (const KeyRecord& key : report.withdrawn) kids += (kids.empty() ? "" : ", ") + key.kid;
  return "Relying parties that hold the keys of before refuse every new token until they fetch /certs again; those that fetch it now "
         "refuse the tokens that key " +
         kids + " signed, of which the last would have been good for " + std::to_string(report.longest_lifetime) + " s more.";
}

HttpResponse Rotate(const KeyManagement& keys, const Visit& call) {
  const auto emergency = ReadMember(call.request.http.body, "emergency");
  if (!emergency) return Failed(emergency.error(), call);
  if (!emergency->is_null() && emergency->AsBool() == nullptr)
    return Failed({ErrorCode::kUsage, "request.member", "found emergency " + Shown(*emergency) + ", expected true or false"}, call);
  const bool at_once = !emergency->is_null() && *emergency->AsBool();
  const auto report = keys.Rotate(call.instance->record.key, at_once, DescribeCaller(call.caller));
  if (!report) return Failed(report.error(), call);
  JsonObject out{{"added", KeyToJson(report->added)}, {"withdrawn", KeysToJson(report->withdrawn)}};
  if (at_once) out.emplace_back("warning", EmergencyWarning(*report));
  return JsonResponse(out);
}

HttpResponse Rewrap(const KeyManagement& keys, const Visit& call) {
  const auto count = keys.Rewrap();
  return count ? JsonResponse(JsonObject{{"rewrapped", static_cast<int64_t>(*count)}}) : Failed(count.error(), call);
}

}  // namespace

void AddInstanceRoutes(const ManagementUseCases& use_cases, const Gate& gate, Router& router) {
  const Instances& instances = use_cases.instances;
  const Policies& policies = use_cases.policies;
  const PolicySigners& signers = use_cases.signers;
  const KeyManagement& keys = use_cases.keys;
  router.Add("GET", kRoot + "settings", gate.OwnerOrOperator([&instances](const Visit& call) { return ShowSettings(instances, call); }));
  router.Add("PATCH", kRoot + "settings", gate.OwnerOrOperator([&instances](const Visit& call) { return PatchSettings(instances, call); }));
  router.Add("GET", kRoot + "settings/history",
             gate.OwnerOrOperator([&instances](const Visit& call) { return SettingsHistory(instances, call); }));
  for (const AttestationType type : kAttestationTypes) {
    const std::string path = kRoot + "policies/" + std::string(AttestationTypeName(type));
    router.Add("GET", path + "/history",
               gate.Role(Role::kReader, [type, &policies](const Visit& call) { return PolicyHistory(policies, type, call); }));
    router.Add("GET", path + "/history/{version}",
               gate.Role(Role::kReader, [type, &policies](const Visit& call) { return PolicyVersion(policies, type, call); }));
    router.Add("POST", path + ":rollback",
               gate.Role(Role::kContributor, [type, &policies](const Visit& call) { return Rollback(policies, type, call); }));
  }
  router.Add("GET", kRoot + "signers/history",
             gate.Role(Role::kReader, [&signers](const Visit& call) { return SignerHistory(signers, call); }));
  router.Add("GET", kRoot + "keys", gate.Role(Role::kReader, [&keys](const Visit& call) { return ListKeys(keys, call); }));
  router.Add("POST", kRoot + "keys:rotate", gate.Role(Role::kOwner, [&keys](const Visit& call) { return Rotate(keys, call); }));
  router.Add("POST", kRoot + "keys:rewrap", gate.Operator([&keys](const Visit& call) { return Rewrap(keys, call); }));
}

}  // namespace vidimus
