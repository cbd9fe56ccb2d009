#include "api/errors.h"

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "policy/trial.h"

namespace vidimus {
namespace {

// MAA's code and the number of the native error in its message.
struct MaaError {
  std::string_view code;
  int native;
};

constexpr MaaError kPolicyEvaluation = {"PolicyEvaluationError", 65518};
constexpr MaaError kPolicyParsing = {"PolicyParsingError", 65526};
constexpr MaaError kInvalidEvidence = {"InvalidParameter", 65534};

// Rendering each takes 0.2 ms where the policy is one long line, and event loops do it.
constexpr size_t kDiagnosticsShown = 20;
constexpr size_t kSymbolCharacters = 40;  // of the text at fault that a message quotes

HttpResponse Respond(int status, const std::string& code, const std::string& message, JsonObject vidimus) {
  JsonObject error{{"code", code}, {"message", message}, {"innererror", JsonObject{{"code", code}, {"message", message}}}};
  error.emplace_back("vidimus", Json(std::move(vidimus)));
  HttpResponse out;
  out.status = status;
  out.headers = {{"Content-Type", "application/json; charset=utf-8"}};
  out.body = WriteJson(Json(JsonObject{{"error", Json(std::move(error))}}));
  return out;
}

MaaError Classify(const AttestRefusal& refusal) {
  if (refusal.stage == "decide") return kPolicyEvaluation;
  if (refusal.stage == "configure") return kPolicyParsing;  // a draft's JWS included
  return kInvalidEvidence;
}

// MAA's own words where clients and operators look for them, then ours.
std::string Message(const MaaError& maa, const AttestRefusal& refusal) {
  std::string text;
  if (refusal.decision == Decision::Reason::kDenyAction) {
    text = "Policy Engine Exception: A Deny claim was issued, authorization failed.";
  } else if (refusal.decision == Decision::Reason::kNoPermit) {
    text = "Policy Engine Exception: No Permit claim was issued in the authorizationrules section, authorization failed.";
  } else if (maa.code == kPolicyEvaluation.code) {
    text = "Policy Engine Exception: " + refusal.error.detail;
  } else if (maa.code == kPolicyParsing.code && !refusal.diagnostics.empty()) {
    text = "Invalid policy was specified. " + PolicyParserMessage(refusal.policy, refusal.diagnostics);
  } else if (maa.code == kPolicyParsing.code) {
    text = "Invalid policy was specified. Policy Parser Exception Thrown: " + refusal.error.detail;
  } else {
    text = "The specified quote was invalid: " + std::string(refusal.error.where) + ": " + refusal.error.detail;
  }
  return "Attestation Enclave operation failed with " + std::to_string(maa.native) + ": " + text;
}

std::string CodeOfStatus(int status) {
  static const std::map<int, std::string> kCodes = {{400, "InvalidParameter"},    {404, "NotFound"},
                                                    {405, "MethodNotAllowed"},    {408, "RequestTimeout"},
                                                    {413, "RequestBodyTooLarge"}, {431, "RequestHeadersTooLarge"},
                                                    {503, "ServiceUnavailable"}};
  const auto found = kCodes.find(status);
  return found == kCodes.end() ? "InternalServerError" : found->second;
}

}  // namespace

HttpResponse ErrorResponse(int status, const Error& error, const std::string& request_id) {
  return Respond(status, CodeOfStatus(status), error.detail, {{"stage", "request"}, {"where", error.where}, {"request_id", request_id}});
}

HttpResponse BusyResponse(const Error& error, const std::string& request_id) {
  HttpResponse out = ErrorResponse(503, error, request_id);
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

std::string PolicyParserMessage(std::string_view text, const std::vector<Diagnostic>& diagnostics) {
  const auto first =
      std::find_if(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; });
  const std::string_view found = text.substr(first->span.begin, first->span.end - first->span.begin);
  const Position at = PositionOf(text, first->span.begin);
  return "Policy Parser Exception Thrown: Offending symbol: '" + (found.empty() ? "<EOF>" : Printable(found, kSymbolCharacters)) +
         "' Line: '" + std::to_string(at.line) + "', Column: '" + std::to_string(at.column) + "' Failure message: '" +
         Shortened(first->message, limits::kErrorDetailBytes) + "' Failing rule: '" + first->path + "'";
}

HttpResponse RefusalResponse(const AttestRefusal& refusal, const std::string& request_id, ExplainSetting explain) {
  if (refusal.error.code == ErrorCode::kIo) {
    const Error shown{refusal.error.code, refusal.error.where, "the service failed; its log says more"};
    return ErrorResponse(500, shown, request_id);
  }
  if (refusal.error.code == ErrorCode::kBusy) return BusyResponse(refusal.error, request_id);
  const MaaError maa = Classify(refusal);
  JsonObject vidimus{{"stage", refusal.stage}, {"where", refusal.error.where}};
  std::string message = "Attestation failed at " + std::string(refusal.error.where) + ".";
  if (explain == ExplainSetting::kFull) {
    message = Message(maa, refusal);
    vidimus.emplace_back("detail", refusal.error.detail);
    if (!refusal.found.empty() || !refusal.expected.empty()) {
      vidimus.emplace_back("found", refusal.found);
      vidimus.emplace_back("expected", refusal.expected);
    }
    if (!refusal.diagnostics.empty()) {
      JsonArray diagnostics;
      for (size_t i = 0; i < std::min(refusal.diagnostics.size(), kDiagnosticsShown); ++i)
        diagnostics.push_back(DiagnosticToJson(refusal.policy, refusal.diagnostics[i]));
      vidimus.emplace_back("diagnostics", std::move(diagnostics));
    }
    if (!refusal.rule.empty()) {
      vidimus.emplace_back("rule", refusal.rule);
      vidimus.emplace_back("line", refusal.line);
      vidimus.emplace_back("claims", refusal.claims);
    }
  }
  vidimus.emplace_back("request_id", request_id);
  return Respond(400, std::string(maa.code), message, std::move(vidimus));
}

}  // namespace vidimus
