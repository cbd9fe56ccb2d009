// The management calls of a service: InstanceClient those of one instance (MAA's data plane and /vidimus/v1), ControlPlaneClient those
// of ARM that make and remove instances (maa-rest-api sections 3 and 5.1). They send and read; they judge no signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fetcher.h"
#include "claims/attestation_type.h"
#include "codec/json.h"

namespace vidimus {

// What a service answered.
struct ServiceAnswer {
  int status = 0;
  Json body;            // of a 2xx; null when there is none
  std::string content;  // of a 2xx that is not JSON, instead
  Json error;           // the member "error" of any other
  bool accepted() const { return status >= 200 && status < 300; }
};

// What every call does: FetchWithRetries with Retry::kAlways for GET, else Retry::kUnlessBegun. Errors: those of the fetcher, client.answer
class ServiceCaller {
 public:
  // `base_url`: with or without a trailing slash. `fetcher` must outlive this object.
  ServiceCaller(Fetcher& fetcher, std::string base_url, std::string access_token);
  Result<ServiceAnswer> Call(const std::string& method, const std::string& path, const std::string& body = {},
                             const std::string& content_type = "application/json") const;
  // GET of something else than JSON, of at most so many octets.
  Result<ServiceAnswer> Download(const std::string& path, size_t most) const;

 private:
  Result<FetchResponse> Send(FetchRequest request, const std::string& path) const;

  Fetcher& fetcher_;
  std::string base_url_, access_token_;
};

// Answers of the first six are {"token"}, signed by the instance. `jws`: compact.
class InstanceClient {
 public:
  explicit InstanceClient(ServiceCaller caller) : caller_(std::move(caller)) {}
  Result<ServiceAnswer> Policy(AttestationType type) const;
  Result<ServiceAnswer> SetPolicy(AttestationType type, const std::string& jws) const;
  Result<ServiceAnswer> ResetPolicy(AttestationType type, const std::string& jws) const;
  Result<ServiceAnswer> Signers() const;
  Result<ServiceAnswer> AddSigner(const std::string& jws) const;
  Result<ServiceAnswer> RemoveSigner(const std::string& jws) const;

  Result<ServiceAnswer> PolicyHistory(AttestationType type) const;
  Result<ServiceAnswer> PolicyVersion(AttestationType type, int64_t version) const;
  Result<ServiceAnswer> RollBackPolicy(AttestationType type, int64_t version) const;
  Result<ServiceAnswer> Settings() const;
  Result<ServiceAnswer> PatchSettings(const Json& patch) const;  // RFC 7396
  Result<ServiceAnswer> SettingsHistory() const;
  Result<ServiceAnswer> Forecast() const;
  Result<ServiceAnswer> Keys() const;
  Result<ServiceAnswer> RotateKeys(bool emergency) const;
  Result<ServiceAnswer> RewrapKeys() const;

  // One page of what the service holds, from the document of that number on; `at`, RFC 3339: what is in force then, empty for now.
  Result<ServiceAnswer> Endorsements(size_t skip, const std::string& at) const;
  Result<ServiceAnswer> ExportEndorsements(bool history) const;
  Result<ServiceAnswer> ImportEndorsements(const std::string& bundle) const;

 private:
  ServiceCaller caller_;
};

// /subscriptions/S/resourceGroups/G/providers/Microsoft.Attestation/attestationProviders/N
struct ResourceId {
  std::string subscription, group, name;
};
// The fixed words in any case. Error: client.resource_id
Result<ResourceId> ParseResourceId(std::string_view text);

class ControlPlaneClient {
 public:
  explicit ControlPlaneClient(ServiceCaller caller) : caller_(std::move(caller)) {}
  // `body`: {location, tags?, properties: {policySigningCertificates?: {keys}}}.
  Result<ServiceAnswer> Create(const ResourceId& id, const Json& body) const;
  Result<ServiceAnswer> Show(const ResourceId& id) const;
  Result<ServiceAnswer> Update(const ResourceId& id, const Json& body) const;  // {tags?}
  // 200 when it was there, 204 when it was not.
  Result<ServiceAnswer> Delete(const ResourceId& id) const;
  // Of a whole subscription unless `group` names one.
  Result<ServiceAnswer> List(const std::string& subscription, const std::string& group) const;
  Result<ServiceAnswer> DefaultProviders(const std::string& subscription) const;
  Result<ServiceAnswer> DefaultProvider(const std::string& subscription, const std::string& location) const;

 private:
  ServiceCaller caller_;
};

}  // namespace vidimus
