// The pure pipeline on recorded evidence: what a token would say, and where each refusal comes from.

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "appraise/appraise.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "policy/compile.h"
#include "policy/default_policies.h"
#include "tests/support/vectors.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using testing::ReadVector;

constexpr char kAt[] = "2025-06-26T17:19:45Z";
const std::string kPermit = "version=1.0;authorizationrules{=>permit();};";

const IntelEndorsements& Endorsements() {
  static const IntelEndorsements held = [] {
    std::vector<NamedDocument> documents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(testing::VectorFolder() + "/intel/collateral"))
      if (entry.is_regular_file()) documents.push_back({entry.path().filename().string(), testing::ReadFile(entry.path().string())});
    return IntelEndorsements::Load(documents, {IntelRootAnchor()}).value();
  }();
  return held;
}

AppraisalSettings Settings() {
  AppraisalSettings settings;
  settings.sgx.accepted_tcb.insert(TcbStatus::kOutOfDate);
  return settings;
}

// A recorded quote that binds JSON ending in a NUL, as an Azure client sent it.
AppraisalRequest Request() {
  AppraisalRequest request;
  request.evidence = ReadVector("maa/recordings-cpp/evidence/sgxquote-4f9aa62ee2ca.bin");
  request.runtime_data = BoundData{ReadVector("maa/recordings-cpp/evidence/runtimedata-28542e44fe7e.bin"), false};
  return request;
}

// What the pipeline said, and the token that would say it; the token is empty unless the evidence was accepted.
struct Judgement {
  std::string refusal = "accepted";  // the stage and the `where`
  Appraisal appraisal;
  JsonObject token;
};

Judgement Judge(const AppraisalRequest& request, const std::string& policy = kPermit, const AppraisalSettings& settings = Settings(),
                const std::optional<std::string>& nonce = {}) {
  Judgement out;
  const auto program = CompileProgram(policy);
  if (!program) {
    out.refusal = program.error().where;
    return out;
  }
  out.appraisal = Appraise(request, Endorsements(), *program, settings, ParseRfc3339Utc(kAt).value());
  if (out.appraisal.error) out.refusal = std::string(out.appraisal.stage) + " " + std::string(out.appraisal.error->where);
  if (out.appraisal.accepted)
    out.token = AttestationClaims(*out.appraisal.verified, out.appraisal.decision->issued, nonce, PolicyHash(policy)).members();
  return out;
}

std::string Refusal(const Judgement& judgement) { return judgement.refusal; }

// Everything an appraisal says, as text.
std::string Shown(const Judgement& judgement) {
  std::string out = judgement.refusal + "\n" + WriteJson(Json(judgement.token)) + "\n";
  for (const Check& check : judgement.appraisal.checks.all())
    out += std::string(check.name) + (check.passed ? " passed " : " failed ") + check.found + " " + check.expected + "\n";
  return out;
}

const Json* TokenClaim(const Judgement& appraisal, std::string_view name) {
  for (const JsonMember& member : appraisal.token)
    if (member.first == name) return &member.second;
  return nullptr;
}

size_t Count(const Judgement& appraisal, std::string_view name) {
  return static_cast<size_t>(
      std::count_if(appraisal.token.begin(), appraisal.token.end(), [&](const JsonMember& m) { return m.first == name; }));
}

TEST(Appraise, IsAFunctionOfItsArguments) {
  VIDIMUS_REQUIRE_VECTORS();
  AppraisalRequest refused = Request();
  refused.runtime_data->bytes[0] ^= 1;
  for (const AppraisalRequest& request : {Request(), refused}) {
    const std::string first = Shown(Judge(request, std::string(DefaultPolicy(AttestationType::kSgxEnclave))));
    EXPECT_EQ(Shown(Judge(request, std::string(DefaultPolicy(AttestationType::kSgxEnclave)))), first);
    EXPECT_THAT(first, HasSubstr("sgx.quote.signature passed"));
  }
}

TEST(Appraise, RecordedEvidenceIsAcceptedAndItsClaimsReachTheToken) {
  VIDIMUS_REQUIRE_VECTORS();
  const Judgement appraisal = Judge(Request(), std::string(DefaultPolicy(AttestationType::kSgxEnclave)));
  ASSERT_EQ(Refusal(appraisal), "accepted");
  EXPECT_TRUE(appraisal.appraisal.accepted);
  EXPECT_EQ(appraisal.appraisal.stage, "decide");
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-attestation-type"), Json("sgx"));
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-ver"), Json("1.0"));
  EXPECT_EQ(*TokenClaim(appraisal, "tee"), Json("sgx"));
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-sgx-tcbidentifier"), Json("azuredefault"));
  EXPECT_EQ(TokenClaim(appraisal, "nonce"), nullptr);
}

