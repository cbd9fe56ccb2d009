// Errors to HTTP, in one place: the status, MAA's code and message, and our explanation beside them (maa-rest-api section 1.5;
// design, invariant 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "service/attestation_service.h"
#include "service/policies.h"

namespace vidimus {

// The answer to a request that no use case saw: unknown path, wrong method, wrong body, transport. `status` is 4xx or 5xx. `code`: MAA's or
// ARM's, where the status alone does not say it.
HttpResponse ErrorResponse(int status, const Error& error, const std::string& request_id, const std::string& code = {});

// 503 (429 for request.rate and request.concurrency), and when to try again.
HttpResponse BusyResponse(const Error& error, const std::string& request_id, int retry_after_seconds = 1);

// The answer to a use case that failed: identity (401, 403), instances (404), management (400 with MAA's numbers, 409), the store (503),
// the server's own failure (500).
HttpResponse UseCaseErrorResponse(const Error& error, const std::string& request_id);

// The same, of a policy text that is none: MAA's parser message and the diagnostics.
HttpResponse PolicyRefusalResponse(const PolicyRefusal& refusal, const std::string& request_id);

// 400 to who brought documents of which none was taken; `refused` says of each why.
HttpResponse RefusedDocumentsResponse(const Error& error, JsonArray refused, const std::string& request_id);

// What MAA writes of a policy text that is none, about the first error (policy-language section 5.3): "Policy Parser Exception Thrown:
// Offending symbol: '[' Line: '2', Column: '1' Failure message: '...' Failing rule: 'policy > versionInfo'". `diagnostics` by place; one
// of them is an error.
std::string PolicyParserMessage(std::string_view text, const std::vector<Diagnostic>& diagnostics);

// 400 and MAA's code for evidence, policy and requests; 500 for what is the server's own failure.
HttpResponse RefusalResponse(const AttestRefusal& refusal, const std::string& request_id, ExplainSetting explain);

}  // namespace vidimus
