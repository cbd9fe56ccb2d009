#include "client/attestation_client.h"

#include <gtest/gtest.h>

#include "client/scripted_fetcher.h"

namespace vidimus {
namespace {

EvidenceToAttest Quote() { return {"/attest/SgxEnclave", "quote", {1, 2, 3}, {}, false, {}, {}}; }

TEST(AttestationClient, SendsEvidenceRuntimeDataAndNonceAsMaaDocumentsThem) {
  ScriptedFetcher fetcher({Answer(200, R"({"token":"a.b.c"})")});
  EvidenceToAttest evidence = Quote();
  evidence.runtime_data = ByteVector{0xff};
  evidence.nonce = "n";
  const auto answer = Attest(fetcher, "https://host/", evidence);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->token, "a.b.c");
  EXPECT_EQ(fetcher.requests[0].url, "https://host/attest/SgxEnclave?api-version=2020-10-01");
  EXPECT_EQ(fetcher.requests[0].body, R"({"quote":"AQID","runtimeData":{"data":"_w","dataType":"Binary"},"nonce":"n"})");
}

TEST(AttestationClient, TriesAgainWhileTheInstanceIsBusyAndThenReportsIt) {
  const std::string body = R"({"error":{"code":"ServiceUnavailable","message":"busy"}})";
  ScriptedFetcher recovers({Answer(503, body), Answer(429, body), Answer(200, R"({"token":"t"})")});
  EXPECT_EQ(Attest(recovers, "https://host", Quote())->token, "t");
  ScriptedFetcher stays_busy({Answer(503, body), Answer(503, body), Answer(503, body)});
  EXPECT_EQ(Attest(stays_busy, "https://host", Quote())->status, 503);
  EXPECT_EQ(stays_busy.requests.size(), 3U);
}

TEST(AttestationClient, TakesARefusalAsFinal) {
  ScriptedFetcher fetcher({Answer(400, R"({"error":{"code":"PolicyEvaluationError","message":"no"}})")});
  const auto answer = Attest(fetcher, "https://host", Quote());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(*answer->error.Find("code")->AsString(), "PolicyEvaluationError");
}

TEST(AttestationClient, RefusesAnswersThatAreNotAnAttestationServices) {
  for (const auto& [status, body] :
       {std::pair(200, ""), {200, "<html>"}, {200, R"({"token":1})"}, {200, "{}"}, {404, "not here"}, {302, "{}"}}) {
    ScriptedFetcher fetcher({Answer(status, body)});
    EXPECT_EQ(Attest(fetcher, "https://host", Quote()).error().where, "client.answer") << body;
  }
}

}  // namespace
}  // namespace vidimus
