#include "claims/claim_file.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<ClaimSet> Read(std::string_view text, AttestationType type = AttestationType::kTpm) {
  return ReadClaims(ParseJson(text).value(), type);
}

// type=value, with the issuer's initial letters and R where they are not the default.
std::vector<std::string> Shown(const Result<ClaimSet>& claims) {
  if (!claims) return {"refused: " + claims.error().detail};
  std::vector<std::string> out;
  for (const Claim& claim : *claims) {
    std::string one = claim.type + "=" + WriteJson(ClaimValueToJson(claim.value));
    if (claim.issuer != ClaimIssuer::kAttestationService) one += " by " + std::string(ClaimIssuerName(claim.issuer));
    out.push_back(claim.read_only ? one + " read-only" : one);
  }
  return out;
}

void ExpectRefusal(std::string_view text, std::string_view where, std::string_view detail) {
  const auto claims = Read(text);
  ASSERT_FALSE(claims) << text;
  EXPECT_EQ(claims.error().where, where) << text;
  EXPECT_THAT(claims.error().detail, HasSubstr(std::string(detail))) << text;
}

TEST(ClaimFile, ReadsAListOfClaims) {
  EXPECT_THAT(
      Shown(Read(R"([{"type":"a","value":"x"},{"value":-9223372036854775808,"type":"b","valueType":"Integer"},
                             {"type":"c","value":true,"issuer":"CustomClaim","readOnly":true},
                             {"type":"d","value":"","valueType":"String","issuer":"AttestationPolicy"},
                             {"type":"e","value":false,"valueType":"Boolean","issuer":"AttestationService","readOnly":false}])")),
      ElementsAre("a=\"x\"", "b=-9223372036854775808", "c=true by CustomClaim read-only", "d=\"\" by AttestationPolicy", "e=false"));
  EXPECT_THAT(Shown(Read("[]")), ElementsAre());
}

TEST(ClaimFile, ReadsAnObjectOfNamesAndValues) {
  EXPECT_THAT(Shown(Read(R"({"z":"x","a":9223372036854775807,"c":true})")), ElementsAre("z=\"x\"", "a=9223372036854775807", "c=true"));
  EXPECT_THAT(Shown(Read("{}")), ElementsAre());
}

TEST(ClaimFile, AnArrayOfScalarsIsSeveralClaims) {
  EXPECT_THAT(Shown(Read(R"({"a":[1,"1",true],"b":[]})")), ElementsAre("a=1", "a=\"1\"", "a=true"));
  EXPECT_THAT(Shown(Read(R"([{"type":"a","value":[1,2],"valueType":"Integer","issuer":"CustomClaim"}])")),
              ElementsAre("a=1 by CustomClaim", "a=2 by CustomClaim"));
}

