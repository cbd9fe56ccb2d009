// Errors to HTTP (maa-rest-api section 1.5; client-compatibility section 6).
#include "api/errors.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "policy/compile.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

AttestRefusal Refusal(std::string stage, ErrorCode code, std::string_view where) {
  AttestRefusal out;
  out.error = {code, where, "the detail"};
  out.stage = std::move(stage);
  return out;
}

Json ErrorOf(const HttpResponse& response) { return *ParseJson(response.body)->Find("error"); }
std::string Text(const Json& object, std::string_view name) { return *object.Find(name)->AsString(); }

TEST(ErrorResponse, IsUtf8WhateverItQuotes) {
  const HttpResponse response = ErrorResponse(404, {ErrorCode::kUsage, "request.path", "found path /\xc0\xaf\xff"}, "id");
  ASSERT_TRUE(ParseJson(response.body)) << response.body;  // RFC 8259 section 8.1
  EXPECT_EQ(Text(ErrorOf(response), "message"), "found path /???");
  EXPECT_EQ(Text(ErrorOf(ErrorResponse(404, {ErrorCode::kUsage, "request.path", "ä…"}, "id")), "message"), "ä…");
}

TEST(RefusalResponse, NamesEvidenceAsMaaDoesAndExplainsBesideIt) {
  AttestRefusal refusal = Refusal("verify", ErrorCode::kUntrusted, "sgx.quote.signature");
  refusal.found = "aa";
  refusal.expected = "bb";
  const HttpResponse response = RefusalResponse(refusal, "id", ExplainSetting::kFull);
  EXPECT_EQ(response.status, 400);
  const Json error = ErrorOf(response);
  EXPECT_EQ(Text(error, "code"), "InvalidParameter");
  EXPECT_THAT(Text(error, "message"), HasSubstr("failed with 65534"));
  EXPECT_EQ(Text(*error.Find("innererror"), "code"), "InvalidParameter");
  EXPECT_EQ(WriteJson(*error.Find("vidimus")),
            R"({"stage":"verify","where":"sgx.quote.signature","detail":"the detail","found":"aa","expected":"bb","request_id":"id"})");
}

TEST(RefusalResponse, SaysInMaasWordsWhatThePolicyDecided) {
  AttestRefusal refusal = Refusal("decide", ErrorCode::kDenied, "policy.decision");
  refusal.decision = Decision::Reason::kNoPermit;
  EXPECT_THAT(
      Text(ErrorOf(RefusalResponse(refusal, "id", ExplainSetting::kFull)), "message"),
      HasSubstr("65518: Policy Engine Exception: No Permit claim was issued in the authorizationrules section, authorization failed."));
  refusal.decision = Decision::Reason::kDenyAction;
  refusal.rule = "=> deny()";
  refusal.line = 3;
  refusal.claims = {{"a", Json()}};
  const Json error = ErrorOf(RefusalResponse(refusal, "id", ExplainSetting::kFull));
  EXPECT_EQ(Text(error, "code"), "PolicyEvaluationError");
  EXPECT_THAT(Text(error, "message"), HasSubstr("A Deny claim was issued, authorization failed."));
  EXPECT_EQ(Text(*error.Find("vidimus"), "rule"), "=> deny()");
  EXPECT_EQ(*error.Find("vidimus")->Find("line")->AsInt(), 3);
  EXPECT_TRUE(error.Find("vidimus")->Find("claims")->Find("a")->is_null());
}

TEST(RefusalResponse, TellsAPolicyThatIsNoneFromOneThatCouldNotBeEvaluated) {
  EXPECT_EQ(
      Text(ErrorOf(RefusalResponse(Refusal("configure", ErrorCode::kMalformed, "policy.syntax"), "id", ExplainSetting::kFull)), "code"),
      "PolicyParsingError");
  const Json error = ErrorOf(RefusalResponse(Refusal("decide", ErrorCode::kLimit, "policy.steps"), "id", ExplainSetting::kFull));
  EXPECT_EQ(Text(error, "code"), "PolicyEvaluationError");
  EXPECT_THAT(Text(error, "message"), HasSubstr("the detail"));
}

AttestRefusal UploadRefusal(const std::string& policy) {
  AttestRefusal out = Refusal("configure", ErrorCode::kMalformed, "policy.syntax");
  out.policy = policy;
  out.diagnostics = Compile(policy).diagnostics.Sorted();
  return out;
}

