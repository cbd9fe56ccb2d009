// What is asked of each kind of source, to the letter, and what is made of its answers (intel-dcap sections 4.6 to 4.8).
#include "gather/http_source.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

const IntelDocumentKey kTcb{Kind::kTcbInfo, IntelTee::kSgx, "00606a000000", {}};
const IntelDocumentKey kTdxTcb17{Kind::kTcbInfo, IntelTee::kTdx, "00806f050000", 17};
const IntelDocumentKey kQe{Kind::kQeIdentity, IntelTee::kSgx, "", {}};
const IntelDocumentKey kTdQe{Kind::kQeIdentity, IntelTee::kTdx, "", 18};
const IntelDocumentKey kNumbers{Kind::kEvaluationNumbers, IntelTee::kTdx, "", {}};
const IntelDocumentKey kPckCrl{Kind::kPckCrl, IntelTee::kSgx, "platform", {}};
const IntelDocumentKey kRootCrl{Kind::kRootCrl, IntelTee::kSgx, "", {}};

class Scripted : public Fetcher {
 public:
  Result<FetchResponse> Fetch(const FetchRequest& request) override {
    asked.push_back(request);
    return answer;
  }
  std::vector<FetchRequest> asked;
  Result<FetchResponse> answer = FetchResponse{200, {}, "{}"};
};

struct Asking {
  explicit Asking(HttpSourceKind kind, std::string url = {})
      : source(
            MakeHttpSource({"test", kind, url.empty() ? PublishedUrl(kind).value() : url}, fetcher, [] { return UnixTime{1'000'000}; })) {}

  std::string Url(const IntelDocumentKey& key) {
    fetcher->asked.clear();
    const auto fetched = source->Fetch(key);
    if (!fetched) return std::string(fetched.error().error.where);
    return fetcher->asked.at(0).url;
  }
  SourceFailure Failure(int status, std::vector<std::pair<std::string, std::string>> headers = {}, const std::string& body = "x") {
    fetcher->answer = FetchResponse{status, std::move(headers), body};
    const auto fetched = source->Fetch(kTcb);
    return fetched ? SourceFailure{{ErrorCode::kUsage, "accepted", ""}, {}} : fetched.error();
  }

  std::shared_ptr<Scripted> fetcher = std::make_shared<Scripted>();
  std::unique_ptr<IntelSource> source;
};

TEST(HttpSourceRequests, OfPcs) {
  Asking pcs(HttpSourceKind::kPcs);
  const std::string base = "https://api.trustedservices.intel.com";
  EXPECT_EQ(pcs.Url(kTcb), base + "/sgx/certification/v4/tcb?fmspc=00606a000000&update=early");
  EXPECT_EQ(pcs.Url(kTdxTcb17), base + "/tdx/certification/v4/tcb?fmspc=00806f050000&tcbEvaluationDataNumber=17");
  EXPECT_EQ(pcs.Url(kQe), base + "/sgx/certification/v4/qe/identity?update=early");
  EXPECT_EQ(pcs.Url(kTdQe), base + "/tdx/certification/v4/qe/identity?tcbEvaluationDataNumber=18");
  EXPECT_EQ(pcs.Url(kNumbers), base + "/tdx/certification/v4/tcbevaluationdatanumbers");
  EXPECT_EQ(pcs.Url(kPckCrl), base + "/sgx/certification/v4/pckcrl?ca=platform&encoding=der");
  EXPECT_EQ(pcs.Url(kRootCrl), "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der");
  EXPECT_EQ(Asking(HttpSourceKind::kPcs, "https://mirror.example").Url(kRootCrl), "https://mirror.example/sgx/certification/v4/rootcacrl")
      << "a mirror is asked for everything";
}

TEST(HttpSourceRequests, OfPcsV3KnowNeitherTdxNorNumbers) {
  Asking pcs(HttpSourceKind::kPcsV3);
  EXPECT_EQ(pcs.Url(kTcb), "https://api.trustedservices.intel.com/sgx/certification/v3/tcb?fmspc=00606a000000");
  EXPECT_EQ(pcs.Url(kQe), "https://api.trustedservices.intel.com/sgx/certification/v3/qe/identity");
  for (const auto& key : {kTdxTcb17, kTdQe, kNumbers, IntelDocumentKey{Kind::kTcbInfo, IntelTee::kSgx, "00606a000000", 17}}) {
    EXPECT_EQ(pcs.Url(key), "gather.source.unsupported");
    EXPECT_TRUE(pcs.fetcher->asked.empty());
  }
}

TEST(HttpSourceRequests, OfPccsAreThoseOfPcsElsewhere) {
  Asking pccs(HttpSourceKind::kPccs, "https://pccs.example:8081/");
  EXPECT_EQ(pccs.Url(kTcb), "https://pccs.example:8081/sgx/certification/v4/tcb?fmspc=00606a000000&update=early");
  EXPECT_EQ(pccs.Url(kPckCrl), "https://pccs.example:8081/sgx/certification/v4/pckcrl?ca=platform&encoding=der");
  EXPECT_EQ(pccs.Url(kRootCrl), "https://pccs.example:8081/sgx/certification/v4/rootcacrl");
  EXPECT_EQ(PublishedUrl(HttpSourceKind::kPccs), std::nullopt);
}