TEST(ClaimFile, AnObjectIsTheTextOfItsJson) {
  EXPECT_THAT(Shown(Read(R"({"events": {"Events": [ {"z":1, "a":null, "f":1.5} ]}})")),
              ElementsAre(R"(events="{\"Events\":[{\"z\":1,\"a\":null,\"f\":1.5}]}")"));
  EXPECT_THAT(Shown(Read(R"({"a":[1,{"b":2}],"n":[[1]]})")), ElementsAre(R"(a="[1,{\"b\":2}]")", R"(n="[[1]]")"));
  EXPECT_THAT(Shown(Read(R"([{"type":"a","value":{},"valueType":"String"}])")), ElementsAre("a=\"{}\""));
}

TEST(ClaimFile, MarksAsReadOnlyWhatTheServiceWouldMark) {  // policy-language section 2.8
  EXPECT_THAT(Shown(Read(R"({"pcrs":{"PCRs":[]},"events":"{}"})")), ElementsAre(R"(pcrs="{\"PCRs\":[]}" read-only)", "events=\"{}\""));
  EXPECT_THAT(Shown(Read(R"({"pcrs":"{}"})", AttestationType::kSgxEnclave)), ElementsAre("pcrs=\"{}\""));
  EXPECT_THAT(Shown(Read(R"([{"type":"pcrs","value":"{}"},{"type":"pcrs","value":"{}","readOnly":false},
                             {"type":"pcrs","value":"{}","issuer":"CustomClaim"}])")),
              ElementsAre("pcrs=\"{}\" read-only", "pcrs=\"{}\"", "pcrs=\"{}\" by CustomClaim"));
}

// Section 2.5: no conversion. A value that was given as text is text, whatever it was meant to be.
TEST(ClaimFile, TheTypeOfAClaimIsThatOfItsValueWhateverValueTypeSays) {
  EXPECT_THAT(Shown(Read(R"([{"type":"svn","value":"3","valueType":"Integer"}])")), ElementsAre("svn=\"3\""));
  EXPECT_THAT(Shown(Read(R"([{"type":"a","value":3,"valueType":"String"}])")), ElementsAre("a=3"));
  for (const char* type : {"\"string\"", "\"Set\"", "\"\"", "1", "null"})
    ExpectRefusal(std::string(R"([{"type":"a","value":1,"valueType":)") + type + "}]", "claims.file.value_type",
                  std::string(type) + "; expected String, Integer or Boolean");
}

TEST(ClaimFile, RefusesAnUnknownIssuer) {
  for (const char* issuer : {"\"attestationservice\"", "\"\"", "1", "null"})
    ExpectRefusal(std::string(R"([{"type":"a","value":1,"issuer":)") + issuer + "}]", "claims.file.issuer", "the issuer of claim 0 is");
}

TEST(ClaimFile, RefusesWhatIsNoValueByNameOrIndex) {
  for (const char* value : {"null", "1.5", "1.0", "1e2", "9223372036854775808"}) {
    ExpectRefusal(std::string(R"({"a":1,"b":)") + value + "}", "claims.file", "the value of 'b' is");
    ExpectRefusal(std::string(R"({"a":1,"b":[1,)") + value + "]}", "claims.file", "the value of 'b' is");
    ExpectRefusal(std::string(R"([{"type":"a","value":1},{"type":"b","value":)") + value + "}]", "claims.file", "claim 1 (b)");
  }
}

TEST(ClaimFile, RefusesAMemberThatIsUnknownOrMissing) {
  ExpectRefusal(R"([{"type":"a","value":1},{"type":"a","value":1,"Issuer":"CustomClaim"}])", "claims.file.member",
                "claim 1 has a member 'Issuer'");
  ExpectRefusal(R"([{"value":1}])", "claims.file.member", "claim 0 has no type");
  ExpectRefusal(R"([{"type":"a"}])", "claims.file.member", "claim 0 has no value");
}

TEST(ClaimFile, RefusesAnotherShape) {
  for (const char* text : {"null", "1", "\"a\"", "true"}) ExpectRefusal(text, "claims.file", "expected a list of claims, or an object");
  for (const char* text : {"[1]", "[null]", "[[]]"}) ExpectRefusal(text, "claims.file", "claim 0 is of type");
  ExpectRefusal(R"([{"type":"","value":1}])", "claims.file", "the type of claim 0");
  ExpectRefusal(R"([{"type":7,"value":1}])", "claims.file", "the type of claim 0");
  ExpectRefusal(R"({"":1})", "claims.file", "empty name");
  ExpectRefusal(R"([{"type":"a","value":1,"readOnly":1}])", "claims.file", "readOnly of claim 0");
}

TEST(ClaimFile, HoldsAsManyClaimsAsAnEvaluationMay) {
  const Json limit(JsonObject{{"a", JsonArray(limits::kClaims - 1, Json(1))}, {"b", 1}});
  const auto read = ReadClaims(limit, AttestationType::kTpm);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size(), limits::kClaims);
  for (const Json& past : {Json(JsonObject{{"a", JsonArray(limits::kClaims, Json(1))}, {"b", 1}}),
                           Json(JsonArray(limits::kClaims + 1, Json(JsonObject{{"type", "a"}, {"value", 1}})))}) {
    const auto refused = ReadClaims(past, AttestationType::kTpm);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "claims.file.count");
  }
}

TEST(ShownClaims, AreScalarsOrArraysInTheOrderOfIssue) {  // policy-language section 2.7
  const ClaimSet claims = {{"z", int64_t{2}}, {"a", std::string("x")}, {"z", int64_t{1}}, {"b", true}, {"z", std::string("1")}};
  EXPECT_EQ(WriteJson(ClaimsToJson(claims)), R"({"z":[2,1,"1"],"a":"x","b":true})");
  EXPECT_EQ(WriteJson(ClaimsToJson({})), "{}");
}

TEST(ShownClaims, ShowAValueOnceWhoeverIssuedIt) {
  EXPECT_EQ(WriteJson(ClaimsToJson({{"a", int64_t{1}}, {"a", int64_t{1}, ClaimIssuer::kAttestationPolicy}, {"b", int64_t{1}}})),
            R"({"a":1,"b":1})");
}

TEST(ShownClaims, AreReadAgainAsTheyWere) {
  const ClaimSet claims = {{"a", int64_t{1}}, {"a", std::string("1")}, {"b", true}, {"c", std::string("{\"x\":1}")}};
  EXPECT_EQ(ReadClaims(ClaimsToJson(claims), AttestationType::kSgxEnclave).value(), claims);
}

}  // namespace
}  // namespace vidimus
