#include "client/attestation_client.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/base64url.h"

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

bool WorthAnotherTry(const Result<FetchResponse>& response) {
  if (!response) return response.error().where == "net.fetch.connect" || response.error().where == "net.fetch.timeout";
  return response->status == 429 || response->status >= 500;
}

// Retry-After in seconds (RFC 9110 section 10.2.3), else one second, then two.
std::chrono::seconds PauseAfter(const Result<FetchResponse>& response, int attempt) {
  if (response)
    for (const auto& [name, value] : response->headers) {
      int seconds = 0;
      const char* end = value.data() + value.size();
      if (name == "retry-after" && std::from_chars(value.data(), end, seconds).ptr == end && seconds >= 0)
        return std::min(std::chrono::seconds(seconds), kLongestPause);
    }
  return std::chrono::seconds(1) * attempt;
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
  Result<FetchResponse> response = fetcher.Fetch(request);
  for (int attempt = 1; attempt < kAttestTries && WorthAnotherTry(response); ++attempt) {
    std::this_thread::sleep_for(PauseAfter(response, attempt));
    response = fetcher.Fetch(request);
  }
  if (!response) return tl::unexpected(response.error());
  return ReadAnswer(*response);
}

}  // namespace vidimus
