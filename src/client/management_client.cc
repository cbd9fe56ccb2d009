#include "client/management_client.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "client/retry.h"
#include "codec/form.h"

namespace vidimus {
namespace {

// The same of both planes; every version since has the same calls.
const std::string kApiVersion = "?api-version=2020-10-01";
const std::string kOwn = "/vidimus/v1/";
const std::string kProvider = "/providers/Microsoft.Attestation/";

std::string PolicyPath(AttestationType type) { return "/policies/" + std::string(AttestationTypeName(type)); }
std::string OwnPolicyPath(AttestationType type) { return kOwn + "policies/" + std::string(AttestationTypeName(type)); }

std::string SubscriptionPath(const std::string& subscription) { return "/subscriptions/" + EncodeFormText(subscription); }
std::string GroupPath(const std::string& subscription, const std::string& group) {
  return SubscriptionPath(subscription) + (group.empty() ? "" : "/resourceGroups/" + EncodeFormText(group));
}
std::string ResourcePath(const ResourceId& id) {
  return GroupPath(id.subscription, id.group) + kProvider + "attestationProviders/" + EncodeFormText(id.name) + kApiVersion;
}

Result<ServiceAnswer> ReadAnswer(const FetchResponse& response, const std::string& url) {
  ServiceAnswer out;
  out.status = response.status;
  const auto body = response.body.empty() ? Result<Json>(Json()) : ParseJson(response.body);
  const Json* error = body ? body->Find("error") : nullptr;
  if (!body || (!out.accepted() && error == nullptr))
    return Fail(ErrorCode::kMalformed, "client.answer",
                "found HTTP status " + std::to_string(response.status) + " from " + url +
                    " with a body that is not an attestation service's; see that the URL is one");
  if (out.accepted())
    out.body = *body;
  else
    out.error = *error;
  return out;
}

}  // namespace

ServiceCaller::ServiceCaller(Fetcher& fetcher, std::string base_url, std::string access_token)
    : fetcher_(fetcher), base_url_(std::move(base_url)), access_token_(std::move(access_token)) {
  if (base_url_.ends_with('/')) base_url_.pop_back();
}

Result<FetchResponse> ServiceCaller::Send(FetchRequest request, const std::string& path) const {
  request.url = base_url_ + path;
  request.headers.insert(request.headers.begin(), {"Authorization", "Bearer " + access_token_});
  return FetchWithRetries(fetcher_, request, request.method == "GET" ? Retry::kAlways : Retry::kUnlessBegun);
}

Result<ServiceAnswer> ServiceCaller::Call(const std::string& method, const std::string& path, const std::string& body,
                                          const std::string& content_type) const {
  FetchRequest request;
  request.method = method;
  request.headers = {{"Accept", "application/json"}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", content_type);
  request.body = body;
  request.max_response_bytes = limits::kJsonBytes;
  VIDIMUS_TRY(const FetchResponse response, Send(std::move(request), path));
  return ReadAnswer(response, base_url_ + path);
}

Result<ServiceAnswer> ServiceCaller::Download(const std::string& path, size_t most) const {
  FetchRequest request;
  request.max_response_bytes = most;
  VIDIMUS_TRY(FetchResponse response, Send(std::move(request), path));
  if (response.status != 200) return ReadAnswer(response, base_url_ + path);
  ServiceAnswer out;
  out.status = response.status;
  out.content = std::move(response.body);
  return out;
}

Result<ServiceAnswer> InstanceClient::Policy(AttestationType type) const { return caller_.Call("GET", PolicyPath(type) + kApiVersion); }

Result<ServiceAnswer> InstanceClient::SetPolicy(AttestationType type, const std::string& jws) const {
  return caller_.Call("PUT", PolicyPath(type) + kApiVersion, jws, "text/plain");
}

Result<ServiceAnswer> InstanceClient::ResetPolicy(AttestationType type, const std::string& jws) const {
  return caller_.Call("POST", PolicyPath(type) + ":reset" + kApiVersion, jws, "text/plain");
}

Result<ServiceAnswer> InstanceClient::Signers() const { return caller_.Call("GET", "/certificates" + kApiVersion); }

Result<ServiceAnswer> InstanceClient::AddSigner(const std::string& jws) const {
  return caller_.Call("POST", "/certificates:add" + kApiVersion, WriteJson(Json(jws)));
}

Result<ServiceAnswer> InstanceClient::RemoveSigner(const std::string& jws) const {
  return caller_.Call("POST", "/certificates:remove" + kApiVersion, WriteJson(Json(jws)));
}

Result<ServiceAnswer> InstanceClient::PolicyHistory(AttestationType type) const {
  return caller_.Call("GET", OwnPolicyPath(type) + "/history");
}

Result<ServiceAnswer> InstanceClient::PolicyVersion(AttestationType type, int64_t version) const {
  return caller_.Call("GET", OwnPolicyPath(type) + "/history/" + std::to_string(version));
}

Result<ServiceAnswer> InstanceClient::RollBackPolicy(AttestationType type, int64_t version) const {
  return caller_.Call("POST", OwnPolicyPath(type) + ":rollback", WriteJson(JsonObject{{"version", version}}));
}

Result<ServiceAnswer> InstanceClient::Settings() const { return caller_.Call("GET", kOwn + "settings"); }

Result<ServiceAnswer> InstanceClient::PatchSettings(const Json& patch) const {
  return caller_.Call("PATCH", kOwn + "settings", WriteJson(patch), "application/merge-patch+json");
}

Result<ServiceAnswer> InstanceClient::SettingsHistory() const { return caller_.Call("GET", kOwn + "settings/history"); }

Result<ServiceAnswer> InstanceClient::Forecast() const { return caller_.Call("GET", kOwn + "forecast"); }

Result<ServiceAnswer> InstanceClient::Keys() const { return caller_.Call("GET", kOwn + "keys"); }

Result<ServiceAnswer> InstanceClient::RotateKeys(bool emergency) const {
  return caller_.Call("POST", kOwn + "keys:rotate", WriteJson(JsonObject{{"emergency", emergency}}));
}

Result<ServiceAnswer> InstanceClient::RewrapKeys() const { return caller_.Call("POST", kOwn + "keys:rewrap"); }

Result<ServiceAnswer> InstanceClient::Endorsements(size_t skip, const std::string& at) const {
  return caller_.Call("GET", kOwn + "endorsements?skip=" + std::to_string(skip) + (at.empty() ? "" : "&at=" + EncodeFormText(at)));
}

Result<ServiceAnswer> InstanceClient::ExportEndorsements(bool history) const {
  return caller_.Download(kOwn + "endorsements/export" + (history ? "?history=true" : ""), limits::kBundleBytes);
}

Result<ServiceAnswer> InstanceClient::ImportEndorsements(const std::string& bundle) const {
  return caller_.Call("POST", kOwn + "endorsements", bundle, "application/jsonl");
}

Result<ResourceId> ParseResourceId(std::string_view text) {
  constexpr std::array<std::string_view, 9> kForm = {
      "", "subscriptions", "", "resourcegroups", "", "providers", "microsoft.attestation", "attestationproviders", ""};
  std::vector<std::string> parts;
  const std::string_view rest = text.starts_with('/') ? text.substr(1) : std::string_view();
  parts.emplace_back();
  for (size_t at = 0; at <= rest.size() && parts.size() <= kForm.size();) {
    const size_t end = std::min(rest.find('/', at), rest.size());
    parts.emplace_back(rest.substr(at, end - at));
    at = end + 1;
  }
  bool fits = parts.size() == kForm.size();
  for (size_t i = 1; fits && i < kForm.size(); ++i) fits = kForm[i].empty() ? !parts[i].empty() : AsciiLower(parts[i]) == kForm[i];
  if (!fits)
    return Fail(ErrorCode::kUsage, "client.resource_id",
                "found \"" + std::string(text) +
                    "\", expected /subscriptions/S/resourceGroups/G/providers/Microsoft.Attestation/attestationProviders/NAME");
  return ResourceId{parts[2], parts[4], parts[8]};
}

Result<ServiceAnswer> ControlPlaneClient::Create(const ResourceId& id, const Json& body) const {
  return caller_.Call("PUT", ResourcePath(id), WriteJson(body));
}

Result<ServiceAnswer> ControlPlaneClient::Show(const ResourceId& id) const { return caller_.Call("GET", ResourcePath(id)); }

Result<ServiceAnswer> ControlPlaneClient::Update(const ResourceId& id, const Json& body) const {
  return caller_.Call("PATCH", ResourcePath(id), WriteJson(body));
}

Result<ServiceAnswer> ControlPlaneClient::Delete(const ResourceId& id) const { return caller_.Call("DELETE", ResourcePath(id)); }

Result<ServiceAnswer> ControlPlaneClient::List(const std::string& subscription, const std::string& group) const {
  return caller_.Call("GET", GroupPath(subscription, group) + kProvider + "attestationProviders" + kApiVersion);
}

Result<ServiceAnswer> ControlPlaneClient::DefaultProviders(const std::string& subscription) const {
  return caller_.Call("GET", SubscriptionPath(subscription) + kProvider + "defaultProviders" + kApiVersion);
}

Result<ServiceAnswer> ControlPlaneClient::DefaultProvider(const std::string& subscription, const std::string& location) const {
  return caller_.Call(
      "GET", SubscriptionPath(subscription) + kProvider + "locations/" + EncodeFormText(location) + "/defaultProvider" + kApiVersion);
}

}  // namespace vidimus