TEST(HttpSourceRequests, OfThimCarryItsClientId) {
  Asking thim(HttpSourceKind::kThim);
  const std::string query = "clientid=production_client&api-version=2018-10-01-preview";
  EXPECT_EQ(thim.Url(kTcb), "https://global.acccache.azure.net/sgx/certification/v4/tcb?fmspc=00606a000000&" + query);
  EXPECT_EQ(thim.Url(kPckCrl), "https://global.acccache.azure.net/sgx/certification/v4/pckcrl?ca=platform&" + query);
  EXPECT_EQ(thim.Url(kRootCrl), "https://global.acccache.azure.net/sgx/certification/v4/rootcacrl?" + query);
  EXPECT_EQ(thim.Url(kTdxTcb17), "gather.source.unsupported");
  EXPECT_EQ(thim.Url(kNumbers), "gather.source.unsupported");
}

TEST(HttpSourceRequests, AreBoundedInSizeAndTime) {
  Asking pcs(HttpSourceKind::kPcs);
  pcs.Url(kTcb);
  EXPECT_EQ(pcs.fetcher->asked.at(0).max_response_bytes, limits::kEndorsementBytes);
  EXPECT_EQ(pcs.fetcher->asked.at(0).timeout, std::chrono::seconds(limits::kSourceSeconds));
}

// Section 4.6: percent-encoded PEM, in which '+' is itself.
TEST(HttpSourceAnswers, CarryTheIssuersOfTheDocument) {
  Asking pcs(HttpSourceKind::kPcs);
  for (const std::string header : {"tcb-info-issuer-chain", "sgx-tcb-info-issuer-chain"}) {
    pcs.fetcher->answer = FetchResponse{200, {{"server", "x"}, {header, "-----BEGIN%20CERTIFICATE-----%0Aa+b%2Fc%3D"}}, "{\"a\":1}"};
    const auto fetched = pcs.source->Fetch(kTcb).value();
    ASSERT_EQ(fetched.size(), 2U) << header;
    EXPECT_EQ(AsText(fetched[0].content), "{\"a\":1}");
    EXPECT_EQ(AsText(fetched[1].content), "-----BEGIN CERTIFICATE-----\na+b/c=");
  }
  pcs.fetcher->answer = FetchResponse{200, {}, "{}"};
  EXPECT_EQ(pcs.source->Fetch(kTcb).value().size(), 1U) << "a source may leave them out";
}

TEST(HttpSourceAnswers, TheIssuersTakeAsMuchAsTheLimitAndNoMore) {
  Asking pcs(HttpSourceKind::kPcs);
  EXPECT_EQ(pcs.Failure(200, {{"tcb-info-issuer-chain", std::string(limits::kIssuerChainBytes, 'a')}}).error.where, "accepted");
  EXPECT_EQ(pcs.Failure(200, {{"tcb-info-issuer-chain", std::string(limits::kIssuerChainBytes + 1, 'a')}}).error.where,
            "gather.source.issuer_chain");
  EXPECT_EQ(pcs.Failure(200, {{"tcb-info-issuer-chain", "%4"}}).error.where, "gather.source.issuer_chain");
}

TEST(HttpSourceAnswers, AStatusSaysWhetherToAskElsewhereOrLater) {
  Asking pcs(HttpSourceKind::kPcs);
  for (const int status : {400, 404, 410}) EXPECT_EQ(pcs.Failure(status).error.code, ErrorCode::kMissing) << status;
  for (const int status : {429, 503}) EXPECT_EQ(pcs.Failure(status).error.code, ErrorCode::kBusy) << status;
  for (const int status : {201, 204, 301, 302, 401, 403, 500, 502}) {
    EXPECT_EQ(pcs.Failure(status).error.code, ErrorCode::kIo) << status;
    EXPECT_EQ(pcs.Failure(status).error.where, "gather.source.status");
  }
  EXPECT_EQ(pcs.Failure(200, {}, "").error.where, "gather.source.empty");
  EXPECT_EQ(pcs.Failure(429, {{"retry-after", "7"}}).retry_after, std::chrono::seconds(7));
  EXPECT_EQ(pcs.Failure(500, {{"retry-after", "8"}}).retry_after, std::chrono::seconds(8));
  EXPECT_EQ(pcs.Failure(404, {{"retry-after", "7"}}).retry_after, std::nullopt);
  pcs.fetcher->answer = Fail(ErrorCode::kUntrusted, "net.fetch.tls", "self-signed");
  const auto failed = pcs.source->Fetch(kTcb);
  EXPECT_EQ(failed.error().error.code, ErrorCode::kIo) << "another source may be asked";
  EXPECT_EQ(failed.error().error.where, "net.fetch.tls");
}

// RFC 9110 section 10.2.3.
TEST(RetryAfter, IsSecondsOrAnInstant) {
  using std::chrono::seconds;
  const UnixTime now = 1445412480;  // 2015-10-21T07:28:00Z
  EXPECT_EQ(ParseRetryAfter("120", now), seconds(120));
  EXPECT_EQ(ParseRetryAfter("0", now), seconds(0));
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2015 07:28:30 GMT", now), seconds(30));
  EXPECT_EQ(ParseRetryAfter("Wed, 21 Oct 2015 07:27:00 GMT", now), seconds(0)) << "past";
  EXPECT_EQ(ParseRetryAfter(std::to_string(limits::kRetryAfterSeconds), now), seconds(limits::kRetryAfterSeconds));
  for (const std::string value : {"3601", "99999999999999999999999", "Wed, 21 Oct 2099 07:28:00 GMT"})
    EXPECT_EQ(ParseRetryAfter(value, now), seconds(limits::kRetryAfterSeconds)) << value;
  for (const std::string value : {"", "-1", "1.5", "soon", "12 s", "Wed, 21 Oct 2015 07:28:30 CET"})
    EXPECT_EQ(ParseRetryAfter(value, now), std::nullopt) << value;
}

}  // namespace
}  // namespace vidimus