// policy-language section 5.3.
TEST(RefusalResponse, PointsToTheFirstErrorOfAPolicyAsMaaDoesAndToAllBesideIt) {
  const Json error = ErrorOf(RefusalResponse(UploadRefusal("version=1.0\n[type==\"x\"] => permit();"), "id", ExplainSetting::kFull));
  EXPECT_EQ(Text(error, "code"), "PolicyParsingError");
  EXPECT_THAT(Text(error, "message"), MatchesRegex(R"(Attestation Enclave operation failed with 65526: Invalid policy was specified. )"
                                                   R"(Policy Parser Exception Thrown: Offending symbol: '\[' Line: '2', Column: '1' )"
                                                   R"(Failure message: '.*' Failing rule: 'policy.*')"));
  EXPECT_EQ(Text(*error.Find("innererror"), "message"), Text(error, "message"));
  const Json& first = error.Find("vidimus")->Find("diagnostics")->AsArray()->front();
  EXPECT_EQ(Text(first, "code"), "policy.syntax");
  EXPECT_EQ(*first.Find("line")->AsInt(), 2);
  EXPECT_EQ(*first.Find("column")->AsInt(), 1);
}

TEST(RefusalResponse, ShowsTheFirstTwentyFindings) {
  std::string policy = "version=1.0;authorizationrules{";
  for (int i = 0; i < 30; ++i) policy += "[type==\"a\"]=>wrong();";
  const AttestRefusal refusal = UploadRefusal(policy + "};");
  EXPECT_GT(refusal.diagnostics.size(), 20u);
  const Json error = ErrorOf(RefusalResponse(refusal, "id", ExplainSetting::kFull));
  EXPECT_EQ(error.Find("vidimus")->Find("diagnostics")->AsArray()->size(), 20u);
}

TEST(PolicyParserMessage, QuotesWhatIsAtFaultInOneShortLineAndNamesTheEnd) {
  const auto message = [](const std::string& policy) { return PolicyParserMessage(policy, UploadRefusal(policy).diagnostics); };
  EXPECT_THAT(message("version=1.0;"), HasSubstr("Offending symbol: '<EOF>' Line: '1', Column: '13'"));
  EXPECT_THAT(message("version=1.0; " + std::string(50'000, 'a') + "{};"), HasSubstr("Offending symbol: 'aaaa"));
  EXPECT_LT(message("version=1.0; " + std::string(50'000, 'a') + "{};").size(), limits::kErrorDetailBytes + 400);
}

// Design, invariant 5.
TEST(RefusalResponse, BrieflyGivesStageWhereAndRequestIdOnly) {
  AttestRefusal refusal = Refusal("verify", ErrorCode::kUntrusted, "sgx.quote.signature");
  refusal.found = "secret-found";
  const HttpResponse response = RefusalResponse(refusal, "id", ExplainSetting::kBrief);
  EXPECT_EQ(WriteJson(*ErrorOf(response).Find("vidimus")), R"({"stage":"verify","where":"sgx.quote.signature","request_id":"id"})");
  EXPECT_EQ(response.body.find("the detail"), std::string::npos);
  EXPECT_EQ(response.body.find("secret-found"), std::string::npos);
  const HttpResponse upload = RefusalResponse(UploadRefusal("version=1.0\n["), "id", ExplainSetting::kBrief);
  EXPECT_EQ(WriteJson(*ErrorOf(upload).Find("vidimus")), R"({"stage":"configure","where":"policy.syntax","request_id":"id"})");
  EXPECT_EQ(upload.body.find("Offending"), std::string::npos);
}

TEST(RefusalResponse, KeepsTheServicesOwnFailuresToItself) {
  const HttpResponse response = RefusalResponse(Refusal("issue", ErrorCode::kIo, "crypto.private_key.sign"), "id", ExplainSetting::kFull);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("the detail"), std::string::npos);
}

TEST(RefusalResponse, AsksToTryAgainWhenBusy) {
  const HttpResponse response = RefusalResponse(Refusal("issue", ErrorCode::kBusy, "service.busy"), "id", ExplainSetting::kFull);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.back(), (std::pair<std::string, std::string>("Retry-After", "1")));
}

TEST(ErrorResponse, HasABodyForEveryStatus) {
  for (const int status : {400, 404, 405, 408, 413, 431, 500, 503}) {
    const HttpResponse response = ErrorResponse(status, {ErrorCode::kUsage, "request.path", "the detail"}, "id");
    EXPECT_EQ(response.status, status);
    EXPECT_FALSE(Text(ErrorOf(response), "code").empty());
    EXPECT_EQ(response.headers[0].second, "application/json; charset=utf-8");
  }
}

}  // namespace
}  // namespace vidimus