TEST(Appraise, ARefusalCarriesNoToken) {
  VIDIMUS_REQUIRE_VECTORS();
  for (const auto& [policy, stage] : std::vector<std::pair<std::string, std::string>>{
           {"version=1.0;authorizationrules{};", "decide policy.decision"},
           {"version=1.0;authorizationrules{=>permit();[type==\"x-ms-sgx-svn\"]=>deny();};", "decide policy.decision"},
           {"version=9.9;authorizationrules{};", "policy.version"}}) {
    const Judgement appraisal = Judge(Request(), policy);
    EXPECT_EQ(Refusal(appraisal), stage);
    EXPECT_FALSE(appraisal.appraisal.accepted);
    EXPECT_TRUE(appraisal.token.empty());
  }
  const Judgement strict = Judge(Request(), kPermit, {});
  EXPECT_EQ(Refusal(strict), "verify sgx.tcb.status");
  EXPECT_FALSE(strict.appraisal.verified);
  ASSERT_TRUE(strict.appraisal.tcb);
  EXPECT_EQ(strict.appraisal.tcb->status, TcbStatus::kOutOfDate);
}

TEST(Appraise, ServiceClaimsWinOverPolicyIssuedOnesOfTheSameName) {  // maa-rest-api section 2.4
  VIDIMUS_REQUIRE_VECTORS();
  const Judgement appraisal = Judge(Request(),
                                    "version=1.0;authorizationrules{=>permit();};issuancerules{"
                                    "=>issue(type=\"x-ms-attestation-type\",value=\"other\");=>issue(type=\"x-ms-ver\",value=\"2.0\");"
                                    "=>issue(type=\"x-ms-policy\",value=\"mine\");=>issue(type=\"maa-ehd\",value=\"mine\");"
                                    "=>issue(type=\"own\",value=1);=>issue(type=\"own\",value=2);};");
  ASSERT_EQ(Refusal(appraisal), "accepted");
  for (const char* name : {"x-ms-attestation-type", "x-ms-ver", "x-ms-policy", "maa-ehd", "own"})
    EXPECT_EQ(Count(appraisal, name), 1U) << name;
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-attestation-type"), Json("sgx"));
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-ver"), Json("1.0"));
  EXPECT_NE(*TokenClaim(appraisal, "maa-ehd"), Json("mine"));
  EXPECT_EQ(*TokenClaim(appraisal, "own"), Json(JsonArray{Json(1), Json(2)}));
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-policy")->Find("x-ms-attestation-type"), Json("other")) << "what was issued is kept there";
}

TEST(Appraise, BinaryRuntimeDataIsShownAsSent) {
  VIDIMUS_REQUIRE_VECTORS();
  const Judgement appraisal = Judge(Request());
  const Json sent(Base64UrlEncode(Request().runtime_data->bytes));
  for (const char* name : {"x-ms-sgx-ehd", "maa-ehd", "aas-ehd"}) EXPECT_EQ(*TokenClaim(appraisal, name), sent) << name;
  EXPECT_EQ(TokenClaim(appraisal, "x-ms-runtime"), nullptr);
}

// client-compatibility section 4 item 2: the exact bytes are hashed, then parsed less one trailing NUL.
TEST(Appraise, JsonRuntimeDataWithATrailingNulIsHashedWithItAndParsedWithout) {
  VIDIMUS_REQUIRE_VECTORS();
  AppraisalRequest request = Request();
  ASSERT_EQ(request.runtime_data->bytes.back(), 0);
  request.runtime_data->is_json = true;
  const Judgement appraisal = Judge(request);
  ASSERT_EQ(Refusal(appraisal), "accepted");
  ASSERT_NE(TokenClaim(appraisal, "x-ms-runtime"), nullptr);
  EXPECT_EQ(*TokenClaim(appraisal, "x-ms-runtime")->Find("jwk")->Find("kty"), Json("EC"));
  EXPECT_EQ(TokenClaim(appraisal, "maa-ehd"), nullptr);
  request.runtime_data->bytes.pop_back();
  EXPECT_EQ(Refusal(Judge(request)), "verify sgx.binding.runtime_data");
  request.runtime_data->bytes.insert(request.runtime_data->bytes.end(), 2, 0);
  EXPECT_EQ(Refusal(Judge(request)), "decode request.runtime_data") << "one NUL, not two";
}

TEST(Appraise, RuntimeDataThatTheEvidenceDoesNotBindIsRefused) {
  VIDIMUS_REQUIRE_VECTORS();
  AppraisalRequest request = Request();
  request.runtime_data->bytes.back() ^= 1;
  EXPECT_EQ(Refusal(Judge(request)), "verify sgx.binding.runtime_data");
  request.runtime_data = BoundData{};
  EXPECT_EQ(Refusal(Judge(request)), "verify sgx.binding.runtime_data") << "empty data is data";
  request.runtime_data.reset();
  EXPECT_EQ(Refusal(Judge(request)), "accepted");
}

