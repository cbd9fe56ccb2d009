// Errors to HTTP, in one place: the status, MAA's code and message, and our explanation beside them (maa-rest-api section 1.5;
// design, invariant 5).
#pragma once

#include <string>

#include "net/http_server.h"
#include "service/attestation_service.h"

namespace vidimus {

enum class ExplainSetting { kFull, kBrief };  // brief: stage, where and request id only; the rest goes to the log

// The answer to a request that no use case saw: unknown path, wrong method, wrong body, transport. `status` is 4xx or 5xx.
HttpResponse ErrorResponse(int status, const Error& error, const std::string& request_id);

// 400 and MAA's code for evidence, policy and requests; 500 for what is the server's own failure.
HttpResponse RefusalResponse(const AttestRefusal& refusal, const std::string& request_id, ExplainSetting explain);

}  // namespace vidimus
