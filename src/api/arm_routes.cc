#include "api/arm_routes.h"

#include <algorithm>
#include <array>

#include "api/arm_resource.h"
#include "api/errors.h"
#include "api/routes.h"

namespace vidimus {
namespace {

constexpr std::array<std::string_view, 3> kApiVersions = {"2020-10-01", "2021-06-01-preview", "2021-06-01"};

const std::string kProvider = "/providers/Microsoft.Attestation";
const std::string kOfSubscription = "/subscriptions/{subscription}" + kProvider;
const std::string kOfGroup = "/subscriptions/{subscription}/resourceGroups/{group}" + kProvider + "/attestationProviders";
const std::string kResource = kOfGroup + "/{name}";

HttpResponse Failed(const Error& error, const Visit& call) { return UseCaseErrorResponse(error, call.request.request_id); }

std::string Parameter(const Visit& call, std::string_view name) {
  const auto found = call.request.parameters.find(name);
  return found == call.request.parameters.end() ? std::string() : found->second;
}

ArmScope ScopeOf(const Visit& call) { return {Parameter(call, "subscription"), Parameter(call, "group")}; }

HttpResponse NotFound(const Visit& call) {
  return ErrorResponse(404,
                       {ErrorCode::kMissing, "arm.resource_not_found",
                        "The Resource 'Microsoft.Attestation/attestationProviders/" + Parameter(call, "name").substr(0, 64) +
                            "' under resource group '" + Parameter(call, "group").substr(0, 128) + "' was not found."},
                       call.request.request_id, "ResourceNotFound");
}

Result<JsonObject> KeptResource(const InstanceRecord& record) {
  VIDIMUS_TRY(const Json json, ParseJson(record.resource));
  return json.AsObject() == nullptr ? JsonObject{} : *json.AsObject();
}

class Arm {
 public:
  Arm(const Instances& instances, const InstanceRegistry& registry) : instances_(instances), registry_(registry) {}

  HttpResponse Create(const Visit& call) const;
  HttpResponse Get(const Visit& call) const;
  HttpResponse Update(const Visit& call) const;
  HttpResponse Delete(const Visit& call) const;
  HttpResponse List(const Visit& call) const;
  HttpResponse ListDefaults(const Visit& call) const;
  HttpResponse GetDefault(const Visit& call) const;

 private:
  // The one that the path names, alive and in its scope.
  Result<std::optional<InstanceRecord>> Find(const Visit& call) const;
  Result<Json> Show(const InstanceRecord& record) const;
  Result<InstanceSettings> SettingsOf(const InstanceRecord& record) const;
  Result<Json> DefaultProvider() const;
  HttpResponse Shown(const InstanceRecord& record, int status, const Visit& call) const;
  HttpResponse Change(const InstanceRecord& record, const ArmUpdateBody& body, const Visit& call) const;

