#include "api/errors.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/log.h"
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
constexpr MaaError kDisallowed = {"InvalidOperation", 65530};
constexpr MaaError kInvalidJws = {"InvalidOperation", 74};

// Rendering each takes 0.2 ms where the policy is one long line, and event loops do it.
constexpr size_t kDiagnosticsShown = 20;
constexpr int kStoreRetrySeconds = 5;
constexpr size_t kSymbolCharacters = 40;  // of the text at fault that a message quotes

// JSON is UTF-8 (RFC 8259 section 8.1), which a path or a field that a refusal quotes need not be.
std::string AsUtf8(std::string text) {
  if (IsUtf8(AsBytes(text))) return text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

HttpResponse Respond(int status, const std::string& code, const std::string& found, JsonObject vidimus) {
  const std::string message = AsUtf8(found);
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

std::string EnclaveMessage(const MaaError& maa, const std::string& text) {
  return "Attestation Enclave operation failed with " + std::to_string(maa.native) + ": " + text;
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
  return EnclaveMessage(maa, text);
}

JsonArray ShownDiagnostics(const std::string& policy, const std::vector<Diagnostic>& diagnostics) {
  JsonArray out;
  for (size_t i = 0; i < std::min(diagnostics.size(), kDiagnosticsShown); ++i) out.push_back(DiagnosticToJson(policy, diagnostics[i]));
  return out;
}

// Of what a JWS that manages policies or signers may be refused for.
bool IsOfManagementJws(std::string_view where) {
  return where.starts_with("policy.signer.") || where.starts_with("token.jws.") || where == "policy.jws" ||
         where == "crypto.signer_certificate";
}

std::string CodeOfStatus(int status) {
  static const std::map<int, std::string> kCodes = {
      {400, "InvalidParameter"}, {401, "Unauthorized"},           {403, "Forbidden"},         {404, "NotFound"},
      {405, "MethodNotAllowed"}, {408, "RequestTimeout"},         {409, "Conflict"},          {413, "RequestBodyTooLarge"},
      {429, "TooManyRequests"},  {431, "RequestHeadersTooLarge"}, {503, "ServiceUnavailable"}};
  const auto found = kCodes.find(status);
  return found == kCodes.end() ? "InternalServerError" : found->second;
}

}  // namespace

HttpResponse ErrorResponse(int status, const Error& error, const std::string& request_id, const std::string& code) {
  return Respond(status, code.empty() ? CodeOfStatus(status) : code, error.detail,
                 {{"stage", "request"}, {"where", error.where}, {"request_id", request_id}});
}

HttpResponse BusyResponse(const Error& error, const std::string& request_id, int retry_after_seconds) {
  HttpResponse out = ErrorResponse(error.where.starts_with("request.") ? 429 : 503, error, request_id);
  out.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return out;
}

HttpResponse UseCaseErrorResponse(const Error& error, const std::string& request_id) {
  if (error.code == ErrorCode::kBusy) return BusyResponse(error, request_id);
  if (error.where == "store.unavailable") return BusyResponse(error, request_id, kStoreRetrySeconds);
  if (error.code == ErrorCode::kIo) {
    Log(LogLevel::kError, "use case failed", {{"request_id", request_id}, {"where", std::string(error.where)}, {"detail", error.detail}});
    return ErrorResponse(500, {error.code, error.where, "the service failed; its log says more"}, request_id);
  }
  if (error.where == "auth.role") return ErrorResponse(403, error, request_id);
  if (error.where.starts_with("auth.") && error.where != "auth.grants") {
    HttpResponse out = ErrorResponse(401, error, request_id);
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
    return out;
  }
  if (error.where == "instance.unknown") return ErrorResponse(404, error, request_id);
  if (error.where == "instance.exists" || error.where == "keys.pending") return ErrorResponse(409, error, request_id);
  const bool disallowed = error.where == "policy.disallowed";
  if (!disallowed && !IsOfManagementJws(error.where)) return ErrorResponse(400, error, request_id);
  const MaaError maa = disallowed ? kDisallowed : kInvalidJws;
  // MAA's words where there are some, since people look for them.
  const std::string words = disallowed ? "The operation is disallowed. "
                            : error.where == "policy.signer.unsigned"
                                ? "Unsigned JWS specified but enclave is configured with signing certificates. "
                                : "";
  return Respond(400, std::string(maa.code), EnclaveMessage(maa, words + error.detail),
                 {{"stage", "manage"}, {"where", error.where}, {"detail", AsUtf8(error.detail)}, {"request_id", request_id}});
}

HttpResponse PolicyRefusalResponse(const PolicyRefusal& refusal, const std::string& request_id) {
  if (refusal.diagnostics.empty()) return UseCaseErrorResponse(refusal.error, request_id);
  JsonObject vidimus{{"stage", "manage"}, {"where", refusal.error.where}, {"detail", AsUtf8(refusal.error.detail)}};
  vidimus.emplace_back("diagnostics", ShownDiagnostics(refusal.policy, refusal.diagnostics));
  vidimus.emplace_back("request_id", request_id);
  const std::string text = "Invalid policy was specified. " + PolicyParserMessage(refusal.policy, refusal.diagnostics);
  return Respond(400, std::string(kPolicyParsing.code), EnclaveMessage(kPolicyParsing, text), std::move(vidimus));
}

HttpResponse RefusedDocumentsResponse(const Error& error, JsonArray refused, const std::string& request_id) {
  return Respond(400, CodeOfStatus(400), error.detail,
                 {{"stage", "gather"}, {"where", error.where}, {"refused", std::move(refused)}, {"request_id", request_id}});
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
  if (refusal.error.code == ErrorCode::kBusy) {
    Error shown = refusal.error;
    if (explain == ExplainSetting::kBrief) shown.detail = "try again later";
    return BusyResponse(shown, request_id);
  }
  const MaaError maa = Classify(refusal);
  JsonObject vidimus{{"stage", refusal.stage}, {"where", refusal.error.where}};
  std::string message = "Attestation failed at " + std::string(refusal.error.where) + ".";
  if (explain == ExplainSetting::kFull) {
    message = Message(maa, refusal);
    vidimus.emplace_back("detail", AsUtf8(refusal.error.detail));
    if (!refusal.found.empty() || !refusal.expected.empty()) {
      vidimus.emplace_back("found", refusal.found);
      vidimus.emplace_back("expected", refusal.expected);
    }
    if (!refusal.diagnostics.empty()) vidimus.emplace_back("diagnostics", ShownDiagnostics(refusal.policy, refusal.diagnostics));
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
