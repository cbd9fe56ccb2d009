#include "client/attestation_client.h"

#include "base/base64url.h"
#include "client/retry.h"

namespace vidimus {
namespace {

constexpr std::string_view kApiVersion = "2020-10-01";

std::string Body(const EvidenceToAttest& evidence) {
  JsonObject body{{evidence.member, Base64UrlEncode(evidence.evidence)}};
  if (evidence.runtime_data)
    body.emplace_back("runtimeData", JsonObject{{"data", Base64UrlEncode(*evidence.runtime_data)},
                                                {"dataType", evidence.runtime_data_is_json ? "JSON" : "Binary"}});
  if (evidence.nonce) body.emplace_back("nonce", *evidence.nonce);
  if (evidence.draft_policy) body.emplace_back("draftPolicyForAttestation", *evidence.draft_policy);
  return WriteJson(Json(std::move(body)));
}

Result<AttestationAnswer> ReadAnswer(const FetchResponse& response) {
  AttestationAnswer out;
  out.status = response.status;
  const auto body = ParseJson(response.body);
  const Json* member = body ? body->Find(response.status == 200 ? "token" : "error") : nullptr;
  if (member == nullptr || (response.status == 200 && member->AsString() == nullptr))
    return Fail(ErrorCode::kMalformed, "client.answer",
                "found HTTP status " + std::to_string(response.status) +
                    " with a body that is not an attestation service's; see that the URL is one");
  if (response.status == 200)
    out.token = *member->AsString();
  else
    out.error = *member;
  return out;
}

}  // namespace

Result<AttestationAnswer> Attest(Fetcher& fetcher, const std::string& instance_url, const EvidenceToAttest& evidence) {
  const bool slash = instance_url.ends_with('/');
  FetchRequest request;
  request.method = "POST";
  request.url = instance_url.substr(0, instance_url.size() - (slash ? 1 : 0)) + evidence.path + "?api-version=" + std::string(kApiVersion);
  request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  request.body = Body(evidence);
  VIDIMUS_TRY(const FetchResponse response, FetchWithRetries(fetcher, request, Retry::kAlways));
  return ReadAnswer(response);
}

}  // namespace vidimus