TEST(Appraise, BoundDataIsAcceptedUpToTheLimitAndNotOnePast) {
  VIDIMUS_REQUIRE_VECTORS();
  for (const size_t past : {0U, 1U}) {
    AppraisalRequest request = Request();
    request.runtime_data = BoundData{ByteVector(limits::kRuntimeDataBytes + past), false};
    EXPECT_EQ(Refusal(Judge(request)), past == 0 ? "verify sgx.binding.runtime_data" : "decode request.runtime_data");
    request = Request();
    request.init_time_data = BoundData{ByteVector(limits::kRuntimeDataBytes + past), false};
    EXPECT_EQ(Refusal(Judge(request)), past == 0 ? "verify sgx.binding.kss" : "decode request.init_time_data");
  }
}

TEST(Appraise, InitTimeDataNeedsAnEnclaveThatCarriesIt) {
  VIDIMUS_REQUIRE_VECTORS();
  AppraisalRequest request = Request();
  request.init_time_data = BoundData{{'{', '}'}, true};
  EXPECT_EQ(Refusal(Judge(request)), "verify sgx.binding.kss");
  request.init_time_data = BoundData{{'{'}, true};
  EXPECT_EQ(Refusal(Judge(request)), "decode request.init_time_data");
}

TEST(Appraise, TheNonceIsCopied) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(*TokenClaim(Judge(Request(), kPermit, Settings(), "n-\"1"), "nonce"), Json("n-\"1"));
}

std::string WithIdentifier(const std::string& identifier) {
  return "version=1.1;configurationrules{=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=\"" + identifier +
         "\");};authorizationrules{=>permit();};";
}

TEST(Appraise, ThePolicyMayAskForAnEvaluationNumberAndTheSettingsMayOverrule) {
  VIDIMUS_REQUIRE_VECTORS();
  EXPECT_EQ(*TokenClaim(Judge(Request(), WithIdentifier("azuredefault")), "x-ms-sgx-tcbidentifier"), Json("azuredefault"));
  const Judgement held = Judge(Request(), WithIdentifier("19"));
  ASSERT_EQ(Refusal(held), "accepted");
  EXPECT_EQ(*TokenClaim(held, "x-ms-sgx-tcbidentifier"), Json("19"));
  EXPECT_EQ(Refusal(Judge(Request(), WithIdentifier("18"))), "gather intel.select.tcb_info") << "none of that number is held";
  for (const char* bad : {"", "latest", "-1", "19 ", "0x13", "19.0", "99999999999999999999"})
    EXPECT_EQ(Refusal(Judge(Request(), WithIdentifier(bad))), "configure policy.tcb_identifier") << bad;
  AppraisalSettings settings = Settings();
  settings.evaluation_data_number = 19;
  EXPECT_EQ(*TokenClaim(Judge(Request(), WithIdentifier("18"), settings), "x-ms-sgx-tcbidentifier"), Json("19"));
  settings.evaluation_data_number = 18;
  EXPECT_EQ(Refusal(Judge(Request(), WithIdentifier("19"), settings)), "gather intel.select.tcb_info");
}

TEST(Appraise, OpenEnclaveReportsAreUnframedAndBareQuotesAreNot) {
  VIDIMUS_REQUIRE_VECTORS();
  AppraisalRequest request = Request();
  request.type = AttestationType::kOpenEnclave;
  EXPECT_EQ(Refusal(Judge(request)), "decode sgx.open_enclave.version");
  request.evidence = ReadVector("maa/recordings-cpp/evidence/oereport-928c12bc2563.bin");
  EXPECT_EQ(Refusal(Judge(request)), "accepted");
  request.type = AttestationType::kSgxEnclave;
  EXPECT_EQ(Refusal(Judge(request)), "decode sgx.quote.version");
}

TEST(Appraise, NoPrefixOfTheEvidenceIsAcceptedAndNoBitOfWhatIsSignedMayFlip) {
  VIDIMUS_REQUIRE_VECTORS();
  const AppraisalRequest good = Request();
  const size_t whole = ParseSgxQuote(good.evidence).value().whole.size();
  for (size_t size = 0; size < whole; size += 97) {
    AppraisalRequest request = good;
    request.evidence.resize(size);
    EXPECT_FALSE(Judge(request).appraisal.accepted) << size;
  }
  // Header octets 8 to 11 are signed like the rest: 432 octets of header and body, then the signature and the key.
  for (size_t octet = 0; octet < 436 + 128 + 448; octet += 5) {
    AppraisalRequest request = good;
    request.evidence[octet] ^= static_cast<uint8_t>(1U << octet % 8);
    EXPECT_FALSE(Judge(request).appraisal.accepted) << octet;
  }
}

}  // namespace
}  // namespace vidimus