  const Instances& instances_;
  const InstanceRegistry& registry_;
};

Result<InstanceSettings> Arm::SettingsOf(const InstanceRecord& record) const {
  VIDIMUS_TRY(const Json json, ParseJson(record.settings));
  return SettingsFromJson(json, registry_.defaults().settings);
}

Result<std::optional<InstanceRecord>> Arm::Find(const Visit& call) const {
  const auto name = NormalInstanceName(Parameter(call, "name"));
  if (!name) return std::nullopt;
  VIDIMUS_TRY(auto record, instances_.Find(*name));
  if (!record || record->deleted_at) return std::nullopt;
  VIDIMUS_TRY(const JsonObject resource, KeptResource(*record));
  if (!IsInScope(resource, ScopeOf(call))) return std::nullopt;
  return record;
}

Result<Json> Arm::Show(const InstanceRecord& record) const {
  VIDIMUS_TRY(const JsonObject resource, KeptResource(record));
  VIDIMUS_TRY(const InstanceSettings settings, SettingsOf(record));
  return ArmResourceJson(record, resource, settings);
}

HttpResponse Arm::Shown(const InstanceRecord& record, int status, const Visit& call) const {
  const auto json = Show(record);
  if (!json) return Failed(json.error(), call);
  HttpResponse out = JsonResponse(*json);
  out.status = status;
  if (status == 201) out.headers.emplace_back("Location", record.issuer);
  return out;
}

HttpResponse Arm::Create(const Visit& call) const {
  const std::string name = Parameter(call, "name");
  if (const auto valid = NormalInstanceName(name); !valid) return Failed(valid.error(), call);
  const auto body = ReadArmCreateBody(call.request.http.body);
  if (!body) return Failed(body.error(), call);
  const auto existing = Find(call);
  if (!existing) return Failed(existing.error(), call);
  if (*existing) {
    const bool isolated = (*existing)->trust_model == TrustModel::kIsolated;
    if (isolated == body->signers.empty())
      return Failed({ErrorCode::kMismatch, "instance.exists",
                     "instance \"" + name + "\" exists with another trust model, which is fixed at creation"},
                    call);
    return Change(**existing, {body->tags, body->tpm_needs_token}, call);
  }
  NewInstance wanted;
  wanted.name = name;
  wanted.signers = body->signers;
  wanted.resource = NewArmResource(ScopeOf(call), name, *body, DescribeCaller(call.caller), FormatRfc3339Utc(registry_.now()));
  if (body->tpm_needs_token == false) wanted.settings = JsonObject{{"attestNeedsToken", JsonArray{}}};
  const auto record = instances_.Create(wanted, call.caller);
  return record ? Shown(*record, 201, call) : Failed(record.error(), call);
}

HttpResponse Arm::Get(const Visit& call) const {
  const auto record = Find(call);
  if (!record) return Failed(record.error(), call);
  return *record ? Shown(**record, 200, call) : NotFound(call);
}

// Whether a token is needed for Tpm evidence, in settings that may say the same of other types.
Result<Json> WithTpm(const InstanceSettings& read, const Json& settings, bool needs_token) {
  auto types = read.attest_needs_token;
  if (needs_token) types.insert(AttestationType::kTpm);
  if (!needs_token) types.erase(AttestationType::kTpm);
  JsonArray names;
  for (const AttestationType type : types) names.emplace_back(AttestationTypeName(type));
  return PatchedSettings(settings, JsonObject{{"attestNeedsToken", std::move(names)}});
}

HttpResponse Arm::Change(const InstanceRecord& record, const ArmUpdateBody& body, const Visit& call) const {
  const std::string by = DescribeCaller(call.caller);
  const auto put = [](JsonObject& object, const std::string& name, Json value) {
    std::erase_if(object, [&](const JsonMember& one) { return one.first == name; });
    object.emplace_back(name, std::move(value));
  };
  const auto changed = instances_.Update(
      record.key,
      [&](Instances::Change change) -> Result<Instances::Change> {
        if (body.tags) put(change.resource, "tags", *body.tags);
        put(change.resource, "lastModifiedBy", by);
        put(change.resource, "lastModifiedAt", FormatRfc3339Utc(registry_.now()));
        VIDIMUS_TRY(const InstanceSettings read, SettingsFromJson(change.settings, registry_.defaults().settings));
        if (body.tpm_needs_token && *body.tpm_needs_token != read.attest_needs_token.contains(AttestationType::kTpm)) {
          VIDIMUS_TRY(change.settings, WithTpm(read, change.settings, *body.tpm_needs_token));
        }
        return change;
      },
      by);
  return changed ? Shown(*changed, 200, call) : Failed(changed.error(), call);
}

HttpResponse Arm::Update(const Visit& call) const {
  const auto body = ReadArmUpdateBody(call.request.http.body);
  if (!body) return Failed(body.error(), call);
  const auto record = Find(call);
  if (!record) return Failed(record.error(), call);
  return *record ? Change(**record, *body, call) : NotFound(call);
}

HttpResponse Arm::Delete(const Visit& call) const {
  const auto record = Find(call);
  if (!record) return Failed(record.error(), call);
  HttpResponse out;
  out.status = 204;  // also of what was never there (client-compatibility section 8 item 1)
  if (!*record) return out;
  const auto deleted = instances_.Delete((*record)->key.name, DescribeCaller(call.caller));
  if (!deleted) return Failed(deleted.error(), call);
  return *deleted ? JsonResponse(JsonObject{}) : out;
}

HttpResponse Arm::List(const Visit& call) const {
  const auto records = instances_.List();
  if (!records) return Failed(records.error(), call);
  JsonArray out;
  for (const InstanceRecord& record : *records) {
    const auto resource = KeptResource(record);
    if (!resource) return Failed(resource.error(), call);
    if (!IsInScope(*resource, ScopeOf(call))) continue;
    const auto json = Show(record);
    if (!json) return Failed(json.error(), call);
    out.push_back(*json);
  }
  return JsonResponse(JsonObject{{"value", std::move(out)}});
}

Result<Json> Arm::DefaultProvider() const {
  const std::string& name = registry_.addresses().default_name;
  VIDIMUS_TRY(const auto record, instances_.Find(name));
  if (!record) return Fail(ErrorCode::kMissing, "instance.unknown", "there is no instance \"" + name + "\" here");
  VIDIMUS_TRY(const InstanceSettings settings, SettingsOf(*record));
  return ArmDefaultProviderJson(*record, settings);
}

HttpResponse Arm::ListDefaults(const Visit& call) const {
  const auto provider = DefaultProvider();
  return provider ? JsonResponse(JsonObject{{"value", JsonArray{*provider}}}) : Failed(provider.error(), call);
}

HttpResponse Arm::GetDefault(const Visit& call) const {
  const auto provider = DefaultProvider();
  return provider ? JsonResponse(*provider) : Failed(provider.error(), call);
}

// Nothing here has private endpoints: reads say so, and so does the attempt to make one.
HttpResponse NoPrivateEndpoint(const Visit& call) {
  return ErrorResponse(404, {ErrorCode::kMissing, "arm.resource_not_found", "there are no private endpoint connections here"},
                       call.request.request_id, "ResourceNotFound");
}

Gate::Work Versioned(Gate::Work work) {
  return [work = std::move(work)](const Visit& call) {
    const std::string version = call.request.Query("api-version");
    if (std::find(kApiVersions.begin(), kApiVersions.end(), version) != kApiVersions.end()) return work(call);
    return ErrorResponse(400,
                         {ErrorCode::kUnsupported, "arm.api_version",
                          "found api-version \"" + version.substr(0, 32) + "\", expected 2020-10-01, 2021-06-01-preview or 2021-06-01"},
                         call.request.request_id, version.empty() ? "MissingApiVersionParameter" : "InvalidApiVersionParameter");
  };
}

}  // namespace

void AddArmRoutes(const Instances& instances, const InstanceRegistry& registry, const Gate& gate, Router& router) {
  const auto arm = std::make_shared<const Arm>(instances, registry);
  const auto add = [&](const std::string& method, const std::string& path, Gate::Work work) {
    router.Add(method, path, gate.Operator(Versioned(std::move(work))));
  };
  const auto nothing = [](const Visit&) { return JsonResponse(JsonObject{{"value", JsonArray{}}}); };
  add("PUT", kResource, [arm](const Visit& call) { return arm->Create(call); });
  add("GET", kResource, [arm](const Visit& call) { return arm->Get(call); });
  add("PATCH", kResource, [arm](const Visit& call) { return arm->Update(call); });
  add("DELETE", kResource, [arm](const Visit& call) { return arm->Delete(call); });
  add("GET", kOfGroup, [arm](const Visit& call) { return arm->List(call); });
  add("GET", kOfSubscription + "/attestationProviders", [arm](const Visit& call) { return arm->List(call); });
  add("GET", kOfSubscription + "/defaultProviders", [arm](const Visit& call) { return arm->ListDefaults(call); });
  add("GET", kOfSubscription + "/locations/{location}/defaultProvider", [arm](const Visit& call) { return arm->GetDefault(call); });
  add("GET", kProvider + "/operations", [](const Visit&) { return JsonResponse(ArmOperations()); });
  add("GET", kResource + "/privateLinkResources", nothing);
  add("GET", kResource + "/privateEndpointConnections", nothing);
  for (const char* method : {"GET", "PUT", "DELETE"})
    add(method, kResource + "/privateEndpointConnections/{connection}", NoPrivateEndpoint);
}

}  // namespace vidimus
