#include "api/arm_resource.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base64url.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kType = "Microsoft.Attestation/attestationProviders";
constexpr size_t kTags = 50, kTagNameCharacters = 512, kTagValueCharacters = 256;  // of any ARM resource
constexpr size_t kLocationCharacters = 64;

tl::unexpected<Error> Wrong(const std::string& detail) { return Fail(ErrorCode::kMalformed, "arm.body", detail); }

Result<JsonObject> ReadTags(const Json& value) {
  const JsonObject* tags = value.AsObject();
  if (tags == nullptr || tags->size() > kTags) return Wrong("tags: expected an object of at most " + std::to_string(kTags) + " strings");
  for (const auto& [name, text] : *tags)
    if (name.empty() || name.size() > kTagNameCharacters || text.AsString() == nullptr || text.AsString()->size() > kTagValueCharacters)
      return Wrong("tags: expected names of 1 to " + std::to_string(kTagNameCharacters) + " octets and strings of at most " +
                   std::to_string(kTagValueCharacters));
  return *tags;
}

// A member that is Enabled or Disabled; none when it is absent or null.
Result<std::optional<bool>> ReadEnabled(const Json& properties, const std::string& name) {
  const Json* value = properties.Find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const std::string* text = value->AsString();
  if (text == nullptr || (*text != "Enabled" && *text != "Disabled")) return Wrong(name + ": expected \"Enabled\" or \"Disabled\"");
  return *text == "Enabled";
}

// Who reaches a service of one's own is for one's network to say; to accept "Disabled" and serve all the same would be worse.
Status CheckPublicAccess(const Json& properties) {
  VIDIMUS_TRY(const auto enabled, ReadEnabled(properties, "publicNetworkAccess"));
  if (enabled.value_or(true)) return {};
  return Fail(ErrorCode::kUnsupported, "arm.public_network_access",
              "found publicNetworkAccess Disabled, expected Enabled: restrict who reaches the listener instead");
}

Result<std::vector<SignerCertificate>> ReadSigners(const Json& properties) {
  std::vector<SignerCertificate> out;
  const Json* set = properties.Find("policySigningCertificates");
  if (set == nullptr || set->is_null()) return out;
  const Json* keys = set->Find("keys");
  if (keys == nullptr || keys->AsArray() == nullptr) return Wrong("policySigningCertificates: expected {\"keys\": [JWK with x5c]}");
  if (keys->AsArray()->size() > limits::kPolicySigners)
    return Wrong("policySigningCertificates: expected at most " + std::to_string(limits::kPolicySigners) + " keys");
  for (const Json& key : *keys->AsArray()) {
    const Json* x5c = key.Find("x5c");
    const bool some =
        x5c != nullptr && x5c->AsArray() != nullptr && !x5c->AsArray()->empty() && x5c->AsArray()->front().AsString() != nullptr;
    if (!some) return Wrong("policySigningCertificates: found a key without x5c, expected a certificate in base64 in each");
    const auto der = Base64DecodeLenient(*x5c->AsArray()->front().AsString());
    if (!der) return Wrong("policySigningCertificates: x5c: " + der.error().detail);
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(*der));
    const bool twice = std::any_of(out.begin(), out.end(), [&](const SignerCertificate& one) { return one.der() == certificate.der(); });
    if (!twice) out.push_back(std::move(certificate));
  }
  return out;
}

const Json kNoProperties = JsonObject{};

Result<Json> ReadBody(const std::string& body) {
  auto json = ParseJson(body);
  if (!json || json->AsObject() == nullptr) return Wrong("found " + (json ? "no object" : json.error().detail) + ", expected an object");
  const Json* properties = json->Find("properties");
  if (properties != nullptr && !properties->is_null() && properties->AsObject() == nullptr) return Wrong("properties: expected an object");
  return json;
}

const Json& PropertiesOf(const Json& body) {
  const Json* found = body.Find("properties");
  return found == nullptr || found->is_null() ? kNoProperties : *found;
}

const Json* Member(const JsonObject& object, std::string_view name) {
  const auto found = std::find_if(object.begin(), object.end(), [&](const JsonMember& one) { return one.first == name; });
  return found == object.end() ? nullptr : &found->second;
}

std::string Text(const JsonObject& object, std::string_view name) {
  const Json* member = Member(object, name);
  return member == nullptr || member->AsString() == nullptr ? std::string() : *member->AsString();
}

std::string_view TrustModelName(TrustModel model) {
  switch (model) {
    case TrustModel::kAad: return "AAD";
    case TrustModel::kIsolated: return "Isolated";
    case TrustModel::kShared: return "Shared";
  }
  return "";
}

JsonObject Properties(const InstanceRecord& record, const InstanceSettings& settings) {
  return {{"trustModel", TrustModelName(record.trust_model)},
          {"status", "Ready"},
          {"attestUri", record.issuer},
          {"publicNetworkAccess", "Enabled"},
          {"tpmAttestationAuthentication", settings.attest_needs_token.contains(AttestationType::kTpm) ? "Enabled" : "Disabled"},
          {"privateEndpointConnections", JsonArray{}}};
}

