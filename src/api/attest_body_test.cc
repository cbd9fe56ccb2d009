// Requests as clients in the field spell them (client-compatibility section 4).
#include "api/attest_body.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

Result<AttestRequest> Sgx(std::string_view body) { return ReadAttestBody(body, AttestationType::kSgxEnclave); }

std::string_view WhereOf(std::string_view body) {
  const auto request = Sgx(body);
  return request ? "accepted" : request.error().where;
}

TEST(AttestBody, TakesQuotesForSgxAndReportsForOpenEnclave) {
  EXPECT_EQ(Sgx(R"({"quote":"AQID"})")->evidence.evidence, (ByteVector{1, 2, 3}));
  EXPECT_EQ(ReadAttestBody(R"({"report":"AQID"})", AttestationType::kOpenEnclave)->evidence.evidence, (ByteVector{1, 2, 3}));
  EXPECT_EQ(WhereOf(R"({"report":"AQID"})"), "request.evidence");
  EXPECT_EQ(WhereOf(R"({"quote":null})"), "request.evidence");
}

TEST(AttestBody, MatchesNamesWithoutCaseAndPassesOverUnknownOnes) {
  const auto request = Sgx(R"({"QUOTE":"AQ","inittimeData":{"DATA":"Ag","datatype":"binary"},"unknown":{"a":[]}})");
  ASSERT_TRUE(request) << request.error().detail;
  EXPECT_EQ(request->evidence.init_time_data->bytes, ByteVector{2});
  EXPECT_EQ(WhereOf(R"({"quote":"AQ","Quote":"Ag"})"), "request.member");
}

TEST(AttestBody, DecodesEitherAlphabetWithAndWithoutPadding) {
  for (const char* spelling : {"-_8", "-_8=", "+/8", "+/8="})
    EXPECT_EQ(Sgx(std::string(R"({"quote":")") + spelling + "\"}")->evidence.evidence, (ByteVector{0xfb, 0xff})) << spelling;
  for (const char* spelling : {"A", "AQ=", "A Q", "AR", "\\u0000"})
    EXPECT_EQ(WhereOf(std::string(R"({"quote":")") + spelling + "\"}"), "request.evidence") << spelling;
}

// Item 3: a widely used client always sends the member.
TEST(AttestBody, TakesEmptyBoundDataForAbsent) {
  EXPECT_FALSE(Sgx(R"({"quote":"AQ","initTimeData":{"data":"","dataType":""}})")->evidence.init_time_data);
  EXPECT_FALSE(Sgx(R"({"quote":"AQ","initTimeData":{}})")->evidence.init_time_data);
  EXPECT_FALSE(Sgx(R"({"quote":"AQ","initTimeData":null,"runtimeData":null})")->evidence.init_time_data);
  EXPECT_TRUE(Sgx(R"({"quote":"AQ","runtimeData":{"data":"","dataType":"Binary"}})")->evidence.runtime_data);
}

TEST(AttestBody, RefusesBoundDataOfAnotherShape) {
  for (const char* data : {R"("AQ")", "[]", R"({"data":"AQ"})", R"({"data":"AQ","dataType":"Text"})", R"({"data":"AQ","dataType":1})",
                           R"({"dataType":"JSON"})", R"({"data":1,"dataType":"JSON"})", R"({"data":"!","dataType":"JSON"})"})
    EXPECT_EQ(WhereOf(std::string(R"({"quote":"AQ","runtimeData":)") + data + "}"), "request.runtime_data") << data;
}

// Item 4: exact, not through a double.
TEST(AttestBody, TakesNoncesOfTextAndOfWholeNumbersUpTo64Bits) {
  EXPECT_EQ(Sgx(R"({"quote":"AQ","nonce":"n"})")->nonce, "n");
  EXPECT_EQ(Sgx(R"({"quote":"AQ","nonce":18446744073709551615})")->nonce, "18446744073709551615");
  EXPECT_EQ(Sgx(R"({"quote":"AQ","nonce":0})")->nonce, "0");
  for (const char* nonce : {"-1", "1.5", "1e3", "true", "[]", "{}"})
    EXPECT_EQ(WhereOf(std::string(R"({"quote":"AQ","nonce":)") + nonce + "}"), "request.nonce") << nonce;
  const auto of_size = [](size_t size) { return R"({"quote":"AQ","nonce":")" + std::string(size, 'n') + "\"}"; };
  EXPECT_EQ(WhereOf(of_size(limits::kNonceBytes)), "accepted");
  EXPECT_EQ(WhereOf(of_size(limits::kNonceBytes + 1)), "request.nonce");
}

TEST(AttestBody, RefusesWhatIsNoObject) {
  for (const char* body : {"", "{", "[]", "1", "null", R"("quote")", R"({"quote":"AQ"}x)", "\xff"})
    EXPECT_EQ(WhereOf(body), "request.body") << body;
  EXPECT_EQ(WhereOf(R"({"quote":"AQ","draftPolicyForAttestation":1})"), "request.draft_policy");
  EXPECT_EQ(WhereOf(R"({"quote":1})"), "request.evidence");
}

}  // namespace
}  // namespace vidimus
