#include "relying_party/relying_party.h"

#include "base/hex.h"
#include "crypto/digest.h"
#include "token/validate.h"

namespace vidimus {
namespace {

constexpr size_t kKeySetBytes = 256 * 1024;

std::string Text(const Json& value) { return value.AsString() != nullptr ? *value.AsString() : WriteJson(value); }

Status RequireBinding(const Json& payload, const ByteVector& runtime_data) {
  const std::string expected = HexEncode(Sha256(runtime_data));
  const Json* report_data = payload.Find("x-ms-sgx-report-data");
  const std::string found =
      report_data != nullptr && report_data->AsString() != nullptr ? report_data->AsString()->substr(0, 64) : "nothing";
  if (found == expected) return {};
  return Fail(ErrorCode::kUntrusted, "relying_party.runtime_data",
              "found x-ms-sgx-report-data beginning " + found + ", expected SHA-256 of the runtime data, " + expected);
}

}  // namespace

RelyingParty::RelyingParty(std::string issuer, Fetcher& fetcher) : issuer_(std::move(issuer)), fetcher_(fetcher) {
  if (issuer_.ends_with('/')) issuer_.pop_back();
}

Status RelyingParty::FetchKeys(UnixTime now) {
  FetchRequest request;
  request.url = issuer_ + "/certs";
  request.max_response_bytes = kKeySetBytes;
  VIDIMUS_TRY(const FetchResponse response, fetcher_.Fetch(request));
  if (response.status != 200)
    return Fail(ErrorCode::kMissing, "relying_party.keys",
                "found HTTP status " + std::to_string(response.status) + " from " + request.url + ", expected 200");
  VIDIMUS_TRY(keys_, ParseJwkSet(response.body));
  fetched_ = now;
  return {};
}

Result<Json> RelyingParty::Verify(std::string_view token, const TokenRequirements& requirements, UnixTime now) {
  if (!fetched_) VIDIMUS_CHECK_OK(FetchKeys(now));
  TokenExpectations expected;
  expected.issuer = issuer_;
  expected.allow_dev = requirements.allow_dev;
  expected.now = now;
  Result<Json> payload = ValidateToken(token, keys_, expected);
  if (!payload && payload.error().where == "token.kid" && *fetched_ + kKeyRefreshSeconds <= now) {
    VIDIMUS_CHECK_OK(FetchKeys(now));
    payload = ValidateToken(token, keys_, expected);
  }
  if (!payload) return payload;
  if (requirements.runtime_data) VIDIMUS_CHECK_OK(RequireBinding(*payload, *requirements.runtime_data));
  for (const ClaimRequirement& requirement : requirements.claims) {
    const Json* claim = FindClaim(*payload, requirement.claim);
    if (claim == nullptr || Text(*claim) != requirement.value)
      return Fail(ErrorCode::kUnacceptable, "relying_party.requirement",
                  "found " + (claim == nullptr ? "no " + requirement.claim : requirement.claim + " " + Text(*claim)) + ", expected " +
                      requirement.value);
  }
  return payload;
}

}  // namespace vidimus