Json Operation(const std::string& name, const std::string& resource, const std::string& operation, const std::string& description) {
  return JsonObject{
      {"name", "Microsoft.Attestation/" + name},
      {"display",
       JsonObject{
           {"provider", "Microsoft Azure Attestation"}, {"resource", resource}, {"operation", operation}, {"description", description}}}};
}

}  // namespace

Result<ArmCreateBody> ReadArmCreateBody(const std::string& body) {
  VIDIMUS_TRY(const Json json, ReadBody(body));
  ArmCreateBody out;
  const Json* location = json.Find("location");
  if (location == nullptr || location->AsString() == nullptr || location->AsString()->empty() ||
      location->AsString()->size() > kLocationCharacters)
    return Wrong("location: expected a string of 1 to " + std::to_string(kLocationCharacters) + " octets");
  out.location = *location->AsString();
  if (const Json* tags = json.Find("tags"); tags != nullptr && !tags->is_null()) {
    VIDIMUS_TRY(out.tags, ReadTags(*tags));
  }
  const Json& properties = PropertiesOf(json);
  VIDIMUS_CHECK_OK(CheckPublicAccess(properties));
  VIDIMUS_TRY(out.tpm_needs_token, ReadEnabled(properties, "tpmAttestationAuthentication"));
  VIDIMUS_TRY(out.signers, ReadSigners(properties));
  return out;
}

Result<ArmUpdateBody> ReadArmUpdateBody(const std::string& body) {
  VIDIMUS_TRY(const Json json, ReadBody(body));
  ArmUpdateBody out;
  if (const Json* tags = json.Find("tags"); tags != nullptr && !tags->is_null()) {
    VIDIMUS_TRY(out.tags, ReadTags(*tags));
  }
  const Json& properties = PropertiesOf(json);
  VIDIMUS_CHECK_OK(CheckPublicAccess(properties));
  VIDIMUS_TRY(out.tpm_needs_token, ReadEnabled(properties, "tpmAttestationAuthentication"));
  return out;
}

JsonObject NewArmResource(const ArmScope& scope, const std::string& name, const ArmCreateBody& body, const std::string& by,
                          const std::string& at) {
  return {{"subscription", scope.subscription},
          {"resourceGroup", scope.group},
          {"name", name},
          {"location", body.location},
          {"tags", body.tags},
          {"createdBy", by},
          {"createdAt", at},
          {"lastModifiedBy", by},
          {"lastModifiedAt", at}};
}

bool IsInScope(const JsonObject& resource, const ArmScope& scope) {
  if (AsciiLower(Text(resource, "subscription")) != AsciiLower(scope.subscription)) return false;
  return scope.group.empty() || AsciiLower(Text(resource, "resourceGroup")) == AsciiLower(scope.group);
}

Json ArmResourceJson(const InstanceRecord& record, const JsonObject& resource, const InstanceSettings& settings) {
  const std::string name = Text(resource, "name");
  const Json* tags = Member(resource, "tags");
  return JsonObject{{"id", "/subscriptions/" + Text(resource, "subscription") + "/resourceGroups/" + Text(resource, "resourceGroup") +
                               "/providers/" + std::string(kType) + "/" + name},
                    {"name", name},
                    {"type", kType},
                    {"location", Text(resource, "location")},
                    {"tags", tags == nullptr ? Json(JsonObject{}) : *tags},
                    {"systemData", JsonObject{{"createdBy", Text(resource, "createdBy")},
                                              {"createdByType", "Application"},
                                              {"createdAt", Text(resource, "createdAt")},
                                              {"lastModifiedBy", Text(resource, "lastModifiedBy")},
                                              {"lastModifiedByType", "Application"},
                                              {"lastModifiedAt", Text(resource, "lastModifiedAt")}}},
                    {"properties", Properties(record, settings)}};
}

Json ArmDefaultProviderJson(const InstanceRecord& record, const InstanceSettings& settings) {
  return JsonObject{{"id", "/providers/" + std::string(kType) + "/" + record.key.name},
                    {"name", record.key.name},
                    {"type", kType},
                    {"location", "local"},
                    {"properties", Properties(record, settings)}};
}

Json ArmOperations() {
  const std::string provider = "attestationProviders";
  return JsonObject{
      {"value",
       JsonArray{Operation("operations/read", "Operations", "Read operations", "Lists what can be done with attestation providers."),
                 Operation(provider + "/read", "Attestation providers", "Read", "Gets or lists attestation providers."),
                 Operation(provider + "/write", "Attestation providers", "Create or update", "Adds or changes an attestation provider."),
                 Operation(provider + "/delete", "Attestation providers", "Delete", "Removes an attestation provider."),
                 Operation(provider + "/attestation/read", "Attestation", "Read",
                           "Gets policies and policy signers; attests where that takes a role."),
                 Operation(provider + "/attestation/write", "Attestation", "Write", "Sets policies; adds policy signers."),
                 Operation(provider + "/attestation/delete", "Attestation", "Delete", "Resets policies; removes policy signers.")}}};
}

}  // namespace vidimus
