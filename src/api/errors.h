// Errors to HTTP, in one place: the status, MAA's code and message, and our explanation beside them (maa-rest-api section 1.5;
// design, invariant 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "service/attestation_service.h"

namespace vidimus {

enum class ExplainSetting { kFull, kBrief };  // brief: stage, where and request id only; the rest goes to the log

// The answer to a request that no use case saw: unknown path, wrong method, wrong body, transport. `status` is 4xx or 5xx.
HttpResponse ErrorResponse(int status, const Error& error, const std::string& request_id);

// 503, and when to try again.
HttpResponse BusyResponse(const Error& error, const std::string& request_id);

// What MAA writes of a policy text that is none, about the first error (policy-language section 5.3): "Policy Parser Exception Thrown:
// Offending symbol: '[' Line: '2', Column: '1' Failure message: '...' Failing rule: 'policy > versionInfo'". `diagnostics` by place; one
// of them is an error.
std::string PolicyParserMessage(std::string_view text, const std::vector<Diagnostic>& diagnostics);

// 400 and MAA's code for evidence, policy and requests; 500 for what is the server's own failure.
HttpResponse RefusalResponse(const AttestRefusal& refusal, const std::string& request_id, ExplainSetting explain);

}  // namespace vidimus
