// Our own bodies are strict: what is not understood is refused by name.
#include "api/policy_body.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

std::string_view CheckWhere(std::string_view body) {
  const auto request = ReadCheckBody(body);
  return request ? "accepted" : request.error().where;
}

// Of a body that is good but for `members`.
std::string_view EvaluateWhere(const std::string& members) {
  const auto request = ReadEvaluateBody(R"({"policy":"p","type":"SgxEnclave")" + members + "}");
  return request ? "accepted" : request.error().where;
}

TEST(PolicyBody, ReadsAPolicyToCheck) {
  const auto request = ReadCheckBody(R"({"policy":"text","type":"tpm"})");
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(request->policy, "text");
  EXPECT_EQ(request->type, AttestationType::kTpm);
}

TEST(PolicyBody, ReadsClaimsInBothForms) {
  const auto object = ReadEvaluateBody(R"({"policy":"p","type":"SgxEnclave","claims":{"x-ms-sgx-svn":3},"trace":true})");
  const auto list = ReadEvaluateBody(R"({"policy":"p","type":"SgxEnclave","claims":[{"type":"x-ms-sgx-svn","value":3}]})");
  ASSERT_TRUE(object) << object.error().detail;
  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_EQ(object->claims, (ClaimSet{{"x-ms-sgx-svn", int64_t{3}}}));
  EXPECT_EQ(list->claims, object->claims);
  EXPECT_TRUE(object->with_trace);
  EXPECT_FALSE(list->with_trace);
}

TEST(PolicyBody, RefusesOtherShapesAndUnknownMembersByName) {
  for (const char* body : {"", "nonsense", "[]", "1", R"({"policy":"p","policy":"p"})"})
    EXPECT_EQ(CheckWhere(body), "request.body") << body;
  for (const char* body : {R"({"policy":"p","type":"SgxEnclave","claims":{}})", R"({"Policy":"p","type":"SgxEnclave"})"})
    EXPECT_EQ(CheckWhere(body), "request.member") << body;
  EXPECT_NE(ReadCheckBody(R"({"polcy":"p"})").error().detail.find("\"polcy\""), std::string::npos);
}

TEST(PolicyBody, RefusesMembersThatAreAbsentOrOfAnotherType) {
  for (const char* body : {R"({"type":"SgxEnclave"})", R"({"policy":null,"type":"SgxEnclave"})", R"({"policy":1,"type":"SgxEnclave"})"})
    EXPECT_EQ(CheckWhere(body), "request.policy") << body;
  for (const char* body :
       {R"({"policy":"p"})", R"({"policy":"p","type":1})", R"({"policy":"p","type":"Sgx"})", R"({"policy":"p","type":""})"})
    EXPECT_EQ(CheckWhere(body), "request.attestation_type") << body;
  EXPECT_EQ(EvaluateWhere(""), "request.claims");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":1)"), "claims.file");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":null)"), "claims.file");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":[{"type":"a"}])"), "claims.file.member");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":[],"trace":1)"), "request.trace");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":[],"trace":null)"), "request.trace");
  EXPECT_EQ(EvaluateWhere(R"(,"claims":[],"trace":false)"), "accepted");
}

TEST(PolicyBody, HasALimitOfSize) {
  const std::string body = R"({"policy":"p","type":"SgxEnclave","claims":[]})";
  const std::string most = body + std::string(limits::kTrialBodyBytes - body.size(), ' ');
  EXPECT_TRUE(ReadEvaluateBody(most));
  EXPECT_EQ(ReadEvaluateBody(most + " ").error().where, "request.body");
}

}  // namespace
}  // namespace vidimus
